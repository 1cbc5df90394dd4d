/* Copy buttons of commands: the clipboard where allowed, else the text is selected for manual copying. */
(() => {
  function select(node) {
    const range = document.createRange();
    range.selectNodeContents(node);
    const selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  }

  const spoken = element("p", { class: "hidden", role: "status" });
  document.body.append(spoken);

  async function copy(button) {
    const code = button.parentElement.querySelector("code");
    let word = "Copied";
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {
      select(code);
      word = document.execCommand("copy") ? "Copied" : "Selected";
    }
    button.textContent = word;
    spoken.textContent = button.getAttribute("aria-label").replace("Copy", word);
    setTimeout(() => { button.textContent = "Copy"; spoken.textContent = ""; }, 1600);
  }

  for (const button of document.querySelectorAll(".copy")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }
})();
