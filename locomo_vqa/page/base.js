
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
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

function plain(text) {
  const node = el("bdi");
  let after = 0;
  for (const match of text.matchAll(UNSEEN)) {
    const code = match[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
    node.append(text.slice(after, match.index), el("span", { class: "unseen", text: `U+${code}` }));
    after = match.index + 1;
  }
  node.append(text.slice(after));
  return node;
}
