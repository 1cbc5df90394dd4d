/* The neighbourhood of one package: its dependents on the left, its dependencies on the right. */
(() => {
  const svg = byId("graph");
  if (!svg || graph.packages.length === 0) return;
  const WIDTH = 900, BOX = 244, HIGH = 30, STEP = 38, TOP = 34, MOST = 10, LONGEST = 32;
  let shownLeft = MOST, shownRight = MOST, focused = false;

  const short = (text) => (text.length > LONGEST ? text.slice(0, LONGEST - 1) + "…" : text);
  const order = (a, b) => (graph.packages[b].findings - graph.packages[a].findings) || a - b;

  function by(place, list) {
    if (graph.direct.has(place)) return list.length ? "Required by the project and" : "Required by the project";
    return list.length ? "Required by" : "No known dependent";
  }

  function to(item) {
    if (item.needs === null) return "Dependencies unknown";
    return item.needs.length ? "Requires" : "No dependencies";
  }

  function node(place, x, y, focus) {
    const item = graph.packages[place];
    const label = item.title + (item.findings ? ", " + counted(item.findings, "finding", "findings") : "");
    const box = drawn("g", { class: ["node", focus ? "focus" : "", graph.shade(item)].join(" ").trim(), transform: `translate(${x} ${y})`, role: "button", tabindex: "0", "aria-label": label },
      drawn("title", {}, label), drawn("rect", { width: BOX, height: HIGH, rx: 7 }), drawn("text", { x: 12, y: 20 }, short(item.title)));
    box.addEventListener("click", () => graph.choose(place));
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      focused = true;
      graph.choose(place);
    });
    return box;
  }

  function more(count, x, y, grow) {
    const box = drawn("g", { class: "node", transform: `translate(${x} ${y})`, role: "button", tabindex: "0" },
      drawn("rect", { width: BOX, height: HIGH, rx: 7 }), drawn("text", { class: "more", x: 12, y: 20 }, "and " + count + " more"));
    const act = () => { grow(); draw(graph.chosen()); };
    box.addEventListener("click", act);
    box.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); act(); } });
    return box;
  }

  const edge = (x1, y1, x2, y2) => drawn("path", { class: "edge", d: `M${x1} ${y1}C${(x1 + x2) / 2} ${y1} ${(x1 + x2) / 2} ${y2} ${x2} ${y2}` });
  const heading = (text, x) => drawn("text", { class: "heading", x, y: 22 }, text);

  function draw(place) {
    const item = graph.packages[place];
    const left = [...item.neededBy].sort(order), right = [...(item.needs || [])].sort(order);
    const rows = Math.max(Math.min(left.length, shownLeft) + (left.length > shownLeft), Math.min(right.length, shownRight) + (right.length > shownRight), 3);
    const height = TOP + rows * STEP + 12, middle = TOP + (rows * STEP) / 2 - HIGH / 2;
    const columns = [14, (WIDTH - BOX) / 2, WIDTH - BOX - 14];
    const at = (index, count) => TOP + ((rows - count) * STEP) / 2 + index * STEP + (STEP - HIGH) / 2;
    const parts = [heading(by(place, left), columns[0]), heading(to(item), columns[2])];

    for (const [list, most, x, side] of [[left, shownLeft, columns[0], 0], [right, shownRight, columns[2], 1]]) {
      const count = Math.min(list.length, most) + (list.length > most ? 1 : 0);
      list.slice(0, most).forEach((other, index) => {
        const y = at(index, count);
        const ends = side ? [columns[1] + BOX, middle + HIGH / 2, x, y + HIGH / 2] : [x + BOX, y + HIGH / 2, columns[1], middle + HIGH / 2];
        parts.unshift(edge(...ends));
        parts.push(node(other, x, y, false));
      });
      if (list.length > most) parts.push(more(list.length - most, x, at(count - 1, count), () => { if (side) shownRight += 40; else shownLeft += 40; }));
    }
    const focus = node(place, columns[1], middle, true);
    svg.setAttribute("viewBox", `0 0 ${WIDTH} ${height}`);
    svg.replaceChildren(...parts, focus);
    byId("graph-title").textContent = item.title;
    const way = graph.way(place);
    byId("graph-way").textContent = way.length ? "Why it is here: " + way.join(" → ") : "No known dependent: it is locked for an unknown reason.";
    if (focused) focus.focus();
    focused = false;
  }

  graph.onChoose((place) => { shownLeft = shownRight = MOST; draw(place); });
  const worst = graph.packages.reduce((best, item) => (graph.rank(item) > graph.rank(best) ? item : best), graph.packages[[...graph.direct][0] ?? 0]);
  graph.choose(worst.place);
})();
