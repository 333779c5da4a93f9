// A formula wider than its column is set smaller, as far as it stays legible; the style sheet has it
// break first, where that would make it smaller still.
(() => {
  const SLIGHTLY = 0.85; // set that much smaller rather than broken
  const SMALLEST = 0.66;

  /** @param {HTMLElement} display */
  function fit(display) {
    const formula = /** @type {HTMLElement} */ (display.querySelector(".katex"));
    const box = /** @type {HTMLElement} */ (display.querySelector(".katex-html"));
    const share = () => box.clientWidth / box.scrollWidth;
    display.style.fontSize = "";
    formula.style.whiteSpace = "nowrap";
    if (share() < SLIGHTLY) formula.style.whiteSpace = "";
    if (share() < 1) display.style.fontSize = `${Math.max(SMALLEST, 0.995 * share())}em`;
  }

  // What is far from the screen has no size yet, and is told of when it gets one.
  const widths = new Map();
  const observer = new ResizeObserver((entries) => {
    for (const { target, contentRect } of entries) {
      if (contentRect.width === 0 || widths.get(target) === contentRect.width) continue;
      widths.set(target, contentRect.width);
      fit(/** @type {HTMLElement} */ (target));
    }
  });
  for (const display of document.querySelectorAll(".katex-display")) observer.observe(display);
  document.fonts.addEventListener("loadingdone", () => {
    for (const display of widths.keys()) fit(display);
  });
})();
