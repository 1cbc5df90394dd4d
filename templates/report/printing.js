/* Printing: verdict, reasons, findings and waivers; everything only where that is chosen, with each folded part opened. */
(() => {
  const choice = byId("print-everything");
  const show = () => { if (choice.checked) document.documentElement.dataset.print = "everything"; else delete document.documentElement.dataset.print; };
  if (location.hash === "#print-everything") choice.checked = true;
  choice.addEventListener("change", show);
  choice.parentElement.hidden = false;
  show();

  let opened = [];
  addEventListener("beforeprint", () => {
    const folded = Array.from(document.querySelectorAll("details:not([open])")).filter((part) => part.id !== "tree-part");
    opened = printsEverything() ? folded : folded.filter((part) => part.classList.contains("fold") && !part.closest("[hidden]"));
    for (const part of opened) part.open = true;
  });
  addEventListener("afterprint", () => {
    for (const part of opened) part.open = false;
    opened = [];
  });
})();
