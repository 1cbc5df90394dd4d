/* The embedded package graph, the search over it, and the list of all packages. */
const graph = (() => {
  const data = JSON.parse(byId("data").textContent);
  const packages = data.packages.map(([name, version, licence, depth, needs, findings, worst, part], place) => ({
    place, name, version, licence, depth, needs, findings, worst, part, neededBy: [],
    title: version ? name + " " + version : name,
    text: (name + " " + version + " " + licence + " " + part).toLowerCase(),
  }));
  for (const item of packages) for (const need of item.needs || []) packages[need].neededBy.push(item.place);
  const direct = new Set(data.direct);
  const listeners = [];
  let chosen = -1;

  return {
    root: data.root,
    packages,
    direct,
    shade: (item) => (item.worst === "" ? "" : ["critical", "high", "unknown"].includes(item.worst) ? "bad" : "warned"),
    rank: (item) => ["", "info", "low", "medium", "unknown", "high", "critical"].indexOf(item.worst) * 1e6 + item.findings,
    distance: (item) => (item.depth < 0 ? "unknown" : item.depth === 1 ? "direct" : "level " + item.depth),
    chosen: () => chosen,
    onChoose: (listener) => listeners.push(listener),
    choose(place) {
      chosen = place;
      for (const listener of listeners) listener(place);
    },
    /* The shortest path from the project to a package: walk up by depth. */
    way(place) {
      const names = [];
      let item = packages[place];
      while (item && item.depth > 1) {
        item = packages[item.neededBy.find((up) => packages[up].depth === item.depth - 1)];
        if (item) names.unshift(item.title);
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
    const found = words.length ? graph.packages.filter((item) => words.every((word) => item.text.includes(word))) : graph.packages;
    results.replaceChildren(...found.slice(0, MOST).map(result));
    const left = found.length > MOST ? ", showing the first " + MOST : "";
    byId("package-count").textContent = counted(found.length, "package", "packages") + left;
  }

  function result(item) {
    const button = element("button", { type: "button", "aria-pressed": String(item.place === graph.chosen()) }, item.title);
    button.addEventListener("click", () => graph.choose(item.place));
    button.dataset.place = item.place;
    return element("li", {}, button);
  }

  function row(item) {
    const found = item.findings ? element("span", { class: graph.shade(item) }, item.findings + " " + item.worst) : "";
    return element("tr", {},
      element("th", { scope: "row" }, item.name), element("td", {}, item.version), element("td", {}, item.licence || "unknown"),
      element("td", { class: "figure" }, graph.distance(item)), element("td", {}, item.part), element("td", {}, found));
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
  addEventListener("beforeprint", () => { if (printsEverything()) list(Infinity); });
})();
