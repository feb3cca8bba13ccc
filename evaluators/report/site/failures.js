
const VERDICT_OF = { judge: "the judge", reported: "the verdicts in the file",
  rules: "rules that compare words, numbers and dates", v: "V" };

function causeBar(row, most) {
  const drawing = svg("svg", { class: "bar", viewBox: "0 0 100 20", preserveAspectRatio: "none",
    "aria-hidden": "true", focusable: "false" });
  const width = (number) => (100 * number) / most;
  drawing.append(svg("rect", { class: "track", x: 0, y: 4, width: 100, height: 12 }),
    svg("rect", { class: "fill", x: 0, y: 4, width: width(row.text), height: 12 }),
    svg("rect", { class: "fill-visual", x: width(row.text), y: 4, width: width(row.visual), height: 12 }));
  return drawing;
}

function showFailures() {
  const found = data.failures;
  byId("failures").hidden = !found || found.wrong === 0;
  if (byId("failures").hidden) return;
  const most = Math.max(1, ...found.rows.map((row) => row.text + row.visual));
  const number = (value) => el("td", { class: value ? "number" : "number soft", text: count(value) });
  const rows = found.rows.map((row) => el("tr", {}, rowHead(titled(row.title), { title: row.meaning }),
    el("td", { text: row.stage || "–" }), el("td", { class: "chart" }, causeBar(row, most)),
    number(row.text), number(row.visual)));
  if (rows.length) {
    byId("causes").append(table([["Why", {}], ["Stage", {}], ["", { class: "chart" }],
      ["text", { class: "number key key-text" }], ["visual", { class: "number key key-visual" }]],
    rows, "Why answers are wrong"));
  }
  const by = Object.entries(found.judged_by).map(([name, n]) => `${count(n)} by ${VERDICT_OF[name]}`);
  const states = Object.entries(found.states).map(([name, n]) => `${count(n)} ${words(name)}`);
  const lines = [`Not answered right: ${plural(found.wrong, "question")} (${by.join(", ")}).`,
    states.length ? `Without an answer to explain: ${states.join(", ")}.` : "",
    ...found.unknown.map(([why, n]) => `Why ${plural(n, "answer")} went wrong can't be determined. ${why}`)];
  byId("causes").append(...lines.filter(Boolean).map((line) => el("p", { class: "legend" }, plain(line))));
}

/* The cause of one wrong answer: what it is called, the stage that lost it, and what decided it. */
function causeOf(item) {
  if (!item.why) return null;
  const [, title, stage, reason] = item.why;
  return el("p", { class: "cause" },
    el("span", { class: "tag", text: stage ? `${title} · ${stage}` : title }), " ", ...texts(reason));
}
