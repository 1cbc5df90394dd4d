/* All packages as dots, in columns by their distance from the project. */
(() => {
  const canvas = byId("map");
  if (!canvas || graph.packages.length === 0) return;
  const hint = byId("map-hint"), quiet = " ";
  let dots = [], pitch = 0;

  function columns() {
    const columns = new Map();
    for (const item of graph.packages) {
      if (!columns.has(item.depth)) columns.set(item.depth, []);
      columns.get(item.depth).push(item);
    }
    // Packages without a known dependent come last.
    return [...columns.entries()].sort(([a], [b]) => (a < 0) - (b < 0) || a - b);
  }

  function layout(width, height) {
    const groups = columns(), top = 28, gap = width < 600 ? 8 : 26;
    // Where there are many columns or little room, a label is a number.
    const least = Math.min(64, Math.max(18, width / groups.length - gap - 2)), roomy = least >= 50;
    let size = 22;
    const wide = (size) => groups.reduce((sum, [, list]) => sum + Math.max(least, Math.ceil(list.length / Math.floor((height - top - 10) / size)) * size) + gap, gap);
    while (size > 3 && wide(size) > width) size -= 0.5;
    pitch = size;
    dots = [];
    const labels = [];
    let x = gap;
    const high = Math.max(1, Math.floor((height - top - 10) / size));
    for (const [depth, list] of groups) {
      labels.push([roomy ? (depth < 0 ? "unknown" : depth === 1 ? "direct" : "level " + depth) : depth < 0 ? "?" : String(depth), x]);
      list.forEach((item, index) => dots.push({ item, x: x + Math.floor(index / high) * size + size / 2, y: top + (index % high) * size + size / 2 }));
      x += Math.max(least, Math.ceil(list.length / high) * size) + gap;
    }
    return labels;
  }

  function draw() {
    const width = canvas.clientWidth, height = canvas.clientHeight, scale = devicePixelRatio || 1;
    if (!width) return;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    const style = getComputedStyle(canvas);
    const colours = { "": paint("--strong-line"), bad: paint("--fail"), warned: paint("--unknown"), chosen: paint("--accent"), text: paint("--muted") };
    const pen = canvas.getContext("2d");
    pen.scale(scale, scale);
    pen.clearRect(0, 0, width, height);
    pen.font = "12px " + style.fontFamily;
    const labels = layout(width, height);
    pen.fillStyle = colours.text;
    for (const [text, x] of labels) pen.fillText(text, x, 18);
    for (const { item, x, y } of dots) {
      const shade = graph.shade(item);
      const half = Math.max(1.2, pitch * (shade ? 0.4 : 0.28));
      pen.beginPath();
      pen.fillStyle = colours[shade];
      if (shade === "bad") pen.rect(x - half, y - half, 2 * half, 2 * half);
      else pen.arc(x, y, half, 0, 7);
      pen.fill();
      if (item.place === graph.chosen()) {
        pen.lineWidth = 2;
        pen.strokeStyle = colours.chosen;
        pen.beginPath();
        pen.arc(x, y, pitch * 0.5 + 2.5, 0, 7);
        pen.stroke();
      }
    }
  }

  /* A custom property may contain light-dark(); only a real property resolves it. */
  function paint(name) {
    canvas.style.setProperty("color", "var(" + name + ")");
    const colour = getComputedStyle(canvas).color;
    canvas.style.removeProperty("color");
    return colour;
  }

  function under(event) {
    const box = canvas.getBoundingClientRect();
    const x = event.clientX - box.left, y = event.clientY - box.top;
    let best = null, nearest = Math.max(pitch, 10) ** 2;
    for (const dot of dots) {
      const distance = (dot.x - x) ** 2 + (dot.y - y) ** 2;
      if (distance < nearest) { nearest = distance; best = dot; }
    }
    return best;
  }

  canvas.addEventListener("pointermove", (event) => { hint.textContent = under(event)?.item.title ?? quiet; });
  canvas.addEventListener("pointerleave", () => { hint.textContent = quiet; });
  canvas.addEventListener("click", (event) => { const dot = under(event); if (dot) graph.choose(dot.item.place); });
  graph.onChoose(settled(draw));
  document.addEventListener("themechange", settled(draw));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", settled(draw));
  new ResizeObserver(settled(draw)).observe(canvas);
})();
