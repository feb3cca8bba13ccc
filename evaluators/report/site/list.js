
const PER_PAGE = 25;
const ANY = "";
const CONTROLS = [
  ["group", "Kind", "Every kind"], ["conversation", "Conversation", "Every conversation"],
  ["state", "State", "Every state"], ["cause", "Why wrong", "Any cause or none"],
];

for (const item of data.questions) {
  item.text = [item.id, item.question, item.gold, item.answer, item.error]
    .map(beginning).join("\n").toLowerCase();
}

const groupsOf = (item) => [item.kind, `${item.kind}/${item.group}`];

/* A judge may leave an answer without a verdict, which is not a state of the answer itself. */
const statesOf = (item) =>
  Object.values(item.values).includes(null) ? [item.state, "unscored"] : [item.state];

const causesOf = (item) => (item.why ? [item.why[0]] : []);

/* The value to sort by; without one, a question comes last in either order. */
const SORTS = new Map([
  ["worst", { label: "Worst first", value: (item) => item.rank }],
  ...valued.map((metric) => [metric.name, { label: metric.label,
    value: (item) => item.values[metric.name] }]),
  ["latency", { label: "Latency", value: (item) => item.latency }],
  ["length", { label: "Answer's length", value: (item) => lengthOf(item.answer) }],
  ["order", { label: "The benchmark's order", value: (item) => item.place }],
]);
data.questions.forEach((item, place) => { item.place = place; });

function lengthOf(value) {
  if (value === null) return null;
  return typeof value === "string" ? value.length : value[1];
}

/* The address keeps what is shown: #sort=-f1&group=visual/colour&state=error&q=red&page=2. */
function readAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  const sort = given.get("sort") || "worst";
  const key = sort.replace(/^-/, "");
  return {
    sort: SORTS.has(key) ? key : "worst",
    descending: SORTS.has(key) && sort.startsWith("-"),
    group: given.get("group") || ANY,
    conversation: given.get("conversation") || ANY,
    state: given.get("state") || ANY,
    cause: given.get("cause") || ANY,
    q: given.get("q") || "",
    page: Math.max(1, Number.parseInt(given.get("page"), 10) || 1),
  };
}

function writeAddress(view) {
  const kept = new URLSearchParams();
  const sort = (view.descending ? "-" : "") + view.sort;
  if (sort !== "worst") kept.set("sort", sort);
  for (const name of ["group", "conversation", "state", "cause", "q"]) if (view[name]) kept.set(name, view[name]);
  if (view.page > 1) kept.set("page", view.page);
  location.replace(`#${kept}`);
}

function select(view) {
  const wanted = view.q.toLowerCase().split(/\s+/).filter(Boolean);
  const { value } = SORTS.get(view.sort);
  const sign = view.descending ? -1 : 1;
  const absent = (found) => found === null || found === undefined;
  return data.questions
    .filter((item) => (!view.group || groupsOf(item).includes(view.group)) &&
      (!view.conversation || item.conversation === view.conversation) &&
      (!view.state || statesOf(item).includes(view.state)) &&
      (!view.cause || causesOf(item).includes(view.cause)) &&
      wanted.every((word) => item.text.includes(word)))
    .sort((left, right) => {
      const [x, y] = [value(left), value(right)];
      if (absent(x) || absent(y)) return absent(x) - absent(y) || left.place - right.place;
      return sign * (x - y) || left.place - right.place;
    });
}

function tally(keys) {
  const found = new Map();
  for (const item of data.questions) for (const key of keys(item)) found.set(key, (found.get(key) || 0) + 1);
  return found;
}

function optionsOf(name, any) {
  const keys = { group: groupsOf, conversation: (i) => [i.conversation], state: statesOf, cause: causesOf }[name];
  const found = [...tally(keys)];
  if (name === "group") found.sort(([left], [right]) => (left < right ? -1 : 1));
  return [[ANY, any], ...found.map(([key, number]) => {
    const [kind, group] = key.split("/");
    const text = name !== "group" ? words(key) : group ? `\u2003${group}` : `All ${kind} questions`;
    return [key, `${text} (${count(number)})`];
  })];
}

function makeFilters() {
  const form = byId("filters");
  const search = el("input");
  Object.assign(search, { type: "search", name: "q", placeholder: "Words in question or answer" });
  form.append(el("label", { class: "search" }, el("span", { text: "Search" }), search));
  for (const [name, label, any] of CONTROLS) form.append(choice(name, label, optionsOf(name, any)));
  form.append(choice("sort", "Sort by", [...SORTS].map(([key, { label }]) => [key, label])));
  const turn = el("button");
  turn.type = "button";
  turn.name = "turn";
  turn.addEventListener("click", () => {
    const view = readAddress();
    writeAddress({ ...view, descending: !view.descending, page: 1 });
  });
  form.append(turn);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", (event) => {
    const view = { ...readAddress(), page: 1, [event.target.name]: event.target.value };
    if (event.target.name === "sort") view.descending = false;
    writeAddress(view);
  });
}

function showFilters(view) {
  const form = byId("filters");
  for (const name of ["group", "conversation", "state", "cause", "sort"]) form.elements[name].value = view[name];
  if (document.activeElement !== form.elements.q) form.elements.q.value = view.q;
  form.elements.turn.textContent = view.descending ? "↓ descending" : "↑ ascending";
}

function showPages(view, pages) {
  for (const nav of document.querySelectorAll(".pages")) {
    nav.hidden = pages < 2;
    const go = (text, page) => {
      const button = el("button", { text });
      button.type = "button";
      button.disabled = page < 1 || page > pages;
      button.addEventListener("click", () => {
        writeAddress({ ...readAddress(), page });
        byId("questions-title").scrollIntoView();
      });
      return button;
    };
    nav.replaceChildren(go("‹ Previous", view.page - 1),
      el("span", { text: `Page ${count(view.page)} of ${count(pages)}` }), go("Next ›", view.page + 1));
  }
}
