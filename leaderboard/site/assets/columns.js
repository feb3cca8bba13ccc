
/* The columns of the board: how each is sorted, and how its cells look. */

const costColumn = (key, label, title, digits, unit = "") => ({
  key, label, title, group: "Cost", number: true,
  value: (entry) => entry.cost[key],
  cell: (entry) => numberCell(entry.cost[key], digits, unit),
});

function boardColumns(data, metrics) {
  return [
    { key: "rank", label: "#", title: "The ranks that an entry may have, and the letter of those it is tied with", fixed: true },
    { key: "system", label: "System", value: (entry) => entry.system, cell: systemCell, fixed: true },
    { key: "answerer", label: "Answerer", title: "The model that wrote the answers", shown: true,
      value: (entry) => entry.answerer, cell: (entry) => textCell("answerer", entry.answerer) },
    { key: "images", label: "Images", title: "What the system saw of the images", shown: true,
      value: (entry) => entry.images, cell: (entry) => textCell("images", entry.images) },
    ...data.metrics.map((metric) => metricColumn(metric, data.main.includes(metric.name))),
    ...(data.entries.some((entry) => entry.reported_j) ? [reportedColumn()] : []),
    { key: "length", label: "Words", title: "Mean length of an answer in words", number: true, shown: true,
      group: "Answers", value: (entry) => entry.answer_length, cell: (entry) => numberCell(entry.answer_length, 1) },
    ...costColumns(data),
    { key: "badge", label: "Badge", title: "How far the numbers can be believed", shown: true,
      value: (entry) => entry.badge, cell: (entry) => textCell("badge", entry.badge) },
    { key: "certificate", label: "From pixels", title: "Whether the system answers from the picture, by its certificate: proven, not shown, refuted, or not tested",
      shown: data.entries.some((entry) => entry.certificate !== "not tested"),
      value: (entry) => entry.certificate, cell: (entry) => textCell("certificate", entry.certificate) },
    { key: "answers", label: "Answered", title: "Answered questions, of all that are scored", number: true,
      group: "Answers", value: (entry) => (entry.total ? entry.given / entry.total : null), cell: answersCell },
    { key: "conversations", label: "Conv.", title: "Conversations that are scored", number: true,
      group: "Answers", value: (entry) => entry.conversations,
      cell: (entry) => numberCell(entry.conversations, 0) },
    { key: "split", label: "Split", title: "The questions that it answers",
      value: (entry) => entry.split, cell: (entry) => textCell("split", entry.split) },
    { key: "date", label: "Date", title: "The date of the submission", value: (entry) => entry.date,
      cell: (entry) => textCell("date", entry.date) },
    { key: "standing", label: "Standing", title: "Whether it is current, superseded, withdrawn or disputed",
      value: (entry) => entry.standing, cell: (entry) => textCell("standing", entry.standing) },
    ...data.main.flatMap((name) => data.groups[name].map(([group, title]) =>
      groupColumn(metrics.get(name), group, title))),
  ];
}

/* A column of a cost that isn't known is not worth its width. */
function costColumns(data) {
  const known = (key) => data.entries.some((entry) => entry.cost[key] !== null);
  const currency = mostFrequent(data.entries.map((entry) => entry.cost.currency).filter(Boolean));
  return [
    { ...costColumn("price", `${currency || "Price"} / 1,000`, "Price of 1,000 answers, with what reading the conversations took", 2) },
    { ...costColumn("tokens", "Tokens", "Input and output tokens per question", 0) },
    { ...costColumn("latency", "Latency", "Median time of an answer in milliseconds", 0, " ms") },
    { ...costColumn("calls", "Calls", "Calls to the model per question", 1) },
  ].map((column, place) => ({ ...column, shown: place !== 3 && known(column.key) }));
}

function mostFrequent(texts) {
  const counts = new Map();
  for (const text of texts) counts.set(text, (counts.get(text) || 0) + 1);
  return [...counts].sort((left, right) => right[1] - left[1]).map(([text]) => text)[0];
}

function metricColumn(metric, shown) {
  return {
    key: metric.name, label: metric.label, title: sentence(metric.meaning), metric, shown,
    group: "Scores", number: true,
    value: (entry) => entry.scores[metric.name].value,
    cell: (entry, ranking) => scoreCell(metric, entry.scores[metric.name],
      metric === ranking, metric.name === "j" ? entry.judge : null),
  };
}

/* J of a published file, by the verdicts that it carries: never computed here, never ranked. */
function reportedColumn() {
  const value = (entry) => entry.reported_j && entry.reported_j.value;
  return {
    key: "reported", label: "Reported J", title: "J by the verdicts that a published file carries; not computed here, without ranks",
    group: "Scores", number: true, shown: true, value,
    cell: (entry) => {
      const cell = numberCell(value(entry), 1);
      if (value(entry) !== null) cell.append(el("span", { class: "small" }, breakable(`by ${entry.reported_j.judge}`)));
      return cell;
    },
  };
}

/* One category of text questions, or one type of visual ones. */
function groupColumn(metric, group, title) {
  const found = (entry) => entry.groups[metric.name][group] || null;
  return {
    key: `${metric.name}.${group}`, label: `${metric.label} ${title}`, number: true,
    title: `${metric.label} on the questions of this ${metric.name === "v" ? "type" : "category"}`,
    group: `${metric.label} by ${metric.name === "v" ? "type" : "category"}`,
    value: (entry) => found(entry) && found(entry)[0],
    cell: (entry) => groupCell(metric, found(entry)),
  };
}

/* Nothing comes after everything else, in both orders. */
function comparison(column, descending, collator) {
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
