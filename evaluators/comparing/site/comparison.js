
(() => {
  const data = readData("comparison-data");

  function table(heads, rows) {
    const cell = (text, index) => {
      const made = index === 0 ? el("th", {}, plain(text)) : el("td", { class: "number" }, plain(text));
      if (index === 0) made.scope = "row";
      return made;
    };
    const head = (text, index) => {
      const made = el("th", { class: index === 0 ? "" : "number" }, plain(text));
      made.scope = "col";
      return made;
    };
    const made = el("table", {}, el("thead", {}, el("tr", {}, ...heads.map(head))),
      el("tbody", {}, ...rows.map((row) => el("tr", {}, ...row.map(cell)))));
    labelCells(made);
    return made;
  }

  byId("title").append(plain(data.title));
  byId("dataset").append(plain(data.dataset));
  byId("overview").append(table(data.overview.heads, data.overview.rows));
  byId("star").hidden = !data.starred;
  byId("notes").hidden = data.notes.length === 0;
  byId("notes").querySelector("ul").append(...data.notes.map((note) => el("li", {}, plain(note))));
  byId("plot").src = `data:image/png;base64,${data.plot}`;
  for (const one of data.differences) {
    const region = el("div", { class: "scroll" }, table(one.heads, one.rows));
    const believable = el("p", { class: "legend" }, plain(one.believable));
    byId("differences").append(el("h3", {}, plain(one.title)), region, believable);
  }
  byId("signatures").append(...data.signatures.map((text) => el("li", {}, el("code", {}, plain(text)))));
})();
