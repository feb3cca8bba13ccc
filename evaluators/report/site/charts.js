
/* A bar shows the numbers that stand beside it, so it is hidden from screen readers. */
function bar(metric, estimate) {
  const share = (value) => Math.min(100, Math.max(0, (100 * value) / metric.scale));
  const drawing = svg("svg", { class: "bar", viewBox: "0 0 100 20", preserveAspectRatio: "none",
    "aria-hidden": "true", focusable: "false" });
  drawing.append(svg("rect", { class: "track", x: 0, y: 4, width: 100, height: 12 }));
  for (const tick of [25, 50, 75]) {
    drawing.append(svg("line", { class: "tick", x1: tick, x2: tick, y1: 4, y2: 16 }));
  }
  if (estimate.value === null) return drawing;
  drawing.append(svg("rect", { class: "fill", x: 0, y: 4, width: share(estimate.value), height: 12 }));
  if (estimate.low !== null) {
    const [low, high] = [share(estimate.low), share(estimate.high)];
    const line = (x1, y1, x2, y2) => svg("line", { class: "whisker", x1, y1, x2, y2 });
    drawing.append(line(low, 10, high, 10), line(low, 6, low, 14), line(high, 6, high, 14));
  }
  return drawing;
}

function interval(metric, estimate) {
  if (estimate.low === null) return "–";
  return `${score(metric, estimate.low)} – ${score(metric, estimate.high)}`;
}

function intervalTitle(estimate) {
  if (estimate.low === null) return "An interval needs two conversations.";
  const level = `${Number((estimate.level * 100).toFixed(1))} % interval`;
  return `${level}, ${estimate.method}, ${plural(estimate.clusters, "conversation")}.`;
}

function chartRow(metric, row) {
  const value = el("td", { class: "number", text: score(metric, row.value) });
  const range = el("td", { class: "number soft range", text: interval(metric, row),
    title: intervalTitle(row) });
  return el("tr", {}, rowHead(row.label), el("td", { class: "chart" }, bar(metric, row)), value,
    range, el("td", { class: "number soft", text: count(row.n) }));
}

function chartTable(metric, groups) {
  const ranges = groups.rows.some((row) => row.low !== null);
  const axis = svg("svg", { class: "axis", "aria-hidden": "true", focusable: "false" });
  for (const [share, anchor] of [[0, "start"], [50, "middle"], [100, "end"]]) {
    const label = svg("text", { x: `${share}%`, y: 11, "text-anchor": anchor });
    label.textContent = String((share / 100) * metric.scale);
    axis.append(label);
  }
  const body = el("tbody", {}, ...groups.rows.map((row) => chartRow(metric, row)));
  const foot = el("tfoot", {}, el("tr", {}, el("td"), el("td", { class: "chart" }, axis),
    el("td"), el("td", { class: "range" }), el("td")));
  const made = el("table", { class: ranges ? "bars" : "bars no-range" },
    el("thead", {}, head(["", {}], [metric.label, { class: "chart" }], ["", { class: "number" }],
      ["95 % interval", { class: "number range" }], ["n", { class: "number" }])), body, foot);
  return groups.more ? [made, el("p", { class: "legend",
    text: `${count(groups.more)} more are in scores.json.` })] : [made];
}

/* One card: groups of one kind under a metric that the reader chooses. */
function chartCard(id, title, key, metrics, first) {
  const usable = metrics.filter((metric) => metric[key].rows.length);
  if (!usable.length) return null;
  const place = el("div");
  const show = (name) => {
    const metric = usable.find((one) => one.name === name) || usable[0];
    place.replaceChildren(...chartTable(metric, metric[key]));
  };
  const top = el("div", { class: "card-head" }, el("h2", { text: title }));
  const start = (usable.find((metric) => metric.name === first) || usable[0]).name;
  if (usable.length > 1) {
    const picker = choice(`${id}-metric`, "Metric",
      usable.map((metric) => [metric.name, metric.label]), start);
    picker.addEventListener("change", (event) => show(event.target.value));
    top.append(picker);
  }
  show(start);
  const card = el("div", { class: "card" }, top, place);
  card.id = id;
  return card;
}
