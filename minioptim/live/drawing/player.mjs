// Play and pause: steps in time with the screen, and only while somebody can see them.

/**
 * Returns toggle(): plays if it stands, stands if it plays. While it plays, `advance()` is called
 * once a frame, until it returns false. `changed(playing)` is told of every start and stop.
 * `element` is what is watched: when it is gone or scrolled out of sight, the player stops.
 *
 * @param {Element} element
 * @param {{ advance(): boolean; changed(playing: boolean): void; signal: AbortSignal }} options
 * @returns {() => void}
 */
export function player(element, { advance, changed, signal }) {
  let frame = 0;
  const stop = () => {
    cancelAnimationFrame(frame);
    frame = 0;
    changed(false);
  };
  const seen = () => {
    const { top, bottom } = element.getBoundingClientRect();
    return element.isConnected && bottom > 0 && top < innerHeight;
  };
  const tick = () => {
    frame = 0;
    if (!seen() || !advance()) stop();
    else frame = requestAnimationFrame(tick);
  };
  signal.addEventListener("abort", () => cancelAnimationFrame(frame));
  return () => {
    if (frame) return stop();
    frame = requestAnimationFrame(tick);
    return changed(true);
  };
}

/**
 * Whether the reader has asked for less motion.
 *
 * @returns {boolean}
 */
export function wantsStillness() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
