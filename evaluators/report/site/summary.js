
const computed = data.metrics.filter((metric) => metric.state === "ok");
const valued = data.metrics.filter((metric) => metric.state !== "not_computed");
const metricOf = (name) => computed.find((metric) => metric.name === name);
const isVisual = (metric) => metric.by_type.rows.length > 0;
const leadText = metricOf("j") || metricOf("l") || metricOf("f1") || computed.find((m) => !isVisual(m));

const KINDS = { text: "Text questions", adversarial: "Adversarial, not scored", visual: "Visual questions",
  twin: "Visual twins, only in A" };

const STATES = {
  ok: "There is an answer",
  empty: "The system gave an empty answer",
  refused: "The system, or its model, declined to answer",
  timeout: "No answer came in time",
  error: "The system failed while answering",
  not_ingested: "The system had failed before, while reading the conversation",
  missing: "The predictions have no row for the question",
};

function showHead() {
  byId("title").append(plain(data.title));
  document.title = `${data.title} – LoCoMo-VQA report`;
  for (const [label, text] of data.facts) {
    const long = /^[0-9a-f]{40,64}(?=$|,)/.exec(text);
    const value = long
      ? el("dd", {}, el("code", { text: text.slice(0, 12), title: long[0] }),
        text.slice(long[0].length))
      : el("dd", {}, plain(text));
    byId("facts").append(el("div", {}, el("dt", { text: label }), value));
  }
}

function conversations() {
  return Math.max(0, ...computed.map((metric) => metric.by_conversation.rows.length +
    metric.by_conversation.more));
}

function showNotes() {
  const notes = [...data.notes];
  const number = conversations();
  if (number > 1 && number < data.few) {
    notes.push(`The scores rest on ${number} conversations, fewer than ${data.few}: the intervals ` +
      "are conditional on them. Read each conversation's own number.");
  }
  byId("notes").hidden = notes.length === 0;
  byId("notes").querySelector("ul").append(...notes.map((note) => el("li", {}, plain(note))));
}

function tile(label, value, small) {
  return el("div", { class: "tile" }, el("span", { class: "tile-label", text: label }),
    el("strong", { text: value }), el("span", { class: "soft", text: small }));
}

function showTiles() {
  const named = ["v", "l", "j"].map(metricOf).filter(Boolean);
  const leads = named.some((metric) => !isVisual(metric)) || !leadText ? named : [...named, leadText];
  for (const metric of leads) {
    const { overall } = metric;
    const range = overall.low === null ? "no interval" : `${interval(metric, overall)}`;
    byId("tiles").append(tile(metric.label, score(metric, overall.value),
      `${range} · n = ${count(overall.n)}`));
  }
  const scored = data.states.filter((row) => row.kind !== "adversarial" && row.kind !== "twin");
  const total = scored.reduce((sum, row) => sum + totalOf(row.counts), 0);
  const given = scored.reduce((sum, row) => sum + (row.counts.ok || 0), 0);
  byId("tiles").append(tile("Answered", count(given), `of ${plural(total, "scored question")}`));
  const latency = data.cost.latency.at(-1);
  if (latency && latency.n) {
    byId("tiles").append(tile("Median latency", milliseconds(latency.p50),
      `95th percentile ${milliseconds(latency.p95)}`));
  }
}

function noValue(metric) {
  const { bounds } = metric;
  const between = bounds ? `, between ${score(metric, bounds.low)} and ${score(metric, bounds.high)}` : "";
  const state = metric.state === "incomplete"
    ? `no value yet, ${plural(metric.unscored, "answer")} without a verdict${between}` : words(metric.state);
  return el("span", {}, `${state}: `, plain(metric.reason || "no reason is given"));
}

function showOverall() {
  const clean = computed.some((metric) => metric.clean);
  const made = byId("overall");
  made.tHead.append(head(["Metric", {}], ["Overall", { class: "number" }],
    ["95 % interval", { class: "number" }], ["", { class: "chart" }], ["n", { class: "number" }],
    ...(clean ? [["Clean", { class: "number", title: "Without questions whose gold answer is wrong" }]] : [])));
  const span = clean ? 5 : 4;
  for (const metric of data.metrics) {
    const name = el("th", { text: metric.label, title: metric.meaning });
    name.scope = "row";
    if (metric.state !== "ok") {
      const reason = el("td", { class: "soft" }, noValue(metric));
      reason.colSpan = span;
      made.tBodies[0].append(el("tr", {}, name, reason));
      continue;
    }
    const { overall } = metric;
    made.tBodies[0].append(el("tr", {}, name,
      el("td", { class: "number strong", text: score(metric, overall.value) }),
      el("td", { class: "number soft", text: interval(metric, overall), title: intervalTitle(overall) }),
      el("td", { class: "chart" }, bar(metric, overall)),
      el("td", { class: "number soft", text: count(overall.n) }),
      clean ? el("td", { class: "number", text: metric.clean ? score(metric, metric.clean.value) : "–" }) : null));
  }
  const length = data.answer_length === null ? ""
    : ` The mean answer to a text question has ${count(Number(data.answer_length.toFixed(1)))} words.`;
  byId("scores-legend").textContent = "Whiskers: the interval over conversations. The denominator " +
    `is fixed: a question without an answer counts as wrong.${length}`;
}

