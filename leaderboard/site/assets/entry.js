
/* The page of one entry: its scores, how it was made, what was checked, and what happened since. */

(() => {
  const site = readData("board-data");
  const metrics = new Map(site.metrics.map((metric) => [metric.name, metric]));
  const main = site.main.map((name) => metrics.get(name));

  function fillTable(id, heads, rows) {
    const table = byId(id);
    table.tHead.replaceChildren(el("tr", {}, ...heads.map(([text, kind]) => headOf(text, kind))));
    table.tBodies[0].replaceChildren(...rows.map((cells) => el("tr", {}, ...cells)));
    table.closest(".scroll").hidden = rows.length === 0;
    labelCells(table);
  }

  function rowHead(...content) {
    const head = el("th", {}, ...content);
    head.scope = "row";
    return head;
  }

  function facts(id, pairs) {
    byId(id).replaceChildren(...pairs.flatMap(([label, text]) =>
      [el("dt", { text: label }), el("dd", {}, plain(text))]));
  }

  function showHead(entry) {
    const version = entry.version ? ` ${entry.version}` : "";
    document.title = `${visible(entry.system)} – LoCoMo-VQA leaderboard`;
    byId("title").replaceChildren(plain(`${entry.system}${version}`));
    byId("subtitle").replaceChildren(plain([entry.answerer, `images: ${entry.images}`, entry.date].filter(Boolean).join(" · ")));
    if (entry.url) {
      const link = el("a", { text: "its own page" });
      link.href = entry.url;
      link.rel = "noopener noreferrer nofollow";
      byId("subtitle").append(" · ", link);
    }
    byId("compare").href = `compare.html${hashOf({ a: entry.entry })}`;
    byId("tags").replaceChildren(...[
      entry.badge ? el("span", { class: "tag good", text: entry.badge }) : null, ...entryTags(entry),
    ].filter(Boolean));
    if (entry.unranked) byId("tags").append(el("span", { class: "small" }, plain(entry.unranked)));
    if (entry.source) showSource(entry.source);
  }

  function showSource(source) {
    byId("tags").append(el("span", { class: "small" }, "Published as ",
      plain([source.title, source.date, source.url].filter(Boolean).join(", ")), source.url ? "." : "; it is not known where."));
  }

  function showScores(entry) {
    fillTable("scores", [["Score"], ["Value", "number"], ["95% interval", "number"], ["Questions", "number"], ["Computed as"]],
      site.metrics.map((metric) => {
        const score = entry.scores[metric.name];
        const head = rowHead(el("span", { class: "name", text: metric.label }),
          el("span", { class: "small", text: sentence(metric.meaning) }));
        if (score.value === null) {
          const cell = el("td", { class: "none" }, "Not computed: ", plain(score.reason));
          cell.colSpan = 4;
          return [head, cell];
        }
        return [head, numberCell(score.value, digitsOf(metric)),
          el("td", { class: "number", text: spanText(metric, score), title: intervalTitle(score) }),
          numberCell(score.n, 0), el("td", { class: "signature" }, el("code", { text: entry.signatures[metric.name] || "" }))];
      }));
  }

  function spanText(metric, score) {
    if (score.low === null) return "no interval";
    const digits = digitsOf(metric);
    return `${score.low.toFixed(digits)} to ${score.high.toFixed(digits)}`;
  }

  /* Text metrics have categories, V has types: a table for each of the two. */
  function showGroups(entry) {
    const kinds = [["Category", main.filter((one) => one.name !== "v")], ["Type", main.filter((one) => one.name === "v")]];
    byId("groups").replaceChildren(...kinds.map(([title, members]) => groupTable(title, members, entry)).filter(Boolean));
    byId("groups").parentElement.hidden = byId("groups").childElementCount === 0;
  }

  function groupTable(title, members, entry) {
    const scored = members.filter((metric) => Object.keys(entry.groups[metric.name]).length > 0);
    if (scored.length === 0) return null;
    const groups = site.groups[scored[0].name].filter(([name]) => scored.some((metric) => entry.groups[metric.name][name]));
    const head = el("tr", {}, headOf(title), headOf("Questions", "number"), ...scored.map((metric) => headOf(metric.label, "number")));
    const table = el("table", {}, el("thead", {}, head), el("tbody", {}, ...groups.map(([name, label]) => {
      const known = scored.find((metric) => entry.groups[metric.name][name]);
      return el("tr", {}, rowHead(label), numberCell(entry.groups[known.name][name][3], 0),
        ...scored.map((metric) => groupCell(metric, entry.groups[metric.name][name])));
    })));
    labelCells(table);
    return el("div", { class: "scroll" }, table);
  }

  function showConversations(entry) {
    const scored = main.filter((metric) => entry.by_conversation[metric.name]);
    const names = [...new Set(scored.flatMap((metric) => Object.keys(entry.by_conversation[metric.name])))];
    fillTable("conversations", [["Conversation"], ...scored.map((metric) => [metric.label, "number"])],
      names.map((name) => [rowHead(plain(name)), ...scored.map((metric) => {
        const [value, n] = entry.by_conversation[metric.name][name] || [null, 0];
        const cell = numberCell(value, digitsOf(metric));
        if (value !== null) cell.append(el("span", { class: "small", text: `of ${count(n)}` }));
        return cell;
      })]));
  }

  function showRecord(entry) {
    facts("configuration", entry.configuration);
    facts("record", [...answerFacts(entry), ...entry.record]);
    byId("asked").hidden = entry.asked.length === 0;
    const number = (value) => numberCell(value, 0);
    fillTable("asked-table", [["Stage"], ["Model"], ["Temperature", "number"], ["Seed", "number"], ["Calls", "number"],
      ["Images", "number"], ["Instructions", "number"]], entry.asked.map((row) => [rowHead(plain(row.stage)),
      textCell("", row.model), el("td", { class: "number", text: row.temperature ?? "–" }), el("td", { class: "number", text: row.seed ?? "–" }),
      number(row.calls), number(row.images), number(row.instructions)]));
  }

  function answerFacts(entry) {
    const states = Object.entries(entry.states).map(([state, number]) => `${count(number)} ${state.replaceAll("_", " ")}`);
    return [["Answers", `${count(entry.given)} of ${count(entry.total)} (${states.join(", ")})`],
      ["Mean length of an answer", entry.answer_length === null ? "–" : `${entry.answer_length.toFixed(1)} words`]];
  }

  const MARKS = { passed: "✓ passed", flagged: "! noted", failed: "✗ failed", not_done: "– not done" };

  function showChecks(entry) {
    fillTable("checks", [["Check"], ["Result"], ["What it found"]], entry.checks.map((check) => [
      rowHead(plain(check.name)), el("td", { class: `check ${check.state}`, text: MARKS[check.state] }),
      el("td", {}, plain(check.text))]));
    byId("notes").replaceChildren(...entry.notes.map((text) => el("li", {}, plain(text))));
  }

  function showHistory(entry) {
    byId("history-section").hidden = entry.history.length === 0;
    byId("history").replaceChildren(...entry.history.flatMap((event) => {
      const said = el("dd", {}, plain(event.why), " (", plain(event.who), ")");
      if (event.by) said.append(" ", otherEntry(event.by));
      return [el("dt", { text: `${event.date}: ${event.event}` }), said];
    }));
  }

  /* The entry that takes the place of this one, as a link if it is on the board. */
  function otherEntry(name) {
    const link = el(site.names.includes(name) ? "a" : "span", {}, plain(name));
    if (site.names.includes(name)) link.href = entryAddress(name);
    return link;
  }

  async function show() {
    const name = readHash().entry;
    const number = site.names.indexOf(name);
    byId("problem").hidden = true;
    if (number < 0) {
      byId("entry").hidden = true;
      showProblem(new Error(name ? `${name} is not an accepted entry.` : "Choose an entry in the list of all entries."));
      return;
    }
    const entry = await load(site.files, `entries/${number}`);
    for (const part of [showHead, showScores, showGroups, showConversations, showRecord, showChecks, showHistory]) part(entry);
    facts("files", Object.entries(entry.files));
    byId("entry").hidden = false;
  }

  showSite(site);
  window.addEventListener("hashchange", () => show().catch(showProblem));
  show().catch(showProblem);
})();
