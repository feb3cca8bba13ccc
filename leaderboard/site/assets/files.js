
/* Data that a page loads when it needs it: a script that calls `receive` with a name and JSON. */

const loading = new Map();

function receive(name, text) {
  const found = loading.get(name);
  if (found) found.done(JSON.parse(text));
}

function load(folder, name) {
  if (!loading.has(name)) {
    const found = {};
    found.data = new Promise((done, failed) => {
      found.done = done;
      const script = el("script");
      script.src = `${folder}/${name}.js`;
      script.addEventListener("load", () => script.remove());
      script.addEventListener("error", () => failed(new Error(`${folder}/${name}.js can't be read.`)));
      document.head.append(script);
    });
    loading.set(name, found);
  }
  return loading.get(name).data;
}

/* Say what is wrong where the page would be. */
function showProblem(error) {
  byId("problem").hidden = false;
  byId("problem").textContent = error.message;
}

/* The data set of every page, and the links between pages. */
function showSite(site) {
  byId("dataset").append("Data set: ", plain(site.dataset.id), ", revision ",
    el("code", { text: site.dataset.revision.slice(0, 12), title: site.dataset.revision }), ".");
}