function showCharts() {
  const lead = leadText && leadText.name;
  const columns = [
    [chartCard("by-type", "By question type", "by_type", computed, "v"),
      chartCard("by-category", "By category", "by_category", computed, lead)],
    [chartCard("by-conversation", "By conversation", "by_conversation", computed,
      metricOf("v") ? "v" : lead)],
  ];
  for (const cards of columns) {
    const shown = cards.filter(Boolean);
    if (shown.length) byId("charts").append(el("div", {}, ...shown));
  }
}

function errorRate(rate) {
  if (!rate) return el("td", { class: "number soft", text: "not checked" });
  if (rate.value === null) return el("td", { class: "number soft", text: "–" });
  const percent = (value) => (100 * value).toFixed(1);
  const range = rate.low === null ? "" : `${percent(rate.low)} – ${percent(rate.high)}, `;
  return el("td", { class: "number", text: `${percent(rate.value)} %` },
    el("span", { class: "small", text: `${range}n = ${count(rate.n)}` }));
}

/* J of a judge that accepts too many wrong answers, without its errors. */
function correctedJ(corrected) {
  if (!corrected || corrected.value === null) return null;
  const range = corrected.low === null ? ""
    : ` [${corrected.low.toFixed(1)}, ${corrected.high.toFixed(1)}]`;
  return el("span", { class: "small", text: `* corrected ${corrected.value.toFixed(1)}${range}` });
}

function showNoise() {
  if (!data.noise) return;
  const section = byId("noise");
  section.hidden = false;
  const rows = data.noise.rows.map((row) => el("tr", {}, rowHead(row.label),
    ...["sd", "share", "believable"].map((key) => el("td", { class: "number", text: row[key] }))));
  section.querySelector("div").append(table([[`Noise of one run (${count(data.noise.runs)} given)`, {}],
    ["sd", { class: "number" }], ["share", { class: "number" }], ["believe", { class: "number" }]],
  rows, "Noise"));
  section.querySelector("ul").append(...data.noise.notes.map((note) => el("li", {}, plain(note))));
}

function showJudges() {
  byId("judges").hidden = data.judges.length === 0;
  const rows = data.judges.map((judge) => el("tr", {}, rowHead(judge.name),
    el("td", { text: judge.rubric || "" }),
    el("td", { class: "number strong", text: judge.value === null ? "–"
      : `${judge.value.toFixed(1)}${judge.corrected ? " *" : ""}` }, correctedJ(judge.corrected)),
    ...["correct", "wrong", "unscored", "not_answered"].map((key) =>
      el("td", { class: "number", text: count(judge.counts[key] || 0) })),
    errorRate(judge.false_accept), errorRate(judge.false_reject)));
  byId("judges").querySelector("div").append(table([["Judge", {}], ["Rubric", {}],
    ["J", { class: "number" }], ["correct", { class: "number" }], ["wrong", { class: "number" }],
    ["no verdict", { class: "number" }], ["not answered", { class: "number" }],
    ["false accepts", { class: "number" }], ["false rejects", { class: "number" }]], rows, "Judges"));
}

const OUTCOMES = ["declined", "right", "trap", "other", "empty", "filtered", "failed", "missing"];

function showAbstention() {
  if (!data.abstention) return;
  const { rows, curves, declined_by: by, judge } = data.abstention;
  const section = byId("abstention");
  section.hidden = false;
  const percent = (value) => (value === null ? "–" : value.toFixed(1));
  section.querySelector("div").append(table([["Questions", {}], ["n", { class: "number" }],
    ["declined", { class: "number" }], ["95 % interval", { class: "number" }],
    ...OUTCOMES.map((name) => [name, { class: "number" }])],
  rows.map((row) => el("tr", {}, rowHead(row.label), el("td", { class: "number", text: count(row.n) }),
    el("td", { class: "number", text: `${percent(row.declined)} %` }),
    el("td", { class: "number soft", text: `${percent(row.low)} … ${percent(row.high)}` }),
    ...OUTCOMES.map((name) => el("td", { text: count(row.outcomes[name]),
      class: row.outcomes[name] ? "number" : "number soft" })))), "Outcomes"));
  section.querySelector("div").append(...curves.map((curve) => confidenceCurve(curve)));
  section.append(el("p", { class: "legend" },
    plain(`What declines was decided by ${by}.${judge ? ` ${judge}` : ""}`)));
}

