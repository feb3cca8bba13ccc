
/* One cell of the table for each kind of column. */

const decimal = (value, digits) => (value === null ? "–" : value.toFixed(digits));
const splitLabel = (split) => (split === "all" ? "all questions" : split);
const sentence = (text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

function textCell(name, text) {
  return text === null
    ? el("td", { class: name }, el("span", { class: "none", text: "none" }))
    : el("td", { class: name }, breakable(text));
}

/* The long name of a model breaks after a slash or a colon rather than within a word. */
function breakable(text) {
  const node = el("bdi");
  text.split(/(?<=[/:])/).forEach((part, index) =>
    node.append(...(index ? [el("wbr")] : []), ...plain(part).childNodes));
  return node;
}

function systemCell(entry) {
  const name = el(entry.url ? "a" : "span", { class: "name" }, plain(entry.system));
  if (entry.url) {
    name.href = entry.url;
    name.rel = "noopener noreferrer nofollow";
  }
  const version = el("span", { class: "small" });
  if (entry.version) version.append(plain(entry.version), " · ");
  version.append(entry.date);
  const folded = [entry.answerer, entry.images, splitLabel(entry.split)].filter(Boolean);
  return el("td", { class: "system" }, name, version,
    el("span", { class: "small folded" }, plain(folded.join(" · "))),
    entry.submission_type === "custom"
      ? el("span", { class: "tag", text: "custom", title: "Differs from the benchmark's way of asking" })
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
  const level = `${Number((score.level * 100).toFixed(1))}% interval`;
  return `${questions}; ${level}, ${score.method}, ${count(score.clusters)} conversations.`;
}

function scoreCell(metric, score, ranking, judge) {
  if (score.value === null) {
    const reason = el("abbr", { text: "not computed", title: score.reason });
    return el("td", { class: "number none" }, reason);
  }
  const mark = score.unranked ? "*" : "";
  return el("td", { class: "number", title: `${mark && `${score.unranked} `}${intervalTitle(score)}`,
    text: `${score.value.toFixed(digitsOf(metric))}${mark}` },
    el("span", { class: score.low === null ? "small absent" : "small",
      text: intervalText(metric, score) }),
    judge ? el("span", { class: "small" }, breakable(`by ${judge}`)) : null,
    mark ? el("span", { class: "small", text: correctedText(metric, score) }) : null,
    ranking ? bar(metric, score) : null);
}

/* J without the errors of a judge that accepts too many wrong answers. */
function correctedText(metric, score) {
  const { value, low, high } = score.corrected;
  if (value === null) return "* no rank";
  const digits = digitsOf(metric);
  const range = low === null ? "" : ` [${low.toFixed(digits)}, ${high.toFixed(digits)}]`;
  return `* no rank; corrected ${value.toFixed(digits)}${range}`;
}

function bar(metric, score) {
  const share = (value) => Math.min(100, Math.max(0, (100 * value) / metric.scale));
  const fill = el("i");
  fill.style.width = `${share(score.value)}%`;
  const track = el("span", { class: "measure" }, fill);
  track.setAttribute("aria-hidden", "true");
  if (score.low !== null) {
    const whisker = el("b");
    whisker.style.left = `${share(score.low)}%`;
    whisker.style.width = `${share(score.high) - share(score.low)}%`;
    track.append(whisker);
  }
  return track;
}
