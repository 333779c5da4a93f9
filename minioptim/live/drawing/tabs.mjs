// One view at a time, where a figure is too narrow for two beside each other: the others are behind
// tabs, so that what is dragged, what is said of it and the controls fit on one screen.

/** @import { Word } from "./types" */

import { freshId, html, on, set } from "./elements.mjs";

const NARROW = 620; // px; from here on two views of 300 px and their gap have room

/**
 * The tab that a key goes to from tab `at`, of those that are `there`; undefined for another key.
 *
 * @param {string} key
 * @param {number} at
 * @param {boolean[]} there
 * @returns {number | undefined}
 */
export function tabAfter(key, at, there) {
  const open = [...there.keys()].filter((k) => there[k]);
  const place = open.indexOf(at);
  const next = {
    ArrowRight: (place + 1) % open.length,
    ArrowLeft: (place + open.length - 1) % open.length,
    Home: 0,
    End: open.length - 1,
  }[key];
  return next === undefined ? undefined : open[next];
}

/**
 * Put the views inside `body` behind tabs while `root` is narrow. Shown first is the one that leads,
 * or else the first. `update()` is to be called when a view may have come or gone; `apart()` shows
 * the step taken apart as soon as there is one.
 *
 * @param {HTMLElement} root
 * @param {HTMLElement} body
 * @param {{ word: Word; signal: AbortSignal }} options
 */
export function buildTabs(root, body, { word, signal }) {
  /** @type {HTMLElement[]} */
  const views = [...body.querySelectorAll(/** @type {"div"} */ (".live-view"))];
  const lead = Math.max(
    0,
    views.findIndex((view) => view.matches(".live-lead")),
  );
  const apart = views.findIndex((view) => view.parentElement?.matches(".live-apart"));
  const list = html("div", { class: "live-tabs", role: "tablist", "aria-label": word("tabs") });
  let shown = lead;
  let narrow = false;

  const tabs = views.map((view, k) => {
    const id = freshId("live-tab");
    view.id = `${id}-view`;
    const text = view.dataset.tab ?? "";
    const tab = html("button", { type: "button", role: "tab", id, text }, list);
    set(tab, "aria-controls", view.id);
    on(tab, "click", () => show(k), signal);
    return tab;
  });
  if (views.length > 1) body.prepend(list);
  on(
    list,
    "keydown",
    (event) => {
      const next = tabAfter(event.key, shown, there());
      if (next === undefined) return;
      event.preventDefault();
      show(next);
      tabs[next].focus();
    },
    signal,
  );

  const there = () => views.map((view) => !view.parentElement?.hidden);
  function show(k) {
    shown = k;
    update();
  }
  function update() {
    const open = there();
    if (!open[shown]) shown = lead;
    for (const [k, view] of views.entries()) {
      const away = narrow && k !== shown;
      view.classList.toggle("live-away", away);
      set(tabs[k], "aria-selected", k === shown);
      tabs[k].tabIndex = k === shown ? 0 : -1;
      tabs[k].hidden = !open[k];
      if (narrow && views.length > 1) {
        set(view, "role", "tabpanel");
        set(view, "aria-labelledby", tabs[k].id);
      } else {
        view.removeAttribute("role");
        view.removeAttribute("aria-labelledby");
      }
    }
    // Of what is said, a narrow figure shows what belongs to the view.
    set(root, "data-shown", narrow && open[apart] ? (shown === apart ? "apart" : "whole") : "all");
  }

  const observer = new ResizeObserver(([entry]) => {
    narrow = entry.contentRect.width <= NARROW;
    root.classList.toggle("live-narrow", narrow);
    update();
  });
  observer.observe(root);
  signal.addEventListener("abort", () => observer.disconnect());
  return {
    update,
    /** The step taken apart is asked for: it is shown once it is there. */
    apart() {
      shown = Math.max(apart, 0);
    },
  };
}