function confidenceCurve({ kind, known, area, points }) {
  const drawing = svg("svg", { class: "curve", viewBox: "0 0 104 104", role: "img",
    "aria-label": `A of ${kind} questions over thresholds of the system's confidence` });
  const at = ({ nothing, something }) => `${(2 + something).toFixed(1)},${(102 - nothing).toFixed(1)}`;
  drawing.append(svg("rect", { class: "curve-frame", x: 2, y: 2, width: 100, height: 100 }),
    svg("line", { class: "curve-chance", x1: 2, y1: 102, x2: 102, y2: 2 }),
    svg("polyline", { class: "curve-line", points: points.map(at).join(" ") }));
  return el("figure", { class: "curve-figure" }, drawing, el("figcaption", { class: "legend",
    text: `The confidence in ${count(known)} ${kind} answers, if answers below a threshold were ` +
      "declined: the share declined where nothing is to be found (up) by the share not answered " +
      `where something is (right). Area ${area.toFixed(2)}; 0.50 is chance.` }));
}

const totalOf = (counts) => Object.values(counts).reduce((sum, number) => sum + number, 0);

function stateBar(counts) {
  const total = totalOf(counts);
  const drawing = svg("svg", { class: "bar states", viewBox: "0 0 100 20",
    preserveAspectRatio: "none", "aria-hidden": "true", focusable: "false" });
  let x = 0;
  for (const state of Object.keys(STATES)) {
    const width = total ? (100 * (counts[state] || 0)) / total : 0;
    if (width) drawing.append(svg("rect", { class: `state-${state}`, x, y: 3, width, height: 14 }));
    x += width;
  }
  return drawing;
}

function showStates() {
  const shown = Object.keys(STATES).filter((state) =>
    state === "ok" || state === "missing" || data.states.some((row) => row.counts[state]));
  const rows = data.states.map(({ kind, counts }) => el("tr", {}, rowHead(KINDS[kind]),
    el("td", { class: "chart" }, stateBar(counts)),
    ...shown.map((state) => el("td", { text: count(counts[state] || 0),
      class: counts[state] ? "number" : "number soft" })),
    el("td", { class: "number soft", text: count(totalOf(counts)) })));
  byId("states").append(table([["Questions", {}], ["", { class: "chart" }],
    ...shown.map((state) => [words(state), { class: `number key key-${state}`, title: STATES[state] }]),
    ["all", { class: "number" }]], rows, "States by kind of question"));
  const { matched, missing, extra, unscored } = data.rows;
  byId("states-legend").textContent = `Of the scored questions ${count(matched)} have a row and ` +
    `${count(missing)} have none. Rows of adversarial questions, which have no gold answer: ` +
    `${count(unscored)}; of no question that was asked, or of one that has a row: ${count(extra)}.`;
}

function latencyCells(row) {
  return [row.n, row.mean, row.p50, row.p90, row.p95, row.p99, row.max].map((value, index) =>
    el("td", { class: index === 0 ? "number soft" : "number",
      text: index === 0 ? count(value) : milliseconds(value) }));
}

const LATENCY_HEADS = [["measured", { class: "number" }], ["mean", { class: "number" }],
  ["median", { class: "number" }], ["90 %", { class: "number" }], ["95 %", { class: "number" }],
  ["99 %", { class: "number" }], ["longest", { class: "number" }]];

function usageCells(row) {
  return ["calls", "input_tokens", "output_tokens"].map((key) => {
    const { n, sum } = row[key];
    if (!n) return el("td", { class: "number soft", text: "not recorded" });
    const each = `${count(Number((sum / n).toFixed(1)))} an answer`;
    const part = n < row.rows ? `, known of ${count(n)}` : "";
    return el("td", { class: "number", text: count(sum) },
      el("span", { class: "small", text: each + part }));
  });
}

function showCost() {
  const { latency, usage, calls, efficiency } = data.cost;
  const place = byId("cost");
  if (latency.some((row) => row.n)) {
    place.append(el("h3", { text: "Time of an answer" }), table([["", {}], ...LATENCY_HEADS],
      latency.map((row) => el("tr", {}, rowHead(row.label), ...latencyCells(row))), "Time of an answer"));
  } else place.append(el("p", { text: "No latency is recorded." }));
  if (usage.some((row) => row.calls.n || row.input_tokens.n || row.output_tokens.n)) {
    place.append(el("h3", { text: "Usage, as the system reports it" }), table([["", {}],
      ["answers", { class: "number" }], ["calls", { class: "number" }],
      ["input tokens", { class: "number" }], ["output tokens", { class: "number" }]],
      usage.map((row) => el("tr", {}, rowHead(row.label),
        el("td", { class: "number soft", text: count(row.rows) }), ...usageCells(row))), "Usage"));
  } else place.append(el("p", { text: "The answers report no tokens and no calls." }));
  if (calls) showCalls(place, calls);
  if (efficiency) showEfficiency(place, efficiency);
}

