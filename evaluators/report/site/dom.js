
const data = readData("report-data");
const SVG = "http://www.w3.org/2000/svg";

function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

const plural = (number, noun) => `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
const words = (name) => name.replaceAll("_", " ");
const titled = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/* A text, or one that was cut: [its beginning, how many characters there are in all]. */
function texts(value) {
  if (typeof value === "string") return [plain(value)];
  return [plain(value[0]), el("span", { class: "cut",
    text: ` … cut here: ${count(value[1])} characters in all` })];
}

const beginning = (value) => (Array.isArray(value) ? value[0] : value || "");

function milliseconds(value) {
  if (value === null || value === undefined) return "–";
  if (value < 10) return `${value.toFixed(1)} ms`;
  if (value < 10000) return `${count(Math.round(value))} ms`;
  return `${(value / 1000).toFixed(1)} s`;
}

const score = (metric, value) =>
  value === null || value === undefined ? "–" : value.toFixed(digitsOf(metric));

function head(...labels) {
  return el("tr", {}, ...labels.map(([text, options]) => {
    const cell = el("th", { text, ...options });
    cell.scope = "col";
    return cell;
  }));
}

function rowHead(text, options = {}) {
  const cell = el("th", options, plain(text));
  cell.scope = "row";
  return cell;
}

function table(heads, rows, name) {
  const region = el("div", { class: "scroll" }, el("table", {},
    el("thead", {}, head(...heads)), el("tbody", {}, ...rows)));
  region.tabIndex = 0;
  region.setAttribute("role", "region");
  region.setAttribute("aria-label", name);
  return region;
}

function choice(name, label, options, chosen) {
  const select = el("select");
  select.name = name;
  for (const [value, text] of options) {
    const option = el("option", { text });
    option.value = value;
    option.selected = value === chosen;
    select.append(option);
  }
  return el("label", {}, el("span", { text: label }), select);
}
