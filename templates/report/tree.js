/* The dependency tree: each level is rendered when it is opened. A package that is its own ancestor does not open again. */
(() => {
  const tree = byId("tree");
  if (!tree || graph.packages.length === 0) return;
  const STEP = 200;

  function treeItem(place, above, level) {
    const item = graph.packages[place];
    const again = above.includes(place);
    const opens = !again && item.needs && item.needs.length > 0;
    const twist = element("span", { class: "twist", "aria-hidden": "true" }, opens ? "▸" : "");
    const line = element("span", { class: "line" }, twist, element("span", {}, item.title));
    if (item.findings) line.append(element("span", { class: graph.shade(item) }, counted(item.findings, "finding", "findings")));
    if (again) line.append(element("span", { class: "muted" }, "depends on itself"));
    if (item.needs === null) line.append(element("span", { class: "muted" }, "dependencies unknown"));
    const node = element("li", { role: "treeitem", tabindex: "-1", "aria-level": level, "aria-expanded": opens ? "false" : null }, line);
    node.level = { needs: item.needs, above: [...above, place], level };
    return node;
  }

  function add(list, places, above, level) {
    const next = places.splice(0, STEP);
    list.append(...next.map((place) => treeItem(place, above, level)));
    if (places.length === 0) return;
    const rest = element("li", { role: "none" });
    const button = element("button", { type: "button", class: "quiet" }, "Show more (" + places.length + " left)");
    button.addEventListener("click", () => { rest.remove(); add(list, places, above, level); });
    rest.append(button);
    list.append(rest);
  }

  function open(node, wanted) {
    if (!node.hasAttribute("aria-expanded")) return;
    let list = node.querySelector(":scope > ul");
    if (wanted && !list) {
      list = element("ul", { role: "group" });
      node.append(list);
      add(list, [...node.level.needs], node.level.above, node.level.level + 1);
    }
    if (list) list.hidden = !wanted;
    node.setAttribute("aria-expanded", String(wanted));
    node.querySelector(".twist").textContent = wanted ? "▾" : "▸";
  }

  function visible() {
    return Array.from(tree.querySelectorAll("[role=treeitem]")).filter((node) => node.offsetParent !== null);
  }

  function focus(node) {
    if (!node) return;
    for (const other of tree.querySelectorAll("[tabindex='0']")) other.tabIndex = -1;
    node.tabIndex = 0;
    node.focus();
  }

  const moves = {
    ArrowDown: (node) => { const all = visible(); focus(all[all.indexOf(node) + 1]); },
    ArrowUp: (node) => { const all = visible(); focus(all[all.indexOf(node) - 1]); },
    ArrowRight: (node) => (node.getAttribute("aria-expanded") === "false" ? open(node, true) : focus(node.querySelector("[role=treeitem]"))),
    ArrowLeft: (node) => (node.getAttribute("aria-expanded") === "true" ? open(node, false) : focus(node.parentElement.closest("[role=treeitem]"))),
    Home: () => focus(visible()[0]),
    End: () => focus(visible().at(-1)),
    Enter: (node) => { open(node, node.getAttribute("aria-expanded") === "false"); graph.choose(node.level.above.at(-1)); },
    " ": (node) => open(node, node.getAttribute("aria-expanded") === "false"),
  };
  tree.addEventListener("keydown", (event) => {
    const node = event.target.closest("[role=treeitem]");
    if (!node || !moves[event.key] || event.target.tagName === "BUTTON") return;
    event.preventDefault();
    moves[event.key](node);
  });
  tree.addEventListener("click", (event) => {
    if (!event.target.closest(".line")) return;
    const node = event.target.closest("[role=treeitem]");
    open(node, node.getAttribute("aria-expanded") === "false");
    focus(node);
  });

  byId("tree-part").addEventListener("toggle", () => {
    if (tree.childElementCount) return;
    const tops = graph.packages.filter((item) => graph.direct.has(item.place) || item.depth < 0).map((item) => item.place);
    add(tree, tops, [], 1);
    if (tree.firstElementChild) tree.firstElementChild.tabIndex = 0;
  });
})();
