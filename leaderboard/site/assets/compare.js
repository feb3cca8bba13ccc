
/* Two entries side by side, with their paired differences. */

(() => {
  const site = readData("board-data");
  const main = site.main.map((name) => site.metrics.find((metric) => metric.name === name));
  const label = (entry) => visible([entry.system, entry.answerer, entry.images, entry.date].filter(Boolean).join(" · "));

  function fillChoices(entries) {
    for (const id of ["a", "b"]) {
      byId(id).append(...entries.map((entry, number) => {
        const option = el("option", { text: label(entry) });
        option.value = site.names[number];
        return option;
      }));
      byId(id).addEventListener("change", () => choose(byId("a").value, byId("b").value));
    }
    byId("swap").addEventListener("click", () => choose(byId("b").value, byId("a").value));
    byId("choice").addEventListener("submit", (event) => event.preventDefault());
  }

  const choose = (a, b) => writeHash({ a, b });

  /* The two entries in the address, or the first two there are. */
  function chosen() {
    const given = readHash();
    const known = (name) => site.names.includes(name);
    for (const name of [given.a, given.b]) {
      if (name && !known(name)) throw new Error(`${name} is not an accepted entry.`);
    }
    const a = given.a || site.names.find((name) => name !== given.b);
    return [a, given.b || site.names.find((name) => name !== a) || a].map((name) => site.names.indexOf(name));
  }

  function compared(metric, sides, stored, asked) {
    const [left, right] = sides.map((side) => side.signatures[metric.name]);
    const missing = sides.find((side) => side.scores[metric.name].value === null);
    if (missing) return { reason: `${missing.system}: ${missing.scores[metric.name].reason}` };
    if (left !== right) return { reason: "The two were scored in different ways, so there is no difference." };
    const groups = pairUp(...stored.map((one) => readValues(one, metric, asked)), asked);
    if (groups.size === 0) return { reason: "The two have no question in common." };
    const quantiles = { ...asked.quantiles, few: site.few_conversations };
    return { groups, quantiles, ...pairedDifference([...groups.values()], quantiles, asked.width[metric.name]) };
  }

  const signed = (value, digits) => `${value > 0 ? "+" : ""}${value.toFixed(digits).replace(/^-(0(\.0+)?)$/, "$1")}`;
  const shortP = (p) => (p < 0.001 ? p.toExponential(1) : p.toFixed(3));

  function rowHead(...content) {
    const head = el("th", {}, ...content);
    head.scope = "row";
    return head;
  }

  function differenceRow(metric, found) {
    const head = rowHead(el("span", { class: "name", text: metric.label }), el("span", { class: "small", text: sentence(metric.meaning) }));
    if (found.reason) {
      const cell = el("td", { class: "none" }, plain(found.reason));
      cell.colSpan = 7;
      return el("tr", {}, head, cell);
    }
    const digits = digitsOf(metric);
    const { interval } = found;
    const apart = interval && (interval.low > 0 || interval.high < 0);
    return el("tr", {}, head, numberCell(found.baseline, digits), numberCell(found.other, digits),
      el("td", { class: `number ${apart ? "apart" : ""}`, text: signed(found.difference, digits) }),
      el("td", { class: "number", text: interval ? `${signed(interval.low, digits)} to ${signed(interval.high, digits)}` : "none" }),
      el("td", { class: "number", text: found.p === null ? "none" : shortP(found.p) }),
      numberCell(found.conversations, 0), numberCell(found.questions, 0));
  }

  function sentenceOf(metric, found, sides) {
    const digits = digitsOf(metric);
    const { interval, difference } = found;
    const points = Math.abs(difference).toFixed(digits);
    const [better, worse] = difference >= 0 ? [sides[1], sides[0]] : [sides[0], sides[1]];
    const lead = `${metric.label}: ${better.system} (${better.answerer || "no model"}) is ${points} above ${worse.system} (${worse.answerer || "no model"})`;
    if (difference === 0) return `${metric.label}: the two are equal.`;
    if (!interval) return `${lead}; one conversation gives no interval.`;
    if (interval.low <= 0 && interval.high >= 0) return `${lead}, which may be chance: the interval of the difference contains 0.`;
    return `${lead}, between ${[interval.low, interval.high].map((end) => Math.abs(end).toFixed(digits)).sort((x, y) => x - y).join(" and ")}${found.p === null ? "" : `, p = ${shortP(found.p)}`}.`;
  }

  function fillTable(id, heads, rows) {
    const table = byId(id);
    table.tHead.replaceChildren(el("tr", {}, ...heads));
    table.tBodies[0].replaceChildren(...rows);
    labelCells(table);
  }

  function showDifferences(found, sides) {
    const names = sides.map((side) => headOf(visible(side.system), "number"));
    fillTable("differences", [headOf("Score"), ...names, headOf("Difference", "number"), headOf("95% interval", "number"),
      headOf("p", "number"), headOf("Conversations", "number"), headOf("Questions", "number")],
    found.map(([metric, one]) => differenceRow(metric, one)));
    const known = found.filter(([, one]) => !one.reason);
    byId("sentences").replaceChildren(...known.map(([metric, one]) => el("li", {}, plain(sentenceOf(metric, one, sides)))));
    const few = known.map(([, one]) => one.conversations).find((number) => number < site.few_conversations);
    const many = known.find(([, one]) => one.p === null && one.conversations >= site.few_conversations);
    byId("why-no-p").hidden = few === undefined && !many;
    byId("why-no-p").textContent = few === undefined
      ? "With this many conversations, no p-value is computed: there are too many sign flips to count."
      : `With ${counted(few, "conversation", "conversations")}, no p-value is shown: whatever the systems answer, ` +
        `the smallest possible p is 2 / 2^${few} = ${2 / 2 ** few}, so no difference could be shown. It needs ${site.few_conversations}.`;
  }

  function showByConversation(found) {
    const known = found.filter(([, one]) => !one.reason);
    const names = [...new Set(known.flatMap(([, one]) => [...one.groups.keys()]))].sort();
    const mean = (values) => sum(values) / values.length;
    fillTable("by-conversation", [headOf("Conversation"), ...known.map(([metric]) => headOf(metric.label, "number"))],
      names.map((name) => el("tr", {}, rowHead(plain(name)), ...known.map(([metric, one]) => {
        const group = one.groups.get(name);
        if (!group) return numberCell(null);
        const [left, right] = group.map(mean);
        const digits = digitsOf(metric);
        return el("td", { class: "number", text: signed(right - left, digits) },
          el("span", { class: "small", text: `${left.toFixed(digits)} → ${right.toFixed(digits)}` }));
      }))));
  }

  async function show() {
    byId("problem").hidden = true;
    byId("comparison").hidden = true;
    if (!site.compared) throw new Error("These submissions were verified without the values of each question. Verify them again, then build the site.");
    const numbers = chosen();
    byId("a").value = site.names[numbers[0]];
    byId("b").value = site.names[numbers[1]];
    const asked = await load(site.files, "asked");
    const sides = await Promise.all(numbers.map((number) => load(site.files, `entries/${number}`)));
    const stored = await Promise.all(numbers.map((number) => load(site.files, `scores/${number}`)));
    const found = main.map((metric) => [metric, compared(metric, sides, stored, asked)]);
    document.title = `${visible(sides[0].system)} and ${visible(sides[1].system)} – LoCoMo-VQA leaderboard`;
    showDifferences(found, sides);
    showByConversation(found);
    byId("comparison").hidden = false;
  }

  async function start() {
    fillChoices(await load(site.files, "names"));
    await show();
  }

  showSite(site);
  window.addEventListener("hashchange", () => show().catch(showProblem));
  start().catch(showProblem);
})();
