/* Paper cannot be opened: every folded part that prints is opened first, and folded again afterwards. */
(() => {
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = Array.from(document.querySelectorAll("details:not([open])")).filter((one) => one.id !== "tree-part");
    for (const one of opened) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of opened) one.open = false;
    opened = [];
  });
})();
