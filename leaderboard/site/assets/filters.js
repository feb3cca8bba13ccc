
/* What narrows the board: a table, a word, and one value of a few properties. */

const EVERY = "*";
const OPEN = ["current", "disputed"];

/* Each filter: its id in the page and in the address, its usual value, and what it accepts. */
function boardFilters(data) {
  const values = (read) => [...new Set(data.entries.map(read))].sort();
  const boards = Object.keys(data.tables).filter((name) => data.entries.some((entry) => entry.table === name));
  const choice = (id, read, every) => ({
    id, usual: EVERY, options: [[EVERY, every], ...values(read).map((name) => [name, name])],
    accepts: (wanted) => (entry) => wanted === EVERY || read(entry) === wanted,
  });
  return [
    { id: "board", usual: boards[0] || EVERY, options: [...boards.map((name) => [name, data.tables[name]]), [EVERY, "every entry"]],
      accepts: (wanted) => (entry) => wanted === EVERY || entry.table === wanted },
    { id: "search", usual: "", accepts: containsWords },
    choice("images", (entry) => entry.images, "any"),
    choice("certificate", (entry) => entry.certificate, "any"),
    choice("badge", (entry) => entry.badge || "none", "any"),
    { id: "standing", usual: "", options: [["", "current, disputed"], ...values((entry) => entry.standing).map((name) => [name, name]), [EVERY, "any"]],
      accepts: (wanted) => (entry) => wanted === EVERY || (wanted ? entry.standing === wanted : OPEN.includes(entry.standing)) },
  ];
}

/* Every word must be somewhere in an entry's names. */
function containsWords(wanted) {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  return (entry) => {
    if (words.length === 0) return true;
    const text = [entry.entry, entry.system, entry.version, entry.answerer, entry.images, entry.badge]
      .filter(Boolean).join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  };
}

function readFilters(filters, given) {
  return Object.fromEntries(filters.map(({ id, usual, options }) => {
    const value = given[id];
    const known = value !== undefined && (!options || options.some(([name]) => name === value));
    return [id, known ? value : usual];
  }));
}

const writtenFilters = (filters, values) => Object.fromEntries(filters.map(({ id, usual }) =>
  [id, values[id] === usual ? "" : values[id]]));

const noFilters = (filters) => Object.fromEntries(filters.map(({ id, usual, options }) =>
  [id, options ? EVERY : usual]));

function accepts(filters, values) {
  const all = filters.map((filter) => filter.accepts(values[filter.id]));
  return (entry) => all.every((one) => one(entry));
}

/* A choice between one value is none. */
function listenToFilters(filters, change) {
  for (const { id, options } of filters) {
    const field = byId(id);
    if (options) {
      for (const [value, label] of options) {
        const option = el("option", { text: label });
        option.value = value;
        field.append(option);
      }
      field.closest("label").hidden = options.length < 3;
    }
    field.addEventListener(options ? "change" : "input", () =>
      change({ [id]: field.value }, { replace: !options }));
  }
  byId("controls").addEventListener("submit", (event) => event.preventDefault());
}

function showFilters(filters, values) {
  for (const { id } of filters) {
    if (byId(id).value !== values[id]) byId(id).value = values[id];
  }
}
