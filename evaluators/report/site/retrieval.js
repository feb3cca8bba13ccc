
function showRetrieval() {
  byId("retrieval").hidden = data.retrieval.length === 0;
  for (const { label, rows } of data.retrieval) {
    byId("recall").append(el("div", { class: "card" }, ...chartTable({ label, scale: 100 }, rows)));
  }
}
