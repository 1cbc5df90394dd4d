/* Light, dark or system theme; remembered where the browser allows local storage. */
(() => {
  const themes = ["system", "light", "dark"];
  const button = byId("theme");
  const stored = () => { try { return localStorage.getItem("report-theme"); } catch { return null; } };
  const store = (theme) => { try { localStorage.setItem("report-theme", theme); } catch { /* not allowed here */ } };
  let theme = themes.includes(stored()) ? stored() : "system";

  function show() {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.textContent = "Theme: " + theme;
    document.dispatchEvent(new Event("themechange"));
  }

  button.addEventListener("click", () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length];
    store(theme);
    show();
  });
  button.hidden = false;
  show();
})();
