
/* Score against cost: a point for every entry, and a line through those that no other beats at
   both. The points of that line can be reached with the keyboard; all are in the table. */

const COSTS = {
  price: { label: "Price of 1,000 answers", digits: 2 },
  tokens: { label: "Tokens per question", digits: 0 },
  latency: { label: "Median latency in ms", digits: 0 },
  calls: { label: "Calls per question", digits: 1 },
};
const SIZE = { most: 720, least: 280, height: 300, left: 46, right: 16, top: 18, bottom: 40 };

function svg(tag, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children.filter(Boolean));
  return node;
}

/* The best score at each cost: from the cheapest on, only what beats all that is cheaper. */
function frontierOf(points) {
  let best = -Infinity;
  return [...points].sort((one, other) => one.x - other.x || other.y - one.y)
    .filter((point) => point.y > best && ((best = point.y), true));
}

/* A scale from values to pixels, in powers of ten where they span more than one. */
function scaleOf(values, from, to) {
  const positive = values.every((value) => value > 0);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const logarithmic = positive && high / low > 10;
  const read = logarithmic ? Math.log10 : (value) => value;
  const margin = (read(high) - read(low)) * 0.06 || Math.abs(read(high)) * 0.1 || 1;
  const start = positive && !logarithmic ? Math.max(0, read(low) - margin) : read(low) - margin;
  const span = read(high) + margin - start;
  return {
    at: (value) => from + ((to - from) * (read(value) - start)) / span,
    ticks: ticksOf(start, start + span, logarithmic),
  };
}

function ticksOf(start, end, logarithmic) {
  if (logarithmic) {
    const powers = [];
    for (let power = Math.floor(start); power <= end; power += 1) powers.push(...[1, 2, 5].map((digit) => digit * 10 ** power));
    const within = powers.filter((value) => Math.log10(value) >= start && Math.log10(value) <= end);
    return within.length > 6 ? within.filter((value) => Number.isInteger(Math.log10(value))) : within;
  }
  const rough = (end - start) / 6;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((digit) => digit * unit).find((one) => one >= rough);
  const ticks = [];
  for (let value = Math.ceil(start / step) * step; value <= end; value += step) ticks.push(Number(value.toPrecision(6)));
  return ticks;
}

function frontierPlot(points, metric, cost) {
  const { most, least, height, left, right, top, bottom } = SIZE;
  const width = Math.min(most, Math.max(least, byId("frontier-plot").clientWidth));
  const x = scaleOf(points.map((point) => point.x), left, width - right);
  const y = scaleOf(points.map((point) => point.y), height - bottom, top);
  const edge = frontierOf(points);
  const axis = (value, place, text) => svg("text", { ...place, class: "tick" }, text ?? count(value));
  const corners = edge.map((point, place) => `${place ? `H${x.at(point.x)}V` : `M${x.at(point.x)} `}${y.at(point.y)}`);
  return svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": `${metric.label} against ${cost.label.toLowerCase()}` },
    ...y.ticks.map((value) => svg("path", { class: "grid", d: `M${left} ${y.at(value)}H${width - right}` })),
    ...y.ticks.map((value) => axis(value, { x: left - 6, y: y.at(value) + 4, "text-anchor": "end" })),
    ...x.ticks.map((value) => axis(value, { x: x.at(value), y: height - bottom + 18, "text-anchor": "middle" })),
    axis(0, { x: (left + width - right) / 2, y: height - 4, "text-anchor": "middle" }, cost.label),
    axis(0, { x: 2, y: top - 3, "text-anchor": "start" }, metric.label),
    svg("path", { class: "edge", d: corners.join("") }),
    ...points.filter((point) => !edge.includes(point)).map((point) => dotOf(point, x, y)),
    ...edge.map((point) => edgePoint(point, x, y, width)));
}

function dotOf(point, x, y) {
  return svg("circle", { cx: x.at(point.x), cy: y.at(point.y), r: 5, class: `dot ${seenClass(point.entry)}` },
    svg("title", {}, point.text));
}

function edgePoint(point, x, y, width) {
  const link = svg("a", { href: entryAddress(point.entry.entry) }, dotOf(point, x, y));
  const end = x.at(point.x) > width / 2;
  link.append(svg("text", { x: x.at(point.x) + (end ? -9 : 9), y: y.at(point.y) - 8, class: "point-name", "text-anchor": end ? "end" : "start" },
    visible(point.entry.system.length > 24 ? `${point.entry.system.slice(0, 23)}…` : point.entry.system)));
  return link;
}

/* The plot follows the table: its entries, and the score that it is sorted by. */
function showFrontier(entries, ranking, metrics, main) {
  const metric = main.includes(ranking.name) ? ranking : metrics.get(main[0]);
  const known = Object.keys(COSTS).filter((key) => entries.some((entry) => entry.cost[key] !== null));
  const figure = byId("frontier");
  figure.hidden = known.length === 0;
  if (figure.hidden) return;
  const choice = byId("cost");
  const wanted = known.includes(choice.value) ? choice.value : known[0];
  choice.replaceChildren(...known.map((key) => {
    const option = el("option", { text: COSTS[key].label.toLowerCase() });
    option.value = key;
    option.selected = key === wanted;
    return option;
  }));
  choice.onchange = () => showFrontier(entries, ranking, metrics, main);
  drawFrontier(entries, metric, { ...COSTS[wanted], key: wanted });
}

function drawFrontier(entries, metric, cost) {
  const currency = mostFrequent(entries.map((entry) => entry.cost.currency).filter(Boolean));
  const comparable = (entry) => cost.key !== "price" || entry.cost.currency === currency;
  const points = entries.filter((entry) => entry.cost[cost.key] !== null && comparable(entry)
    && entry.scores[metric.name].value !== null).map((entry) => pointOf(entry, metric, cost));
  const left = entries.length - points.length;
  const label = cost.key === "price" && currency ? `${cost.label} in ${currency}` : cost.label;
  byId("frontier-plot").replaceChildren(...(points.length ? [frontierPlot(points, metric, { ...cost, label })] : []));
  const names = frontierOf(points).map((point) => point.text).join("; ");
  byId("frontier-text").textContent = `On the line, no other entry is both cheaper and better: ${names}.` +
    (left ? ` ${counted(left, "entry is", "entries are")} left out, because the cost or ${metric.label} isn't known.` : "");
}

function pointOf(entry, metric, cost) {
  const [x, y] = [entry.cost[cost.key], entry.scores[metric.name].value];
  const answerer = entry.answerer ? ` on ${entry.answerer}` : "";
  const spent = x.toLocaleString("en", { maximumFractionDigits: cost.digits });
  const name = visible(`${entry.system}${answerer}`);
  return { entry, x, y, text: `${name} (${metric.label} ${y.toFixed(digitsOf(metric))}, ${spent})` };
}
