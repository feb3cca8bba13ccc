/* The review: which question is shown, what is decided about it, and the keys. */

import {
  $, announce, drawAside, drawFilters, drawForm, drawMessage, drawImage, drawProgress, drawSaved,
  drawTrouble, drawWords, hasFlag, imageOf, standing,
} from "./drawing.js";
import { Saving } from "./saving.js";

let questions = []; // all under review
let list = []; // the questions that match the filters, at the time they were set
let at = 0; // the place in the list; its length: behind the last
const visited = []; // ids, for the way back
const decisions = new Map(); // what stands, by id: {id, decision, question, answer}
let correction = null; // the one that the form waits for

const saving = new Saving({
  saved,
  refused,
  changed: drawSaved,
  trouble: (sentence) => drawTrouble(sentence, saving.waiting),
});
const current = () => list[at];
const isOpen = (question) => !decisions.has(question.id);
const place = (question) => `#${encodeURIComponent(question.id)}`;

async function load() {
  const reply = await fetch("questions").catch(() => null);
  if (!reply?.ok) {
    return drawMessage("The questions can't be loaded", "Is the review still running?");
  }
  const data = await reply.json();
  questions = data.questions;
  remember(data.decisions);
  $("benchmark").textContent = data.benchmark;
  drawAside(data.set_aside);
  drawFilters(questions);
  filter();
}

function remember(kept) {
  decisions.clear();
  for (const decision of Object.values(kept)) decisions.set(decision.id, decision);
}

function filter() {
  const [type, flag, decision] = ["by-type", "by-flag", "by-decision"].map((id) => $(id).value);
  list = questions.filter((question) =>
    (!type || question.type === type) && (!flag || hasFlag(question, flag)) &&
    (!decision || (decisions.get(question.id)?.decision ?? "open") === decision));
  visited.length = 0;
  at = list.findIndex((question) => place(question) === location.hash);
  if (at < 0) at = decision && decision !== "open" ? 0 : nextOpen(-1);
  show();
}

/* The place of the next open question, from the start again where none follows. */
function nextOpen(from) {
  const after = list.findIndex((question, index) => index > from && isOpen(question));
  const any = after >= 0 ? after : list.findIndex(isOpen);
  return any >= 0 ? any : list.length;
}

function go(to) {
  if (current()) visited.push(current().id);
  at = to;
  show();
}

function back() {
  const before = list.findIndex((question) => question.id === visited.at(-1));
  visited.pop();
  at = before >= 0 ? before : Math.max(0, at - 1);
  show();
}

const skip = () => go(current() ? at + 1 : nextOpen(-1));

function show() {
  const question = current();
  leave();
  drawProgress(questions.length, [...decisions.values()]);
  if (!question) return showEnd();
  $("review").hidden = false;
  $("message").hidden = true;
  history.replaceState(null, "", place(question));
  $("position").textContent = `${at + 1} of ${list.length}`;
  drawImage(question);
  redraw();
  const words = standing(question, decisions.get(question.id));
  announce(`${at + 1} of ${list.length}, ${question.type}. ${words.question} ${words.answer}`);
  for (const next of new Set([at + 1, nextOpen(at)])) {
    if (list[next]) new Image().src = imageOf(list[next]);
  }
}

function redraw() {
  const question = current();
  if (question) drawWords(question, decisions.get(question.id));
}

function showEnd() {
  const here = list.filter(isOpen).length;
  const left = questions.length - decisions.size;
  const buttons = { back: list.length > 0, on: here > 0 };
  if (!questions.length) drawMessage("Nothing to review", "No question is in the state “ok”.");
  else if (!list.length) drawMessage("No such question", "Choose other filters.");
  else if (here) drawMessage("The end of the list", `${here} of it still open.`, buttons);
  else if (left) drawMessage("All decided here", `${left} open under other filters.`, buttons);
  else drawMessage("All questions are decided", "“Done” ends the review.", buttons);
}

/* Takes a decision at once and sends it. To accept a corrected question leaves it corrected. */
function decide(verdict) {
  const question = current();
  const before = decisions.get(question.id)?.decision;
  const same = before === verdict || (verdict === "accept" && before === "correct");
  if (!same) {
    const decision = { id: question.id, decision: verdict, question: null, answer: null };
    decisions.set(question.id, decision);
    saving.add(decision);
  }
  go(before ? at + 1 : nextOpen(at));
}

