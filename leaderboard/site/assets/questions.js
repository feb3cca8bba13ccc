
/* The question browser: a list that filters narrow, and one question with everybody's answers. */

(() => {
  const site = readData("board-data");
  const MOST = 60;
  const KINDS = {
    every: { label: "any", accepts: () => true },
    wrong: { label: "all wrong", accepts: (one) => one.right === 0 && one.wrong > 0 },
    differ: { label: "they differ", accepts: (one) => one.right > 0 && one.wrong > 0 },
    right: { label: "all right", accepts: (one) => one.wrong === 0 && one.right > 0 },
  };
  let questions = [];
  let names = [];

  function fill(id, options) {
    byId(id).append(...options.map(([value, text]) => {
      const option = el("option", { text });
      option.value = value;
      return option;
    }));
    byId(id).addEventListener("change", () => change({ [id]: byId(id).value }));
  }

  function change(values, options) {
    const view = { ...readView(), rows: "", ...values };
    writeHash({ ...view, answers: view.answers === "every" ? "" : view.answers }, options);
  }

  function readView() {
    const given = readHash();
    const one = (id, usual) => ([...byId(id).options].some((option) => option.value === given[id]) ? given[id] : usual);
    return { answers: one("answers", "every"), search: given.search || "", conversation: one("conversation", ""),
      group: one("group", ""), question: given.question || "", rows: given.rows || "" };
  }

  function matching(view) {
    const words = view.search.toLowerCase().split(/\s+/).filter(Boolean);
    return questions.filter((one) => KINDS[view.answers].accepts(one)
      && (!view.conversation || one.conversation === view.conversation)
      && (!view.group || one.group === view.group)
      && words.every((word) => `${one.id} ${one.text}`.toLowerCase().includes(word)));
  }

  const verdictOf = (one) => `${count(one.right)} of ${count(one.right + one.wrong)} right`;

  function listItem(one, view) {
    const link = el("a", {}, plain(one.text));
    link.href = hashOf({ ...view, answers: view.answers === "every" ? "" : view.answers, question: one.id });
    if (one.id === view.question) link.setAttribute("aria-current", "true");
    return el("li", {}, link, el("span", { class: "small" }, plain(`${one.conversation} · ${one.group} · ${verdictOf(one)}`)));
  }

  function showList(found, view) {
    const rows = Math.max(MOST, Number.parseInt(view.rows, 10) || 0, 1 + found.findIndex((one) => one.id === view.question));
    byId("list").replaceChildren(...found.slice(0, rows).map((one) => listItem(one, view)));
    const current = byId("list").querySelector("[aria-current]");
    if (current) byId("list").scrollTop = current.parentElement.offsetTop - byId("list").offsetTop - 60;
    byId("shown").textContent = `${count(found.length)} of ${counted(questions.length, "question", "questions")}`;
    byId("more").hidden = found.length <= rows;
    byId("more").textContent = `Show ${count(Math.min(MOST, found.length - rows))} more questions`;
    byId("more").onclick = () => change({ rows: rows + MOST });
    for (const id of ["answers", "search", "conversation", "group"]) {
      if (byId(id).value !== view[id]) byId(id).value = view[id];
    }
  }

  function showSteps(found, view) {
    const place = found.findIndex((one) => one.id === view.question);
    for (const [id, other] of [["previous", found[place - 1]], ["next", found[place + 1]]]) {
      byId(id).disabled = !other || place < 0;
      byId(id).onclick = () => change({ question: other.id, rows: view.rows });
    }
  }

  function showQuestion(one, detail) {
    byId("question-title").replaceChildren(plain(detail.question));
    byId("question-place").replaceChildren(plain(`${one.id} · ${one.group} · ${verdictOf(one)}`));
    showImage(one, detail);
    byId("gold").replaceChildren(plain(detail.gold));
    byId("erratum").hidden = !detail.erratum;
    byId("erratum").textContent = `This gold answer has a known error: ${detail.erratum}.`;
    byId("said").hidden = detail.said.length === 0;
    byId("said").querySelector("dl").replaceChildren(...detail.said.flatMap(([turn, text]) =>
      [el("dt", {}, plain(turn)), el("dd", {}, plain(text || "This turn is not in the conversation."))]));
    const table = byId("given");
    table.tHead.replaceChildren(el("tr", {}, ...["Answer", "Verdict", "F1", "Entries"].filter((text) => text !== "F1" || !one.visual).map((text) => headOf(text, text === "F1" ? "number" : ""))));
    table.tBodies[0].replaceChildren(...[...detail.answers].sort((left, right) =>
      (right[2] ?? -1) - (left[2] ?? -1) || (right[3] ?? 0) - (left[3] ?? 0)).map((answer) => answerRow(answer, one)));
    labelCells(table);
    byId("question").hidden = false;
  }

  function showImage(one, detail) {
    byId("question-image").hidden = !one.visual;
    byId("question-image").replaceChildren();
    if (!one.visual) return;
    if (!detail.image) {
      byId("question-image").append("The image is not in the benchmark's folder.");
      return;
    }
    const image = el("img");
    image.src = `${site.files}/${detail.image}`;
    image.alt = "The image that is asked about";
    byId("question-image").append(image);
  }

  const VERDICTS = new Map([[1, "✓ right"], [0, "✗ wrong"], [null, "no verdict"]]);

  function answerRow([text, state, verdict, overlap, entries], one) {
    const said = text === null
      ? el("th", {}, el("span", { class: "none", text: `no answer: ${state.replaceAll("_", " ")}` }))
      : el("th", { class: "answer" }, plain(text === "" ? "(empty)" : text));
    said.scope = "row";
    return el("tr", {}, said, el("td", { class: `verdict ${verdict === 1 ? "good" : ""}`, text: VERDICTS.get(verdict) }),
      one.visual ? null : numberCell(overlap, 3), el("td", {}, ...entryNames(entries)));
  }

  /* The first entries by name, and the rest behind a number. */
  function entryNames(entries) {
    const FEW = 6;
    const link = (number) => {
      const name = names[number];
      const node = el("a", { class: "name" }, plain(name.system));
      node.href = entryAddress(site.names[number]);
      return el("span", { class: "entry" }, node, el("span", { class: "small" }, plain([name.answerer, name.images].filter(Boolean).join(" · "))));
    };
    const shown = entries.slice(0, FEW).map(link);
    if (entries.length <= FEW) return shown;
    const rest = el("details", {}, el("summary", { text: `and ${count(entries.length - FEW)} more` }));
    rest.addEventListener("toggle", () => {
      if (rest.childElementCount === 1) rest.append(...entries.slice(FEW).map(link));
    });
    return [...shown, rest];
  }

  /* Beside the list there is room for the first question, on a phone the list is enough. */
  function chosen(view) {
    if (view.question || !matchMedia("(min-width: 60rem)").matches) return view;
    return { ...view, question: (matching(view)[0] || { id: "" }).id };
  }

  async function show() {
    byId("problem").hidden = true;
    const view = chosen(readView());
    const found = matching(view);
    showList(found, view);
    showSteps(found, view);
    const number = questions.findIndex((one) => one.id === view.question);
    if (number < 0) {
      byId("question").hidden = true;
      if (view.question) showProblem(new Error(`The question ${view.question} was not found.`));
      return;
    }
    const detail = await load(site.files, `questions/${number}`);
    if (chosen(readView()).question === view.question) showQuestion(questions[number], detail);
  }

  async function start() {
    if (!site.questions) {
      throw new Error("This site was built without the benchmark, so it has no questions. Build it again with the benchmark: locomo-vqa leaderboard build FOLDER --benchmark NAME --out SITE");
    }
    const listed = await load(site.files, "questions");
    names = await load(site.files, "names");
    questions = listed.questions;
    byId("by-f1").hidden = listed.judged;
    const values = (key) => [...new Set(questions.map((one) => one[key]))].sort().map((name) => [name, name]);
    fill("answers", Object.entries(KINDS).map(([name, kind]) => [name, kind.label]));
    fill("conversation", [["", "any"], ...values("conversation")]);
    fill("group", [["", "any"], ...values("group")]);
    byId("search").addEventListener("input", () => change({ search: byId("search").value }, { replace: true }));
    byId("controls").addEventListener("submit", (event) => event.preventDefault());
    byId("browser").hidden = false;
    window.addEventListener("hashchange", () => show().catch(showProblem));
    await show();
  }

  showSite(site);
  start().catch(showProblem);
})();
