// From a placeholder on the page to a figure that answers the hand.

/** @import { Control, Declaration, Kit, Model, Piece, Values } from "./types" */

import { buildControls } from "./controls.mjs";
import { html, set, setText } from "./elements.mjs";
import { buildFoot } from "./foot.mjs";
import { pictureOf } from "./picture.mjs";
import { allowed, defaults, fromFragment, toFragment } from "./state.mjs";
import { buildTabs } from "./tabs.mjs";
import { asJson, speaker } from "./words.mjs";

const QUIET_BEFORE_SPEAKING = 500; // ms: a screen reader is told the outcome, not every notch

/**
 * Make `host` live. Returns unmount(), after which nothing of the figure is left.
 *
 * `declaration` is what Python said; `kit` has `figures` (functions by name), `rules` and `surfaces`
 * (classes translated from Python), and `words` (the texts of each figure by key, and what they share); `model` keeps the values: get(), set(values), listen(callback).
 *
 * @param {HTMLElement} host
 * @param {Declaration} declaration
 * @param {Kit} kit
 * @param {Model} model
 * @returns {() => void}
 */
export function mount(host, declaration, kit, model) {
  const controller = new AbortController();
  const { signal } = controller;
  const { controls } = declaration;
  const word = speaker({ ...kit.words.common, ...kit.words[declaration.figure] });
  const values = { ...defaults(controls), ...checked(controls, model.get()) };

  const root = html("div", { class: "live", role: "group", "aria-label": word("title") });
  html("p", { class: "live-task", text: word("task") }, root);
  const body = html("div", { class: "live-body" }, root);
  const views = html("div", { class: "live-views" }, body);
  const panel = html("div", { class: "live-controls" }, body);
  const readout = html("p", { class: "live-readout" }, body);
  const told = html("span", { class: "live-told" }, readout);
  const toldApart = html("span", { class: "live-told-apart" }, readout);
  const noted = html("strong", { class: "live-note" }, readout);
  const spoken = html("p", { class: "live-spoken", role: "status" }, root);
  let waiting = 0;
  let speaking = 0;
  let visible = false;
  let stale = true;
  /** @type {Piece[]} */
  let outcome = [];

  /**
   * @param {Values} asked
   */
  function change(asked) {
    Object.assign(values, checked(controls, asked));
    model.set({ ...values });
    request();
  }
  function request() {
    stale = true;
    if (visible && !waiting) waiting = requestAnimationFrame(redraw);
  }
  function redraw() {
    waiting = 0;
    if (signal.aborted || !stale) return;
    stale = false;
    update(values);
    outcome = figure.draw(values);
    tell(outcome);
    tabs.update();
  }
  /**
   * Show pieces of text, and what is to be noted; the screen reader is told them once the hand rests.
   *
   * @param {Piece[]} pieces
   * @param {Piece[]} [notes]
   */
  function tell(pieces, notes = []) {
    const isApart = ({ key }) => key.startsWith("anatomy.");
    const between = word("between.sentences");
    const parts = [pieces.filter((one) => !isApart(one)), pieces.filter(isApart), notes].map(
      (part) => part.map(({ key, values }) => word(key, values)).join(between),
    );
    for (const [k, span] of [told, toldApart, noted].entries())
      setText(span, k && parts[k] ? between + parts[k] : parts[k]);
    const text = parts.filter(Boolean).join(between);
    set(readout, "data-said", asJson([...pieces, ...notes]));
    clearTimeout(speaking);
    speaking = setTimeout(() => setText(spoken, text), QUIET_BEFORE_SPEAKING);
  }

  const context = {
    word,
    views,
    panel,
    declaration,
    signal,
    change,
    redraw: request,
    rules: kit.rules,
    surfaces: kit.surfaces,
    looks: declaration.looks,
    values: () => values,
  };
  const figure = kit.figures[declaration.figure](context);
  const tabs = buildTabs(root, body, { word, signal });
  buildFoot(root, {
    word,
    signal,
    note,
    reset,
    address: model.address && (() => model.address?.(values)),
    picture: () => pictureOf(body, { word, controls, values }),
    name: declaration.id,
  });
  const own = controls.filter(({ name }) => name !== "reset" && name !== "share"); // of all figures
  const update = buildControls(panel, own, {
    word,
    change(asked) {
      if (asked.anatomy && asked.anatomy !== "none") tabs.apart();
      change(asked);
    },
    note,
    press: (name) => figure.press(name, values),
    signal,
  });
  function reset() {
    model.forget?.();
    change(defaults(controls));
  }
  /** @param {Piece} piece */
  function note(piece) {
    if (signal.aborted) return;
    figure.rest?.(); // what plays would wipe out the message with its next step
    cancelAnimationFrame(waiting);
    redraw();
    setText(spoken, ""); // a text that stays the same is not announced again
    tell(outcome, [piece]);
  }

  host.append(root);
  host.setAttribute("data-live", "");
  redraw(); // once unseen: what comes into view, or is printed, has been drawn
  // What is off the screen is drawn when it comes back.
  const observer = new IntersectionObserver((entries) => {
    visible = entries[entries.length - 1].isIntersecting;
    if (visible && stale) request();
  });
  observer.observe(root);
  const stopListening = model.listen((asked) => {
    Object.assign(values, checked(controls, asked));
    request();
  });

  return () => {
    controller.abort();
    observer.disconnect();
    stopListening();
    cancelAnimationFrame(waiting);
    clearTimeout(speaking);
    root.remove();
    host.removeAttribute("data-live");
  };
}

