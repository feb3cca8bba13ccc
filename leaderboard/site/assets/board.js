
(() => {
  const data = readData("board-data");
  const metrics = new Map(data.metrics.map((metric) => [metric.name, metric]));
  const columns = boardColumns(data, metrics);
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const filters = boardFilters(data);
  const MOST = 100;
  let later;

  /* What the address asks for, with the usual where it says nothing or nonsense. */
  function readView() {
    const given = readHash();
    const sort = given.sort || `-${data.default}`;
    const found = columns.find((one) => one.key === sort.replace(/^-/, "") && one.value);
    const chosen = given.columns === undefined ? null : new Set(given.columns.split(" "));
    return {
      column: found || columns.find((one) => one.key === data.default),
      descending: found ? sort.startsWith("-") : true,
      rows: Math.max(MOST, Number.parseInt(given.rows, 10) || 0),
      columns: columns.filter((one) => one.fixed || (chosen ? chosen.has(one.key) : one.shown)),
      chosen: given.columns,
      filters: readFilters(filters, given),
    };
  }

  function writeView(view, options) {
    const sort = `${view.descending ? "-" : ""}${view.column.key}`;
    writeHash({
      ...writtenFilters(filters, view.filters),
      sort: sort === `-${data.default}` ? "" : sort,
      columns: view.chosen ?? null,
      rows: view.rows > MOST ? view.rows : "",
    }, options);
  }

  function headCell(column, view) {
    const sorted = column === view.column;
    const head = el("th", { class: `${column.key.replaceAll(".", "-")}${column.number ? " number" : ""}`,
      title: column.title });
    head.scope = "col";
    if (!column.value) {
      head.append(el("span", { text: column.label }));
      return head;
    }
    const button = el("button", { text: column.label });
    button.type = "button";
    button.dataset.sort = column.key;
    button.addEventListener("click", () => {
      const descending = sorted ? !view.descending : Boolean(column.number);
      writeView({ ...view, column, descending });
    });
    head.setAttribute("aria-sort",
      sorted ? (view.descending ? "descending" : "ascending") : "none");
    head.append(button);
    return head;
  }

  function bodyRow(entry, view, ranking) {
    const row = el("tr", { class: entry.standing }, rankCell(entry, ranking),
      ...view.columns.slice(1).map((one) => one.cell(entry, ranking)));
    row.dataset.entry = entry.entry;
    row.querySelector("th").scope = "row";
    return row;
  }

  function render() {
    const view = readView();
    const ranking = view.column.metric || metrics.get(data.default);
    const focused = document.activeElement && document.activeElement.dataset.sort;
    const found = data.entries.filter(accepts(filters, view.filters))
      .sort(comparison(view.column, view.descending, collator));
    const table = byId("results");
    table.tHead.replaceChildren(el("tr", {}, ...view.columns.map((one) => headCell(one, view))));
    table.tBodies[0].replaceChildren(...found.slice(0, view.rows)
      .map((entry) => bodyRow(entry, view, ranking)));
    labelCells(table);
    showFilters(filters, view.filters);
    showColumns(view);
    showCount(found, view);
    showRanking(found, ranking, view);
    showCharts(found, ranking, view);
    if (focused) {
      const button = table.tHead.querySelector(`[data-sort="${CSS.escape(focused)}"]`);
      if (button) button.focus();
    }
  }

  /* How many entries there are, and a way to see the rest of them. */
  function showCount(found, view) {
    const hidden = data.entries.length - found.length;
    byId("shown").textContent = `${count(Math.min(found.length, view.rows))} of ${counted(data.entries.length, "entry", "entries")}`;
    byId("show-all").hidden = hidden === 0;
    byId("more").hidden = found.length <= view.rows;
    byId("more").textContent = `Show ${count(Math.min(MOST, found.length - view.rows))} more rows`;
    byId("no-match").hidden = found.length > 0 || data.entries.length === 0;
    document.querySelector(".scroll").hidden = found.length === 0;
  }

  /* First the plot: what pixels and experts are worth is seen before the table is read. */
  function showCharts(found, ranking, view) {
    byId("chart").replaceChildren(chartOf(found, metrics, data.charted), el("figcaption", { class: "legend" },
      "A dot is the score, the line its 95% interval over conversations. What was seen of the images: ",
      el("span", { class: "key pixels", text: "pixels" }), " ",
      el("span", { class: "key caption", text: "captions" }), " ",
      el("span", { class: "key unseen-images", text: "none" }), chartedNote(found.length)));
    byId("chart").hidden = found.length === 0;
    byId("contrasts").replaceChildren(...data.contrasts
      .filter((pair) => [EVERY, "unranked", pair.split].includes(view.filters.board.split("-")[0]))
      .map((pair) => el("li", {}, plain(pair.text))));
    byId("by-rules").hidden = !found.some(judgedByRules);
    showFew(found);
    clearTimeout(later);  // The table is there first; the plot of a thousand points follows.
    later = setTimeout(() => showFrontier(found, ranking, metrics, data.main), 0);
  }

  /* An interval over a handful of conversations says little about others. */
  function showFew(found) {
    const few = found.filter((entry) => entry.conversations < data.few_conversations);
    const fewest = Math.min(...few.map((entry) => entry.conversations));
    const note = byId("few");
    note.hidden = few.length === 0;
    note.textContent = `${count(few.length)} of ${counted(found.length, "entry is", "entries are")} scored on fewer than ` +
      `${data.few_conversations} conversations (the fewest: ${fewest}). An interval over so few says ` +
      "little about other conversations; with one there is no interval.";
  }

  function showRanking(found, ranking, view) {
    const comparisons = (data.rankings[view.filters.board] || {})[ranking.name] || [];
    byId("ranking").replaceChildren(...comparisons.filter((one) => one.entries > 1)
      .map((one) => el("p", { class: "legend" }, ...rankingText(one, ranking, comparisons))));
  }

  /* Each group of columns is a set of boxes to tick. */
  function makeChooser() {
    const groups = new Map();
    for (const column of columns.filter((one) => !one.fixed)) {
      const name = column.group || "Entry";
      groups.set(name, [...(groups.get(name) || []), column]);
    }
    byId("columns").append(...[...groups].map(([name, members]) => el("fieldset", {},
      el("legend", { text: name }), ...members.map(columnBox))));
  }

  function columnBox(column) {
    const box = el("input");
    box.type = "checkbox";
    box.dataset.column = column.key;
    box.addEventListener("change", () => {
      const boxes = [...byId("columns").querySelectorAll("input")];
      const chosen = boxes.filter((one) => one.checked).map((one) => one.dataset.column);
      writeView({ ...readView(), chosen: chosen.join(" ") });
    });
    return el("label", {}, box, ` ${column.label}`);
  }

  function showColumns(view) {
    const shown = new Set(view.columns.map((column) => column.key));
    for (const box of byId("columns").querySelectorAll("input")) box.checked = shown.has(box.dataset.column);
    byId("usual-columns").hidden = view.chosen === undefined;
  }

  function listen() {
    listenToFilters(filters, (changed, options) => {
      const view = readView();
      writeView({ ...view, rows: MOST, filters: { ...view.filters, ...changed } }, options);
    });
    byId("usual-columns").addEventListener("click", () => writeView({ ...readView(), chosen: null }));
    byId("more").addEventListener("click", () => {
      const view = readView();
      writeView({ ...view, rows: view.rows + MOST });
    });
    byId("show-all").addEventListener("click", () => writeView({ ...readView(), filters: noFilters(filters) }));
    window.addEventListener("hashchange", render);
  }

  showAbout(data, metrics);
  makeChooser();
  byId("empty").hidden = data.entries.length > 0;
  byId("controls").hidden = data.entries.length === 0;
  listen();
  render();
})();
