
/* The address after "#" holds what is shown, as key=value&…; a change can be undone with "back". */

const readHash = () => Object.fromEntries(new URLSearchParams(location.hash.slice(1)));

function hashOf(values) {
  const kept = Object.entries(values).filter(([, value]) => value !== null && value !== "");
  return `#${new URLSearchParams(kept)}`;
}

/* While a word is typed, every letter replaces the one before it in the history. */
function writeHash(values, { replace = false } = {}) {
  const hash = hashOf(values);
  if (hash === (location.hash || "#")) return;
  if (replace) {
    history.replaceState(null, "", hash);
    window.dispatchEvent(new Event("hashchange"));
  } else {
    location.hash = hash;
  }
}
