// What a page does for those who hear it, and for paper.
(() => {
  // A solution's button is called by the exercise, not "Toggle hidden content".
  addEventListener("load", () => {
    for (const button of document.querySelectorAll(".admonition-title > .toggle-button")) {
      const title = button.parentElement?.textContent?.replace(/\s+/g, " ").trim();
      if (title) button.setAttribute("aria-label", title);
    }
  });

  // On paper a page is light, also where the system is dark.
  const root = document.documentElement;
  let before = "";
  function lighten() {
    before ||= root.dataset.theme ?? "";
    root.dataset.theme = "light";
  }
  function restore() {
    if (before) root.dataset.theme = before;
    before = "";
  }
  const paper = matchMedia("print");
  paper.addEventListener("change", () => (paper.matches ? lighten() : restore()));
  addEventListener("beforeprint", lighten);
  addEventListener("afterprint", restore);
})();