function showEfficiency(place, efficiency) {
  const figure = (value, digits) => el("td", { class: value === null ? "number soft" : "number",
    text: value === null ? "–" : count(Number(value.toFixed(digits))) });
  const apart = (row) => ["failed", "replayed", "estimated"].filter((key) => row[key])
    .map((key) => el("span", { class: "small", text: `${count(row[key])} ${key}` }));
  const rows = efficiency.rows.map((row) => el("tr", {}, rowHead(words(row.label)),
    el("td", { class: "number", text: count(row.calls) }, ...apart(row)),
    figure(row.input_tokens, 2), figure(row.output_tokens, 2), figure(row.tokens_per_second, 1),
    figure(row.seconds, 3), figure(row.seconds_p50, 3), figure(row.seconds_p95, 3)));
  const head = ["calls", "tokens in", "tokens out", "tokens per second", "seconds", "median", "95 %"];
  place.append(el("h3", { text: "Efficiency of the models, per call" }),
    table([["Stage", {}], ...head.map((text) => [text, { class: "number" }])], rows, "Efficiency"));
  const size = efficiency.size_bytes;
  place.append(el("p", { class: "legend", text: size === null
    ? "The model's size on disk is not known."
    : `The model takes ${count(Number((size / 1e9).toPrecision(3)))} GB on disk.` }));
  if (efficiency.totals.length) showTotals(place, efficiency.totals);
}

function showTotals(place, totals) {
  const figure = (row, key, digits) => el("td", { class: row[key] === null ? "number soft" : "number",
    text: row[key] === null ? "–" : count(Number(row[key].toFixed(digits))) });
  const rows = totals.map((row) => el("tr", {},
    rowHead(row.of === null ? row.label : `${row.label} (of ${count(row.of)})`),
    figure(row, "calls", 1), figure(row, "input_tokens", 1), figure(row, "output_tokens", 1),
    figure(row, "seconds", 2), figure(row, "cost_usd", 4)));
  const head = ["calls", "tokens in", "tokens out", "seconds", "US dollars"];
  place.append(el("h3", { text: "Totals of the models' calls" }),
    table([["", {}], ...head.map((text) => [text, { class: "number" }])], rows, "Totals"));
}

function showCalls(place, calls) {
  const tokens = (row, key) => el("td", { class: row.counted ? "number" : "number soft",
    text: row.counted ? count(row[key]) : "not recorded" },
    row.counted && row.counted < row.calls
      ? el("span", { class: "small", text: `known of ${count(row.counted)}` }) : null);
  const apart = (row) => ["failed", "replayed", "approximated"].filter((key) => row[key])
    .map((key) => el("span", { class: "small", text: `${count(row[key])} ${key}` }));
  const rows = calls.groups.map((row) => el("tr", {}, rowHead(words(row.stage)),
    el("td", {}, plain(row.model)),
    el("td", { class: "number", text: count(row.calls) }, ...apart(row)),
    tokens(row, "input_tokens"), tokens(row, "output_tokens"), ...latencyCells(row).slice(2, 5)));
  place.append(el("h3", { text: "Calls to models, as the proxy counted them" }),
    table([["Stage", {}], ["Model", {}], ["calls", { class: "number" }],
      ["input tokens", { class: "number" }], ["output tokens", { class: "number" }],
      ["median", { class: "number" }], ["90 %", { class: "number" }], ["95 %", { class: "number" }]],
    rows, "Calls to models"));
  const left = [calls.more ? `${plural(calls.more, "group")} more in calls.jsonl.` : "",
    calls.unreadable ? `${plural(calls.unreadable, "line")} of calls.jsonl could not be read.` : ""];
  place.append(el("p", { class: "legend", text: left.join(" ") }));
}

function showSignatures() {
  for (const metric of data.metrics) {
    byId("signatures").append(el("dt", { text: metric.label }),
      ...(metric.meaning ? [el("dd", { class: "small", text: `${titled(metric.meaning)}.` })] : []),
      metric.signature
        ? el("dd", {}, el("code", {}, plain(metric.signature)))
        : el("dd", { class: "small" }, noValue(metric)));
  }
}

showHead();
showNotes();
showTiles();
showOverall();
showCharts();
showNoise();
showJudges();
showStates();
showAbstention();
showFailures();
showRetrieval();
showCost();
showSignatures();
document.querySelectorAll(".scroll table").forEach(labelCells);
