
/* What the page says about itself: the scores, the data set, and what is not in the table. */

function showAbout(data, metrics) {
  showDataset(data);
  showMeanings(data, metrics);
  showReported(data, metrics);
  showRejected(data);
  showSignatures(data);
}

function showDataset(data) {
  const revision = el("code", { text: data.dataset.revision.slice(0, 12), title: data.dataset.revision });
  byId("dataset").append("Data set: ", plain(data.dataset.id), ", revision ", revision,
    data.newest ? `. Newest submission: ${data.newest}.` : ".");
}

/* A reader who never saw the page learns here what the columns are. */
function showMeanings(data, metrics) {
  byId("meanings").append(...data.main.map((name) => metrics.get(name)).map((metric) =>
    el("div", {}, el("dt", { text: metric.label }), el("dd", { text: sentence(metric.meaning) }))));
}

function rankingText(comparison, metric, all) {
  const number = all.length > 1 ? `Set ${all.indexOf(comparison) + 1}, of ${counted(comparison.entries, "entry", "entries")}: ` : "";
  if (comparison.reason) return [el("strong", { text: `${number}No ranks by ${metric.label}. ` }), comparison.reason];
  const { separated, of } = comparison.pairs;
  const visible = comparison.smallest_visible;
  return [`${number}By ${metric.label}, the data separate ${count(separated)} of ${counted(of, "pair", "pairs")} of entries`,
    !visible ? "" : `, which differ by more than ${visible.toFixed(digitsOf(metric))}`,
    ". A rank is a range; entries with a common letter may be equally good."];
}

function showReported(data, metrics) {
  const shown = ["v", "l", "j"].filter((name) => data.reported.some((row) => name in row.values));
  const table = byId("reported-table");
  byId("reported").hidden = data.reported.length === 0;
  table.tHead.append(el("tr", {}, ...["System", "Model", "Answers"].map((text) => headOf(text)),
    ...shown.map((name) => headOf(metrics.get(name).label, "number")), headOf("Source")));
  table.tBodies[0].append(...data.reported.map((row) => reportedRow(row, shown)));
  labelCells(table);
}


function reportedRow(row, shown) {
  const system = el("th", { class: "system" }, plain(row.system),
    row.teacher ? el("span", { class: "small" }, "taught by ", plain(row.teacher)) : null);
  system.scope = "row";
  const source = el("a", {}, plain(row.title));
  source.href = row.url;
  source.rel = "noopener noreferrer";
  const place = /^\d/.test(row.table) ? `table ${row.table}` : row.table;
  return el("tr", {}, system, textCell("answerer", row.model), textCell("answers", row.benchmark),
    ...shown.map((name) => numberCell(row.values[name] ?? null, 1)),
    el("td", { class: "source" }, source, el("span", { class: "small", text: `${place}, ${row.date}` }),
      ...row.notes.map((text) => el("span", { class: "small", text }))));
}

function showRejected(data) {
  const section = byId("rejected");
  section.hidden = data.rejected.length === 0;
  for (const entry of data.rejected) {
    section.querySelector("dl").append(el("dt", {}, plain(entry.entry)),
      ...entry.problems.map((text) => el("dd", { class: "small" }, plain(text))));
  }
}

function showSignatures(data) {
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
