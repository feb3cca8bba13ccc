
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("board-data").textContent);
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const EVERY = "*";

  /* Texts of strangers reach the page only through textContent and title. */
  function el(tag, options = {}, ...children) {
    const node = document.createElement(tag);
    if (options.text !== undefined) node.textContent = options.text;
    if (options.class) node.className = options.class;
    if (options.title) node.title = options.title;
    node.append(...children.filter((child) => child !== null));
    return node;
  }

  const count = (number) => number.toLocaleString("en");
  const metrics = new Map(data.metrics.map((metric) => [metric.name, metric]));
  const splits = [...new Set(data.entries.map((entry) => entry.split))].sort();
  const splitLabel = (split) => (split === "all" ? "all questions" : split);

  const columns = [
    { key: "rank", label: "#", title: "Rank among entries that answer the same questions" },
    { key: "system", label: "System", value: (entry) => entry.system, cell: systemCell },
    { key: "answerer", label: "Answerer", title: "The model that writes the answers",
      value: (entry) => entry.answerer, cell: (entry) => textCell("answerer", entry.answerer) },
    { key: "images", label: "Images", title: "What the system saw of the images",
      value: (entry) => entry.images, cell: (entry) => textCell("images", entry.images) },
    { key: "split", label: "Split", title: "Which questions it answers",
      value: (entry) => entry.split, cell: (entry) => textCell("split", entry.split) },
    ...data.metrics.map((metric) => ({
      key: metric.name, label: metric.label, title: metric.meaning, metric, number: true,
      value: (entry) => entry.scores[metric.name].value,
      cell: (entry, ranking) => scoreCell(metric, entry.scores[metric.name], metric === ranking),
    })),
    { key: "answers", label: "Answers", title: "Scored questions answered, of all scored questions", number: true,
      value: (entry) => (entry.total ? entry.given / entry.total : null), cell: answersCell },
    { key: "length", label: "Words", title: "Mean length of an answer in words", number: true,
      value: (entry) => entry.answer_length,
      cell: (entry) => el("td", { class: "number", text: decimal(entry.answer_length, 1) }) },
    { key: "conversations", label: "Conv.", title: "Conversations the scores rest on", number: true,
      value: (entry) => entry.conversations,
      cell: (entry) => el("td", { class: "number", text: count(entry.conversations) }) },
  ];

  function decimal(value, digits) {
    return value === null ? "–" : value.toFixed(digits);
  }

  function textCell(name, text) {
    return text === null
      ? el("td", { class: name }, el("span", { class: "none", text: "none" }))
      : el("td", { class: name }, el("bdi", {}, ...breakable(text)));
  }

  /* A long name of a model breaks after a slash rather than within a word. */
  function breakable(text) {
    return text.split("/").flatMap((part, index) => (index ? ["/", el("wbr"), part] : [part]));
  }

  function systemCell(entry) {
    const name = el(entry.url ? "a" : "span", { class: "name" }, el("bdi", { text: entry.system }));
    if (entry.url) {
      name.href = entry.url;
      name.rel = "noopener noreferrer nofollow";
    }
    const version = entry.version ? `${entry.version} · ${entry.date}` : entry.date;
    const folded = [entry.answerer, entry.images, splitLabel(entry.split)].filter(Boolean);
    return el("td", { class: "system" }, name,
      el("span", { class: "small", text: version }),
      el("span", { class: "small folded", text: folded.join(" · ") }),
      entry.submission_type === "custom"
        ? el("span", { class: "tag", text: "custom", title: "Not run in the benchmark's own way" })
        : null,
      entry.trained_on_locomo ? el("span", { class: "tag", text: "trained on LoCoMo" }) : null,
      entry.trained_on_locomo === null
        ? el("span", { class: "small", text: "training not disclosed" })
        : null);
  }

  function answersCell(entry) {
    const failed = Object.entries(entry.states)
      .filter(([state]) => state !== "ok")
      .map(([state, number]) => `${count(number)} ${state.replaceAll("_", " ")}`);
    return el("td", { class: "number", text: `${count(entry.given)} / ${count(entry.total)}` },
      ...failed.map((text) => el("span", { class: "small", text })));
  }

  const digitsOf = (metric) => (metric.scale >= 100 ? 1 : 3);

  function intervalText(metric, score) {
    if (score.low === null) return "no interval";
    const digits = digitsOf(metric);
    const half = (score.high - score.low) / 2;
    const middle = (score.high + score.low) / 2;
    return Math.abs(middle - score.value) < 0.5 * 10 ** -digits
      ? `± ${half.toFixed(digits)}`
      : `[${score.low.toFixed(digits)}, ${score.high.toFixed(digits)}]`;
  }

  function intervalTitle(score) {
    const questions = `${count(score.n)} questions`;
    if (score.low === null) return `${questions}; an interval needs two conversations.`;
    const level = `${Number((score.level * 100).toFixed(1))} % interval`;
    return `${questions}; ${level}, ${score.method}, ${count(score.clusters)} conversations.`;
  }

  function scoreCell(metric, score, ranking) {
    if (score.value === null) {
      const reason = el("abbr", { text: "not computed", title: score.reason });
      return el("td", { class: "number none" }, reason);
    }
    return el("td", { class: "number", title: intervalTitle(score),
      text: score.value.toFixed(digitsOf(metric)) },
      el("span", { class: score.low === null ? "small absent" : "small",
        text: intervalText(metric, score) }),
      ranking ? measure(metric, score) : null);
  }

  function measure(metric, score) {
    const share = (value) => Math.min(100, Math.max(0, (100 * value) / metric.scale));
    const fill = el("i");
    fill.style.width = `${share(score.value)}%`;
    const bar = el("span", { class: "measure" }, fill);
    bar.setAttribute("aria-hidden", "true");
    if (score.low !== null) {
      const whisker = el("b");
      whisker.style.left = `${share(score.low)}%`;
      whisker.style.width = `${share(score.high) - share(score.low)}%`;
      bar.append(whisker);
    }
    return bar;
  }

  /* The address keeps what is shown: #sort=-f1&split=test ("-" is descending, "*" every split). */
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

  /* Equal values share a rank; an entry without a value has none. V of pictures that were given
     and V of pictures that were recalled are two tasks, with ranks of their own. */
  function ranksBy(metric) {
    const value = (entry) => entry.scores[metric.name].value;
    const task = (entry) => entry.split + (metric.name === "v" ? ` ${entry.visual}` : "");
    const ranks = new Map();
    for (const one of new Set(data.entries.map(task))) {
      const ranked = data.entries
        .filter((entry) => task(entry) === one && value(entry) !== null)
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
    const table = document.getElementById("results");
    table.tHead.replaceChildren(el("tr", {}, ...columns.map((one) => headCell(one, view))));
    table.tBodies[0].replaceChildren(...shown.map((entry) => {
      const rank = ranks.has(entry) ? String(ranks.get(entry)) : "–";
      const title = `Rank by ${ranking.label} among the entries of ${splitLabel(entry.split)}`;
      const row = el("tr", {}, el("td", { class: "rank", text: rank, title }),
        ...columns.slice(1).map((one) => one.cell(entry, ranking)));
      row.dataset.entry = entry.entry;
      return row;
    }));
    document.getElementById("split").value = view.split;
    showFew(shown);
    if (focused) table.tHead.querySelector(`[data-sort="${CSS.escape(focused)}"]`).focus();
  }

  /* An interval over a handful of conversations says little of others. */
  function showFew(shown) {
    const few = shown.filter((entry) => entry.conversations < data.few_conversations);
    const fewest = Math.min(...few.map((entry) => entry.conversations));
    const note = document.getElementById("few");
    note.hidden = few.length === 0;
    note.textContent = `${count(few.length)} of ${count(shown.length)} entries rest on fewer than ` +
      `${data.few_conversations} conversations (the fewest: ${fewest}). There an interval says ` +
      "little: it is conditional on them. Below two there is none.";
  }

  function showDataset() {
    const revision = el("code", { text: data.dataset.revision.slice(0, 12),
      title: data.dataset.revision });
    document.getElementById("dataset").append("Data set ", el("bdi", { text: data.dataset.id }),
      ", revision ", revision);
  }

  function showSplits() {
    const select = document.getElementById("split");
    for (const split of [...splits, EVERY]) {
      const option = el("option", { text: split === EVERY ? "every split" : splitLabel(split) });
      option.value = split;
      select.append(option);
    }
    select.addEventListener("change", () => writeAddress({ ...readAddress(), split: select.value }));
    document.getElementById("split-choice").hidden = splits.length < 2;
  }

  function showRejected() {
    const section = document.getElementById("rejected");
    section.hidden = data.rejected.length === 0;
    for (const entry of data.rejected) {
      section.querySelector("dl").append(el("dt", {}, el("bdi", { text: entry.entry })),
        ...entry.problems.map((text) => el("dd", { class: "small", text })));
    }
  }

  function showSignatures() {
    const list = document.getElementById("signatures");
    for (const metric of data.metrics) {
      const notes = Object.entries(metric.reasons).map(([reason, number]) =>
        el("dd", { class: "small", text: `Not computed for ${number} of ${data.entries.length}: ${reason}` }));
      list.append(el("dt", { text: metric.label }),
        el("dd", { class: "small", text: `${metric.meaning}.` }),
        ...metric.signatures.map((text) => el("dd", {}, el("code", { text }))),
        ...notes);
    }
  }

  showDataset();
  showSplits();
  showRejected();
  showSignatures();
  document.getElementById("empty").hidden = data.entries.length > 0;
  document.querySelector(".scroll").hidden = data.entries.length === 0;
  render();
  window.addEventListener("hashchange", render);
})();
