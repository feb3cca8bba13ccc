
function values(item) {
  const rows = valued.filter((metric) => metric.name in item.values).map((metric) => {
    const value = item.values[metric.name];
    return el("div", {}, el("dt", { text: metric.label }),
      el("dd", {}, value === null
        ? el("span", { class: "soft", text: "unscored" })
        : el("span", { text: score(metric, value) }),
      bar(metric, { value, low: null })));
  });
  if (!rows.length) return el("p", { class: "values soft", text: "not scored" });
  return el("dl", { class: "values" }, ...rows);
}

function thumbnail(item) {
  const source = item.image && data.images[item.image];
  if (!source) return null;
  const image = el("img");
  image.alt = `The image of ${item.id}`;
  image.src = `data:image/webp;base64,${source}`;
  const button = el("button", { class: "enlarge", title: "Enlarge the image" }, image);
  button.type = "button";
  button.addEventListener("click", () => enlarge(item, image));
  return button;
}

/* The dialog closes with Escape, and with a click anywhere. */
function enlarge(item, image) {
  const viewer = byId("viewer");
  const large = el("img");
  large.alt = image.alt;
  large.src = image.src;
  viewer.replaceChildren(large, el("p", {}, ...texts(item.question)));
  viewer.showModal();
}
byId("viewer").addEventListener("click", () => byId("viewer").close());

function verdict(item) {
  const found = computed.find((metric) => metric.name in item.values &&
    (isVisual(metric) || metric === leadText));
  const value = found ? item.values[found.name] : null;
  if (value === null) return "";
  if (value <= 0) return "wrong";
  return value >= 0.999 * found.scale ? "right" : "";
}

function answers(item) {
  const given = item.answer === null
    ? el("dd", { class: "soft", text: item.state === "missing" ? "no row" : "no answer" })
    : el("dd", { class: verdict(item) }, ...(lengthOf(item.answer) ? texts(item.answer)
      : [el("span", { class: "soft", text: "(nothing)" })]));
  return el("dl", { class: "answers" },
    el("div", {}, el("dt", { text: "Gold" }), item.gold === null
      ? el("dd", { class: "soft", text: "none" }) : el("dd", {}, ...texts(item.gold))),
    el("div", {}, el("dt", { text: "Answer" }), given),
    item.trap ? el("div", {}, el("dt", { text: "Trap" }), el("dd", {}, ...texts(item.trap))) : null,
    item.error ? el("div", {}, el("dt", { text: "Error" }), el("dd", {}, ...texts(item.error))) : null);
}

function said(turn) {
  if (turn.text === null) return el("li", {}, plain(turn.id), el("span", { class: "soft", text: " is not a turn of the conversation" }));
  const captions = (turn.captions || []).map((text) => el("span", { class: "small" },
    ...(beginning(text) ? ["shares an image: ", ...texts(text)] : ["shares an image"])));
  return el("li", {}, el("span", { class: "small" }, plain(turn.id), ` · ${turn.time}`),
    el("span", {}, plain(turn.speaker), ": ", ...texts(turn.text)), ...captions);
}

function passage([place, value, turn], item) {
  const evidence = item.evidence.some((at) => data.turns[at].id === turn);
  const about = [turn, value === null ? null : `score ${Number(value.toPrecision(4))}`];
  return el("li", { class: evidence ? "is-evidence" : "" },
    el("span", { class: "small" }, plain(about.filter(Boolean).join(" · ")), evidence ? " · evidence" : ""),
    el("span", {}, ...texts(data.passages[place])));
}

function more(item) {
  const parts = [];
  if (item.evidence.length) {
    parts.push(el("h4", { text: item.kind === "visual" ? "Where the image was shared" : "Evidence" }),
      el("ul", {}, ...item.evidence.map((place) => said(data.turns[place]))));
  }
  if (item.reason) parts.push(el("h4", { text: "Why the gold answer is right" }), el("p", {}, ...texts(item.reason)));
  if (item.verdicts) {
    parts.push(el("h4", { text: "What the judge said" }), el("ul", {}, ...item.verdicts.map(
      ([judge, verdict, why]) => el("li", {}, el("span", { class: "small" }, plain(judge), ` · ${words(verdict)}`),
        el("span", {}, ...texts(why))))));
  }
  if (item.retrieved) {
    const shown = (item.hits || []).length;
    parts.push(el("h4", { text: shown < item.retrieved
      ? `Retrieved: the first ${shown} of ${count(item.retrieved)}` : "Retrieved" }),
    el("ol", {}, ...(item.hits || []).map((hit) => passage(hit, item))));
  }
  const usage = item.usage || [null, null, null];
  const cost = [[item.latency, milliseconds], [usage[0], (n) => plural(n, "input token")],
    [usage[1], (n) => plural(n, "output token")], [usage[2], (n) => plural(n, "call")]]
    .filter(([value]) => value !== null && value !== undefined).map(([value, say]) => say(value));
  if (cost.length) parts.push(el("p", { class: "small", text: cost.join(" · ") }));
  return parts;
}

function card(item) {
  const tags = el("p", { class: "meta" }, plain(item.id), ` · ${item.kind} · `, plain(item.group),
    item.state === "ok" ? null : el("span", { class: `tag tag-${item.state}`, text: words(item.state) }),
    item.erratum ? el("span", { class: "tag" }, "erratum: ", plain(item.erratum)) : null);
  const rest = el("details", {}, el("summary", {
    text: item.retrieved ? "Evidence and what was retrieved" : "Evidence" }));
  rest.addEventListener("toggle", () => {
    if (rest.open && rest.children.length === 1) rest.append(...more(item));
  });
  const image = thumbnail(item);
  const made = el("article", { class: image ? "question" : "question no-image" }, image,
    el("div", { class: "words" }, tags, el("h3", {}, ...texts(item.question)), answers(item), causeOf(item), rest),
    values(item));
  made.dataset.question = item.id;
  return made;
}

function render() {
  const view = readAddress();
  const found = select(view);
  const pages = Math.max(1, Math.ceil(found.length / PER_PAGE));
  view.page = Math.min(view.page, pages);
  const start = (view.page - 1) * PER_PAGE;
  const shown = found.slice(start, start + PER_PAGE);
  showFilters(view);
  showPages(view, pages);
  byId("found").textContent = found.length
    ? `${count(start + 1)}–${count(start + shown.length)} of ${plural(found.length, "question")}` +
      (found.length < data.questions.length ? `, chosen of ${count(data.questions.length)}.` : ".")
    : "No question fits.";
  byId("list").replaceChildren(...shown.map(card));
}

byId("limits").append(...data.limits.map((text) => el("li", { text })));
byId("limits").hidden = data.limits.length === 0;
makeFilters();
render();
window.addEventListener("hashchange", render);
