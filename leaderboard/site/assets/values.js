
/* An entry's values of one metric, by the number of the question. */

function readValues(stored, metric, asked) {
  const found = stored[metric.name];
  const values = new Map();
  if (!found) return values;
  const numbers = found.numbers && readNumbers(found.numbers);
  asked.asked[metric.name].forEach((question, place) => {
    const value = numbers ? numbers[place] : { 0: 0, 1: metric.scale }[found.flags[place]];
    if (value !== undefined && !Number.isNaN(value)) values.set(question, value);
  });
  return values;
}

/* 32-bit numbers in Base64, the last byte of each the most significant. */
function readNumbers(text) {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Array.from({ length: bytes.length / 4 }, (_, place) => view.getFloat32(4 * place, true));
}

/* The questions that both answered, as pairs of lists by conversation. */
function pairUp(left, right, asked) {
  const groups = new Map();
  for (const [question, value] of left) {
    if (!right.has(question)) continue;
    const name = asked.conversations[asked.conversation[question]];
    if (!groups.has(name)) groups.set(name, [[], []]);
    groups.get(name)[0].push(value);
    groups.get(name)[1].push(right.get(question));
  }
  return groups;
}
