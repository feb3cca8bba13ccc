
/* A dot with its interval for every entry, a panel for each of the main metrics of answers. */

const MOST_CHARTED = 20;

function chartOf(entries, metrics, charted) {
  const panels = charted.map((name) => metrics.get(name))
    .filter((metric) => entries.some((entry) => hasDot(entry.scores[metric.name])));
  const cells = entries.slice(0, MOST_CHARTED).flatMap((entry) => [chartLabel(entry),
    ...panels.map((metric) => chartTrack(metric, entry))]);
  const chart = el("div", { class: "chart" }, el("span", { class: "chart-head" }),
    ...panels.map((metric) => el("span", { class: "chart-head", title: sentence(metric.meaning) },
      el("b", { text: metric.label }), ` ${judgeLabel(entries, metric)}0 … ${metric.scale}`)), ...cells);
  chart.style.setProperty("--panels", panels.length);
  chart.hidden = panels.length === 0 || entries.length === 0;
  return chart;
}

/* A value of 0 for lack of any answer measures nothing. */
function hasDot(score) {
  return score.value !== null && score.answered !== 0;
}

const chartedNote = (number) => (number > MOST_CHARTED ? `. The first ${MOST_CHARTED} entries of the table are shown.` : "");

/* A J by rules is marked where no judge's name fits. */
function judgeLabel(entries, metric) {
  return metric.name === "j" && entries.some(judgedByRules) ? "by rules, " : "";
}

/* The colour says what was seen of the images. */
function seenClass(entry) {
  return ["pixels", "caption"].find((seen) => entry.images.startsWith(seen)) || "unseen-images";
}

function chartLabel(entry) {
  const more = [entry.answerer, entry.images].filter(Boolean).join(" · ");
  return el("span", { class: "chart-label" }, entryLink(entry),
    el("span", { class: "small" }, breakable(more)));
}

function chartTrack(metric, entry) {
  const score = entry.scores[metric.name];
  const track = el("span", { class: `chart-track ${seenClass(entry)}` });
  track.dataset.metric = metric.name === "j" && judgedByRules(entry) ? `${metric.label}*` : metric.label;
  if (!hasDot(score)) {
    const none = score.value === null ? "not computed" : "no answers";
    track.append(el("span", { class: "none", text: none }));
    track.title = score.reason || `None of ${count(score.n)} questions has an answer.`;
    return track;
  }
  const share = (value) => `${Math.min(100, Math.max(0, (100 * value) / metric.scale))}%`;
  const line = el("span", { class: "chart-line" });
  if (score.low !== null) {
    const reach = el("i");
    reach.style.left = share(score.low);
    reach.style.right = `calc(100% - ${share(score.high)})`;
    line.append(reach);
  }
  const dot = el("b");
  dot.style.left = share(score.value);
  line.append(dot);
  track.append(line, el("span", { class: "chart-value", text: score.value.toFixed(digitsOf(metric)) }));
  track.title = `${metric.label} of ${entry.system}: ${intervalText(metric, score)}; ${intervalTitle(score)}`;
  return track;
}