/**
 * Of the values asked for, those that a control allows; nothing else gets in.
 *
 * @param {Control[]} controls
 * @param {Record<string, unknown> | null | undefined} asked
 * @returns {Values}
 */
function checked(controls, asked) {
  /** @type {Values} */
  const kept = {};
  for (const control of controls) {
    const value =
      "value" in control && asked && Object.hasOwn(asked, control.name)
        ? allowed(control, asked[control.name])
        : undefined;
    if (value !== undefined) kept[control.name] = value;
  }
  return kept;
}

/**
 * The values of a figure on a static page: from the page's address if it speaks of this figure.
 *
 * @param {Declaration} declaration
 */
export function pageModel(declaration) {
  const listeners = new Set();
  const read = () => fromFragment(declaration.id, declaration.controls, location.hash);
  const onHash = () => {
    const asked = read();
    if (asked)
      for (const callback of listeners) callback({ ...defaults(declaration.controls), ...asked });
  };
  return {
    get: () => read() ?? {},
    set: () => {},
    /** Put values into the page's address, and return it. */
    address(values) {
      const { id, controls } = declaration;
      history.replaceState(null, "", `#${toFragment(id, controls, values)}`);
      return location.href;
    },
    /** Whether the address speaks of this figure. */
    shared: () => read() !== null,
    /** Take this figure's values out of the address. */
    forget: () => read() && history.replaceState(null, "", location.pathname + location.search),
    listen(callback) {
      listeners.add(callback);
      addEventListener("hashchange", onHash);
      return () => {
        listeners.delete(callback);
        removeEventListener("hashchange", onHash);
      };
    },
  };
}

/**
 * Where the page's text links to a state of a figure, show the figure; and also where the address
 * does not change, because the hand has moved the figure since.
 *
 * @param {HTMLElement} host
 * @param {ReturnType<typeof pageModel>} model
 */
function follow(host, model) {
  addEventListener("click", ({ target }) => {
    if (!(target instanceof Element && target.closest('a[href^="#live="]'))) return;
    setTimeout(() => {
      if (!model.shared()) return;
      dispatchEvent(new Event("hashchange"));
      host.scrollIntoView({ block: "nearest" });
    });
  });
}

/**
 * Make every placeholder of the page live; one that fails keeps its still picture.
 *
 * @param {Kit} kit
 */
export function mountAll(kit) {
  /** @type {NodeListOf<HTMLElement>} */
  const hosts = document.querySelectorAll("[data-live-figure]");
  for (const host of hosts) {
    try {
      const declaration = JSON.parse(host.dataset.liveFigure ?? "");
      const model = pageModel(declaration);
      mount(host, declaration, kit, model);
      if (model.shared()) host.scrollIntoView();
      follow(host, model);
    } catch (error) {
      host.replaceChildren();
      host.removeAttribute("data-live");
      console.error(error);
    }
  }
}
