
(() => {
  const data = readData("board-data");
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const EVERY = "*";
  const metrics = new Map(data.metrics.map((metric) => [metric.name, metric]));
  const splits = [...new Set(data.entries.map((entry) => entry.split))].sort();

  const columns = [
    { key: "rank", label: "#", title: "Rank among the entries for the same questions" },
    { key: "system", label: "System", value: (entry) => entry.system, cell: systemCell },
    { key: "answerer", label: "Answerer", title: "The model that wrote the answers",
      value: (entry) => entry.answerer, cell: (entry) => textCell("answerer", entry.answerer) },
    { key: "images", label: "Images", title: "What the system saw of the images",
      value: (entry) => entry.images, cell: (entry) => textCell("images", entry.images) },
    { key: "split", label: "Split", title: "The questions that it answers",
      value: (entry) => entry.split, cell: (entry) => textCell("split", entry.split) },
    ...data.metrics.map((metric) => ({
      key: metric.name, label: metric.label, title: sentence(metric.meaning), metric, number: true,
      value: (entry) => entry.scores[metric.name].value,
      cell: (entry, ranking) => scoreCell(metric, entry.scores[metric.name],
        metric === ranking, metric.name === "j" ? entry.judge : null),
    })),
    { key: "answers", label: "Answers", title: "Answered questions, of all that are scored", number: true,
      value: (entry) => (entry.total ? entry.given / entry.total : null), cell: answersCell },
    { key: "length", label: "Words", title: "Mean length of an answer in words", number: true,
      value: (entry) => entry.answer_length,
      cell: (entry) => el("td", { class: "number", text: decimal(entry.answer_length, 1) }) },
    { key: "conversations", label: "Conv.", title: "Conversations that are scored", number: true,
      value: (entry) => entry.conversations,
      cell: (entry) => el("td", { class: "number", text: count(entry.conversations) }) },
  ];

  /* The address holds the view: #sort=-f1&split=test ("-" is descending, "*" every split). */
  function readAddress() {
    const given = new URLSearchParams(location.hash.slice(1));
    const sort = given.get("sort") || `-${data.default}`;
    const key = sort.replace(/^-/, "");
    const column = columns.find((one) => one.key === key && one.value);
    const split = given.get("split");
    const known = split === EVERY || splits.includes(split);
    return {
      column: column || columns.find((one) => one.key === data.default),
      descending: column ? sort.startsWith("-") : true,
      split: known ? split : defaultSplit(),
    };
  }

  function defaultSplit() {
    return splits.includes("test") ? "test" : splits[0];
  }

  function writeAddress(view) {
    const sort = (view.descending ? "-" : "") + view.column.key;
    const split = splits.length > 1 ? `&split=${view.split}` : "";
    location.hash = `sort=${sort}${split}`;
  }

  function comparison(column, descending) {
    return (left, right) => {
      const [x, y] = [column.value(left), column.value(right)];
      if (x === null || y === null) {
        if (x !== y) return x === null ? 1 : -1;
      } else {
        const order = typeof x === "string" ? collator.compare(x, y) : x - y;
        if (order !== 0) return descending ? -order : order;
      }
      return left.entry < right.entry ? -1 : 1;
    };
  }

  /* Equal values share a rank; an entry without a value has none, nor has a J whose judge accepts
     too many wrong answers. V of given images and V of
     recalled images are two tasks, with their own ranks. */
  function ranksBy(metric) {
    const value = (entry) => entry.scores[metric.name].value;
    const task = (entry) => entry.split + (metric.name === "v" ? ` ${entry.visual}` : "");
    const ranks = new Map();
    for (const one of new Set(data.entries.map(task))) {
      const ranked = data.entries
        .filter((entry) => task(entry) === one && value(entry) !== null
          && !entry.scores[metric.name].unranked)
        .sort((left, right) => value(right) - value(left));
      ranked.forEach((entry, index) => {
        const before = ranked[index - 1];
        const tied = index > 0 && value(before) === value(entry);
        ranks.set(entry, tied ? ranks.get(before) : index + 1);
      });
    }
    return ranks;
  }

  function headCell(column, view) {
    const sorted = column === view.column;
    const head = el("th", { class: `${column.key}${column.number ? " number" : ""}`,
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
      writeAddress({ ...view, column, descending });
    });
    head.setAttribute("aria-sort",
      sorted ? (view.descending ? "descending" : "ascending") : "none");
    head.append(button);
    return head;
  }

  function render() {
    const view = readAddress();
    const ranking = view.column.metric || metrics.get(data.default);
    const ranks = ranksBy(ranking);
    const focused = document.activeElement && document.activeElement.dataset.sort;
    const shown = data.entries
      .filter((entry) => view.split === EVERY || entry.split === view.split)
      .sort(comparison(view.column, view.descending));
    const table = byId("results");
    table.tHead.replaceChildren(el("tr", {}, ...columns.map((one) => headCell(one, view))));
    table.tBodies[0].replaceChildren(...shown.map((entry) => {
      const rank = ranks.has(entry) ? String(ranks.get(entry)) : "–";
      const title = `Rank by ${ranking.label} among the entries for ${splitLabel(entry.split)}`;
      const row = el("tr", {}, el("td", { class: "rank", text: rank, title }),
        ...columns.slice(1).map((one) => one.cell(entry, ranking)));
      row.dataset.entry = entry.entry;
      return row;
    }));
    labelCells(table);
    byId("split").value = view.split;
    showChart(shown, view.split);
    showFew(shown);
    if (focused) table.tHead.querySelector(`[data-sort="${CSS.escape(focused)}"]`).focus();
  }

  /* First the plot: what pixels and experts are worth is seen before the table is read. */
  function showChart(shown, split) {
    byId("chart").replaceChildren(chartOf(shown, metrics), el("figcaption", { class: "legend" },
      "A dot is the score, the line its 95% interval over conversations. What was seen of the images: ",
      el("span", { class: "key pixels", text: "pixels" }), " ",
      el("span", { class: "key caption", text: "captions" }), " ",
      el("span", { class: "key unseen-images", text: "none" })));
    byId("chart").hidden = shown.length === 0;
    byId("contrasts").replaceChildren(...data.contrasts
      .filter((pair) => split === EVERY || pair.split === split)
      .map((pair) => el("li", {}, plain(pair.text))));
    byId("by-rules").hidden = !shown.some((entry) => (entry.judge || "").startsWith("rules-"));
  }

  /* An interval over a handful of conversations says little about others. */
  function showFew(shown) {
    const few = shown.filter((entry) => entry.conversations < data.few_conversations);
    const fewest = Math.min(...few.map((entry) => entry.conversations));
    const note = byId("few");
    note.hidden = few.length === 0;
    note.textContent = `${count(few.length)} of ${count(shown.length)} entries are scored on fewer than ` +
      `${data.few_conversations} conversations (the fewest: ${fewest}). An interval over so few says ` +
      "little about other conversations; with one there is no interval.";
  }

  function showDataset() {
    const revision = el("code", { text: data.dataset.revision.slice(0, 12),
      title: data.dataset.revision });
    byId("dataset").append("Data set: ", plain(data.dataset.id),
      ", revision ", revision);
  }

  function showSplits() {
    const select = byId("split");
    for (const split of [...splits, EVERY]) {
      const option = el("option", { text: split === EVERY ? "every split" : splitLabel(split) });
      option.value = split;
      select.append(option);
    }
    select.addEventListener("change", () => writeAddress({ ...readAddress(), split: select.value }));
    byId("split-choice").hidden = splits.length < 2;
  }

  function showRejected() {
    const section = byId("rejected");
    section.hidden = data.rejected.length === 0;
    for (const entry of data.rejected) {
      section.querySelector("dl").append(el("dt", {}, plain(entry.entry)),
        ...entry.problems.map((text) => el("dd", { class: "small" }, plain(text))));
    }
  }

  function showSignatures() {
    const list = byId("signatures");
    for (const metric of data.metrics) {
      const notes = Object.entries(metric.reasons).map(([reason, number]) =>
        el("dd", { class: "small", text: `Not computed for ${number} of ${data.entries.length}: ${reason}` }));
      list.append(el("dt", { text: metric.label }),
        el("dd", { class: "small", text: sentence(metric.meaning) }),
        ...metric.signatures.map((text) => el("dd", {}, el("code", { text }))),
        ...notes);
    }
  }

  showDataset();
  showSplits();
  showRejected();
  showSignatures();
  byId("empty").hidden = data.entries.length > 0;
  document.querySelector(".scroll").hidden = data.entries.length === 0;
  render();
  window.addEventListener("hashchange", render);
})();
