/* Filters over the findings that the page contains: only their visibility changes. */
(() => {
  const form = byId("filters");
  if (!form) return;
  const STEP = 100;
  const PRINTED = 12;
  const rows = Array.from(byId("finding-list").children, (node) => ({ node, ...node.dataset }));
  const [search, severity, gate, waived] = ["find", "by-severity", "by-gate", "by-waiver"].map(byId);
  const more = byId("more-findings");
  const all = byId("shown").textContent;
  let most = STEP;

  function matching() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    return (row) =>
      (!severity.value || row.severity === severity.value) &&
      (!gate.value || row.gate === gate.value) &&
      (!waived.value || row.waived === waived.value) &&
      words.every((word) => row.text.includes(word));
  }

  function show() {
    const matches = matching();
    let found = 0;
    for (const row of rows) {
      const fits = matches(row);
      if (fits) found += 1;
      const hide = !fits || found > most;
      if (row.node.hidden !== hide) row.node.hidden = hide;
    }
    const filtered = search.value.trim() || severity.value || gate.value || waived.value;
    byId("shown").textContent = filtered ? found.toLocaleString("en") + " of " + counted(rows.length, "finding", "findings") + " match." : all;
    byId("none-shown").hidden = found > 0;
    more.hidden = found <= most;
    more.textContent = "Show more (" + (found - Math.min(found, most)).toLocaleString("en") + " left)";
    return found;
  }

  const again = settled(() => { most = STEP; show(); });
  form.hidden = false;
  form.addEventListener("input", again);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", again);
  more.addEventListener("click", () => { most += STEP; show(); });
  addEventListener("beforeprint", () => {
    most = printsEverything() ? Infinity : PRINTED;
    const left = show() - most;
    byId("print-left").hidden = !(left > 0);
    byId("print-left").textContent = left > 0 ? counted(left, "more finding is", "more findings are") + " not printed: see the page, or choose to print everything." : "";
  });
  addEventListener("afterprint", () => { most = STEP; byId("print-left").hidden = true; show(); });

  /* On a narrow screen a finding is its heading until it is opened; on paper and on wide screens all of it is shown. */
  const narrow = matchMedia("screen and (max-width: 760px)");
  const fold = () => { for (const row of rows) row.node.querySelector(".fold").open = !narrow.matches; };
  narrow.addEventListener("change", fold);
  if (narrow.matches) fold();
  show();
})();
