/* The package graph as it was embedded, the search over it, and the list of all. */
const graph = (() => {
  const data = JSON.parse(byId("data").textContent);
  const packages = data.packages.map(([name, version, licence, depth, needs, findings, worst], place) => ({
    place, name, version, licence, depth, needs, findings, worst, neededBy: [],
    title: version ? name + " " + version : name,
    text: (name + " " + version + " " + licence).toLowerCase(),
  }));
  for (const one of packages) for (const need of one.needs || []) packages[need].neededBy.push(one.place);
  const direct = new Set(data.direct);
  const listeners = [];
  let chosen = -1;

  return {
    root: data.root,
    packages,
    direct,
    shade: (one) => (one.worst === "" ? "" : ["critical", "high", "unknown"].includes(one.worst) ? "bad" : "warned"),
    rank: (one) => ["", "info", "low", "medium", "unknown", "high", "critical"].indexOf(one.worst) * 1e6 + one.findings,
    distance: (one) => (one.depth < 0 ? "nothing known leads to it" : one.depth === 1 ? "direct" : one.depth + " steps"),
    chosen: () => chosen,
    onChoose: (listener) => listeners.push(listener),
    choose(place) {
      chosen = place;
      for (const listener of listeners) listener(place);
    },
    /* The shortest way from the project to a package: walk up by depth. */
    way(place) {
      const names = [];
      let one = packages[place];
      while (one && one.depth > 1) {
        one = packages[one.neededBy.find((up) => packages[up].depth === one.depth - 1)];
        if (one) names.unshift(one.title);
      }
      return packages[place].depth < 0 ? [] : [data.root || "the project", ...names, packages[place].title];
    },
  };
})();

(() => {
  const part = byId("explorer");
  if (!part || graph.packages.length === 0) return;
  const MOST = 60, STEP = 200;
  const search = byId("package-search"), results = byId("package-results"), more = byId("more-packages");
  const body = byId("package-table").tBodies[0];
  let listed = 0;

  function find() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = words.length ? graph.packages.filter((one) => words.every((word) => one.text.includes(word))) : graph.packages;
    results.replaceChildren(...found.slice(0, MOST).map(result));
    const left = found.length > MOST ? ", the first " + MOST + " are listed" : "";
    byId("package-count").textContent = counted(found.length, "package", "packages") + left;
  }

  function result(one) {
    const button = element("button", { type: "button", "aria-pressed": String(one.place === graph.chosen()) }, one.title);
    button.addEventListener("click", () => graph.choose(one.place));
    button.dataset.place = one.place;
    return element("li", {}, button);
  }

  function row(one) {
    const found = one.findings ? element("span", { class: graph.shade(one) }, one.findings + " " + one.worst) : "";
    return element("tr", {},
      element("th", { scope: "row" }, one.name), element("td", {}, one.version), element("td", {}, one.licence || "unknown"),
      element("td", { class: "figure" }, graph.distance(one)), element("td", {}, found));
  }

  function list(most) {
    const upTo = Math.min(graph.packages.length, most);
    body.append(...graph.packages.slice(listed, upTo).map(row));
    listed = Math.max(listed, upTo);
    more.hidden = listed >= graph.packages.length;
    more.textContent = "Show more (" + (graph.packages.length - listed).toLocaleString("en") + " left)";
  }

  part.hidden = false;
  find();
  search.addEventListener("input", settled(find));
  search.addEventListener("keydown", (event) => {
    const first = results.querySelector("button");
    if (event.key === "Enter" && first) graph.choose(Number(first.dataset.place));
    if (event.key === "ArrowDown" && first) { event.preventDefault(); first.focus(); }
  });
  results.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    const item = document.activeElement.parentElement;
    const next = event.key === "ArrowDown" ? item.nextElementSibling : item.previousElementSibling;
    (next ? next.firstElementChild : event.key === "ArrowUp" ? search : document.activeElement).focus();
  });
  graph.onChoose((place) => {
    for (const button of results.querySelectorAll("button")) button.setAttribute("aria-pressed", String(Number(button.dataset.place) === place));
  });
  byId("list-part").addEventListener("toggle", () => { if (listed === 0) list(STEP); });
  more.addEventListener("click", () => list(listed + STEP));
  addEventListener("beforeprint", () => list(Infinity));
})();
