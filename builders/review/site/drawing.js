/* What the page shows. Texts of models and strangers reach it only through textContent. */

export const $ = (id) => document.getElementById(id);
export const FLAGS = {
  not_self_consistent: "answers itself differently",
  guessable: "guessable without the image",
  caption_answers: "answered by the caption",
};
export const DECISIONS = { accept: "accepted", correct: "corrected", reject: "rejected" };

export const imageOf = (question) => `images/${question.image}`;

function el(tag, name, text) {
  const node = document.createElement(tag);
  if (name) node.className = name;
  if (text !== undefined) node.textContent = text;
  return node;
}

/* A new element each time: an old image never stands beside a new question. */
export function drawImage(question) {
  const image = new Image();
  image.alt = "The image that the question is about";
  const link = el("a");
  image.addEventListener("error", () => {
    link.replaceWith(el("p", "lost", "This image can't be shown."));
  });
  link.target = "_blank";
  link.rel = "noopener";
  link.title = "Open the image alone, in its own size";
  link.href = image.src = imageOf(question);
  link.append(image);
  $("image").replaceChildren(link);
  const shared = question.shared;
  $("shared").textContent = shared ? `${shared.speaker}, ${shared.day}: “${shared.text}”` : "";
  $("caption").textContent = shared?.caption ? `Caption: ${shared.caption}` : "";
  $("place").textContent = `${question.conversation}, turn ${question.turn}, ${question.split}`;
}

/* The words as they stand: a correction's, or the generator's. */
export function standing(question, decision) {
  return decision?.decision === "correct" ? decision : question;
}

export function drawWords(question, decision) {
  const words = standing(question, decision);
  $("tags").replaceChildren(el("span", "type", question.type),
    ...question.flags.map((flag) => el("span", "flag", FLAGS[flag])));
  $("question").textContent = words.question;
  $("answer").textContent = words.answer;
  $("reason").textContent = question.reason ? `Reason: ${question.reason}` : "";
  $("before").textContent =
    words === question ? "" : `Before: ${question.question} – ${question.answer}`;
  $("decision").textContent = decision ? DECISIONS[decision.decision] : "not decided";
  $("decision").className = decision?.decision ?? "";
  $("undo").disabled = !decision;
}

export function drawProgress(total, decisions) {
  const number = { accept: 0, correct: 0, reject: 0 };
  for (const { decision } of decisions) number[decision] += 1;
  for (const part of $("bar").children) {
    part.style.width = `${(100 * number[part.className]) / Math.max(1, total)}%`;
  }
  const kinds = Object.entries(DECISIONS).map(([kind, name]) => `${number[kind]} ${name}`);
  $("counts").textContent = [`${decisions.length} of ${total} decided`, ...kinds].join(" · ");
  $("bar").setAttribute("aria-label", $("counts").textContent);
}

/* Decisions that do not count: their questions have other words now. */
export function drawAside(number) {
  const what = number === 1 ? "1 earlier decision is" : `${number} earlier decisions are`;
  $("aside").textContent = `${what} set aside: the words or the image have changed since.`;
  $("aside").hidden = !number;
}

export function drawSaved(waiting) {
  $("saved").textContent = waiting ? "saving…" : "all saved";
  $("saved").className = waiting ? "busy" : "";
}

export function announce(text) {
  $("announce").textContent = text;
}

/* A message takes the place of the question. */
export function drawMessage(title, text, { back = false, on = false } = {}) {
  $("review").hidden = true;
  $("message").hidden = false;
  $("message-title").textContent = title;
  $("message-text").textContent = text;
  $("message-back").hidden = !back;
  $("message-on").hidden = !on;
  announce(`${title}. ${text}`);
}

export function drawTrouble(sentence, waiting) {
  $("trouble").hidden = sentence === null;
  if (sentence === null) return;
  const first = waiting.slice(0, 5).map(({ id, decision }) => `${decision} ${id}`).join(", ");
  const rest = waiting.length > 5 ? ` and ${waiting.length - 5} more` : "";
  $("trouble-text").textContent =
    `${sentence} Not saved yet, and sent again until it is: ${first}${rest}. Keep this page open.`;
}

/* While a correction is typed, nothing else can be chosen. */
export function drawForm(words) {
  $("form").hidden = !words;
  $("card").classList.toggle("typing", Boolean(words));
  $("actions").hidden = $("header").inert = $("filters").inert = Boolean(words);
  $("form-problem").textContent = "";
  if (!words) return;
  $("new-question").value = words.question;
  $("new-answer").value = words.answer;
  $("new-question").focus();
}

export function hasFlag(question, flag) {
  if (flag === "any") return question.flags.length > 0;
  return flag === "none" ? !question.flags.length : question.flags.includes(flag);
}

export function drawFilters(questions) {
  const fill = (id, values, name, fits) => {
    $(id).append(new Option("all", ""));
    for (const value of values) {
      const number = questions.filter((question) => fits(question, value)).length;
      if (number) $(id).append(new Option(`${name(value)} (${number})`, value));
    }
  };
  const types = [...new Set(questions.map((question) => question.type))];
  fill("by-type", types, (type) => type, (question, type) => question.type === type);
  fill("by-flag", ["any", ...Object.keys(FLAGS), "none"],
    (flag) => FLAGS[flag] ?? `${flag === "any" ? "any" : "no"} flag`, hasFlag);
  $("by-decision").append(new Option("all", ""), new Option("open", "open"),
    ...Object.entries(DECISIONS).map(([value, name]) => new Option(name, value)));
}
