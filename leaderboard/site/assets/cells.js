
/* One cell of the table for each kind of column. */

const counted = (number, one, many) => `${count(number)} ${number === 1 ? one : many}`;
const fixed = (value, digits) => value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
/* A text for places that hold no elements, with the names of characters that can't be seen. */
const visible = (text) => plain(text).textContent;
const judgedByRules = (entry) => (entry.judge || "").startsWith("rules-");
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

/* Links to pages of this site; a name is a part of the address, never of a file's name. */
const entryAddress = (name) => `entry.html#${new URLSearchParams({ entry: name })}`;

function entryLink(entry) {
  const link = el("a", { class: "name" }, plain(entry.system));
  link.href = entryAddress(entry.entry);
  return link;
}

function systemCell(entry) {
  const version = el("span", { class: "small" });
  if (entry.version) version.append(plain(entry.version), " · ");
  version.append(entry.date);
  const folded = [entry.answerer, entry.images].filter(Boolean);
  return el("th", { class: "system" }, entryLink(entry), version,
    el("span", { class: "small folded" }, plain(folded.join(" · "))), ...entryTags(entry));
}

const STANDINGS = {
  superseded: "A newer submission takes its place",
  withdrawn: "Its submitter took it back",
  disputed: "Somebody doubts it; its page says why",
};

function entryTags(entry) {
  const tag = (text, title) => el("span", { class: "tag", text, title });
  return [
    entry.standing === "current" ? null : tag(entry.standing, STANDINGS[entry.standing]),
    entry.clean === false ? tag("not clean", "Many requests to its model got no reply; its page says where") : null,
    entry.kind === "file" ? tag("published file", "Answers that were published, without a record of the run") : null,
    entry.submission_type === "custom" ? tag("custom", "Differs from the benchmark's way of asking") : null,
    entry.trained_on_locomo ? tag("trained on LoCoMo") : null,
    entry.trained_on_locomo === null ? el("span", { class: "small", text: "training not disclosed" }) : null,
  ];
}

function numberCell(value, digits, unit = "") {
  return value === null
    ? el("td", { class: "number" }, el("span", { class: "none", text: "–" }))
    : el("td", { class: "number", text: fixed(value, digits) + unit });
}

/* The ranks that an entry may have by the score that the table is sorted by, with the letter of
   those that it is tied with; several sets of comparable entries are numbered. */
function rankCell(entry, metric) {
  const { rank_low: low, rank_high: high, group, set } = entry.scores[metric.name];
  const title = entry.unranked || entry.scores[metric.name].unranked
    || `Possible ranks by ${metric.label}. Entries with a common letter may be equally good.`;
  const cell = el("td", { class: "rank", title });
  if (low === null) return cell.append("–"), cell;
  cell.append(low === high ? `${low}` : `${low}–${high}`,
    el("span", { class: "small", text: [group, set && `set ${set}`].filter(Boolean).join(" · ") }));
  return cell;
}

function groupCell(metric, found) {
  if (!found) return numberCell(null);
  const [value, low, high, n] = found;
  const score = { value, low, high, n };
  return el("td", { class: "number", text: value.toFixed(digitsOf(metric)), title: `${count(n)} questions` },
    el("span", { class: low === null ? "small absent" : "small", text: intervalText(metric, score) }));
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
    score.sampled_of ? el("span", { class: "small",
      text: `sample of ${count(score.n)} of ${count(score.sampled_of)}` }) : null,
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

function headOf(text, kind = "") {
  const head = el("th", { class: kind }, el("span", { text }));
  head.scope = "col";
  return head;
}