function undo() {
  const { id } = current();
  if (!decisions.delete(id)) return;
  saving.add({ id, decision: "undo", question: null, answer: null });
  drawProgress(questions.length, [...decisions.values()]);
  redraw();
}

function correct() {
  drawForm(standing(current(), decisions.get(current().id)));
}

function saveCorrection(event) {
  event.preventDefault();
  saving.withdraw(correction);
  correction = {
    id: current().id,
    decision: "correct",
    question: $("new-question").value,
    answer: $("new-answer").value,
  };
  $("form-problem").textContent = "saving…";
  saving.add(correction);
  saving.tryNow();
}

function leave() {
  saving.withdraw(correction);
  correction = null;
  const typed = !$("form").hidden;
  drawForm(null);
  if (typed) $("card").focus();
}

function saved(decision, kept) {
  const first = isOpen(decision);
  if (!saving.has(kept.id)) {
    if (kept.decision === "undo") decisions.delete(kept.id);
    else decisions.set(kept.id, kept);
  }
  if (decision === correction) go(first ? nextOpen(at) : at + 1);
  else redraw();
}

function refused(decision, sentence) {
  if (decision === correction) {
    correction = null;
    $("form-problem").textContent = sentence;
    return;
  }
  drawMessage("A decision was refused", `${decision.id}: ${sentence}`, { back: true });
  synchronise();
}

/* Another window may have decided meanwhile. */
async function synchronise() {
  if (saving.waiting.length) return;
  const reply = await fetch("decisions").catch(() => null);
  if (!reply?.ok) return;
  const data = await reply.json();
  if (saving.waiting.length) return;
  remember(data.decisions);
  drawProgress(questions.length, [...decisions.values()]);
  redraw();
}

async function done() {
  $("done").disabled = true;
  await saving.drained();
  const reply = await fetch("done", { method: "POST" }).catch(() => null);
  list = [];
  drawMessage(reply?.ok ? "The review has ended" : "The review server does not answer",
    "All decisions are saved. You can close this page.");
  $("filters").hidden = $("done").hidden = true;
}

const KEYS = {
  a: () => decide("accept"), c: correct, r: () => decide("reject"), u: undo,
  b: back, ArrowLeft: back, ArrowRight: skip, "?": () => $("help").showModal(),
};
const ANYWHERE = ["b", "ArrowLeft", "ArrowRight"];

function press(key) {
  if (key === "?" || current() || (list.length && ANYWHERE.includes(key))) KEYS[key]();
}

addEventListener("keydown", (event) => {
  if (event.repeat || event.ctrlKey || event.altKey || event.metaKey || $("help").open) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (!$("form").hidden) {
    if (key === "Escape") leave();
    else if (key === "Enter" && event.target.tagName === "TEXTAREA" && !event.isComposing) {
      saveCorrection(event);
    }
  } else if (event.target.tagName === "SELECT") {
    if (key === "Escape") $("card").focus();
  } else if (Object.hasOwn(KEYS, key)) {
    event.preventDefault();
    press(key);
  }
});
for (const button of document.querySelectorAll("[data-key]")) {
  button.addEventListener("click", () => press(button.dataset.key));
}
for (const select of document.querySelectorAll("select")) {
  let pointed = false; // chosen by mouse or finger: the keys are for the question again
  select.addEventListener("pointerdown", () => (pointed = true));
  select.addEventListener("keydown", () => (pointed = false));
  select.addEventListener("change", () => {
    filter();
    if (pointed) $("card").focus();
  });
}
$("form").addEventListener("submit", saveCorrection);
$("leave").addEventListener("click", leave);
$("help-button").addEventListener("click", () => press("?"));
$("retry").addEventListener("click", () => saving.tryNow());
$("done").addEventListener("click", done);
addEventListener("online", () => saving.tryNow());
addEventListener("beforeunload", (event) => saving.waiting.length && event.preventDefault());
document.addEventListener("visibilitychange", () => document.hidden || synchronise());
load();
