
"use strict";

/* Texts of strangers reach a page only through textContent and title. */
function el(tag, options = {}, ...children) {
  const node = document.createElement(tag);
  if (options.text !== undefined) node.textContent = options.text;
  if (options.class) node.className = options.class;
  if (options.title) node.title = options.title;
  node.append(...children.filter((child) => child !== null));
  return node;
}

const byId = (id) => document.getElementById(id);
const readData = (id) => JSON.parse(byId(id).textContent);
const count = (number) => number.toLocaleString("en");
const digitsOf = (metric) => (metric.scale >= 100 ? 1 : 3);

/* Characters that can't be seen, or that reverse the order of those beside them, become names. */
const UNSEEN = /(?![\t\n\r])[\p{Cc}\p{Cf}\p{Cn}\p{Co}\p{Cs}\p{Zl}\p{Zp}\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0]/gu;
/* A joiner within an emoji. */
const JOINED = /\p{Extended_Pictographic}[\ufe0e\ufe0f\p{Emoji_Modifier}]*$/u;

function plain(text) {
  const node = el("bdi");
  let after = 0;
  for (const match of text.matchAll(UNSEEN)) {
    if (match[0] === "\u200d" && JOINED.test(text.slice(0, match.index))) continue;
    const code = match[0].codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    node.append(text.slice(after, match.index), el("span", { class: "unseen", text: `U+${code}` }));
    after = match.index + match[0].length;
  }
  node.append(text.slice(after));
  return node;
}

/* Give each cell its column's name, which a phone shows before it. */
function labelCells(table) {
  const names = [...table.tHead.querySelectorAll("th")].map((cell) => cell.textContent);
  for (const row of table.tBodies[0].rows) {
    let column = 0;
    for (const cell of row.cells) {
      if (cell.tagName === "TD" && names[column]) cell.dataset.label = names[column];
      column += cell.colSpan;
    }
  }
}
