// The controls under a figure: sliders, switches, choices and buttons, with their labels. Native
// elements, so that keys, touch and screen readers work as everywhere.

/** @import { Control, Piece, Values, Word } from "./types" */

import { freshId, html, on, set } from "./elements.mjs";
import { formatNumber } from "./geometry.mjs";
import { allowed, typed } from "./state.mjs";
import { called, said } from "./words.mjs";

const NOTCHES = 1000; // of a slider whose values are not whole numbers

/**
 * Build the controls into `panel`; returns update(values), which shows what they are.
 *
 * @param {HTMLElement} panel
 * @param {Control[]} controls
 * @param {{ word: Word; change(asked: Values): void; note(piece: Piece): void; press(name: string): void; signal: AbortSignal }} hooks
 * @returns {(values: Record<string, any>) => void}
 */
export function buildControls(panel, controls, hooks) {
  const { word } = hooks;
  const makers = { slider, switch: toggle, choice, button };
  const groups = new Map();
  const place = (/** @type {Control} */ { group }) => {
    if (!group) return panel;
    const labelKey = `groups.${group}`;
    if (!groups.has(group)) groups.set(group, folded(panel, word(labelKey)));
    return groups.get(group);
  };
  const updates = controls
    .filter((control) => control.kind in makers)
    .map((control) => makers[control.kind](place(control), control, hooks));
  return (now) => {
    for (const update of updates) update(now);
  };
}

/**
 * The key of a control's label: some share one, which names the rule that each is `of`.
 *
 * @param {Control} control
 * @returns {string}
 */
function keyOf({ name, says }) {
  return `controls.${says ?? name}`;
}

/**
 * @param {Control} control
 * @param {Word} word
 * @returns {string}
 */
function labelOf(control, word) {
  return word(keyOf(control), { rule: control.of && called(word, control.of) });
}

/**
 * @param {Control} control
 * @param {string} option
 * @param {Word} word
 */
function optionOf(control, option, word) {
  return control.names.includes(option)
    ? called(word, option)
    : word(`${keyOf(control)}.${option}`);
}

/**
 * A control and its value as text; nothing of one that is folded away and as it was declared.
 *
 * @param {Control} control
 * @param {any} value
 * @param {Word} word
 * @returns {string}
 */
export function settingOf(control, value, word) {
  if (control.group && value === control.value) return "";
  const text = {
    slider: () => digitsOf(control, value),
    switch: () => (value ? word("setting.on") : word("setting.off")),
    choice: () => optionOf(control, value, word),
  }[control.kind];
  return text ? word("setting", { label: labelOf(control, word), value: text() }) : "";
}

/**
 * @param {HTMLElement} panel
 * @param {string} name
 * @returns {HTMLElement}
 */
function folded(panel, name) {
  const details = html("details", { class: "live-group" }, panel);
  html("summary", { text: name }, details);
  return html("div", {}, details);
}

/**
 * Whether the notches of a slider are its values.
 *
 * @param {Control} control
 * @returns {boolean}
 */
function plain({ whole, log }) {
  return whole && !log;
}

/**
 * A slider's value from its notch, and back: equal steps, or equal factors, of the value or of 1 - value.
 *
 * @param {Control} control
 * @param {number} notch
 * @returns {number}
 */
export function notchToValue(control, notch) {
  if (plain(control)) return notch;
  const share = notch / NOTCHES;
  const { low, high, log, toward_one: towardOne, whole } = control;
  // The ends as they are declared: a power of ten of a logarithm misses them by a last digit.
  if (share <= 0) return low;
  if (share >= 1) return high;
  if (towardOne) return Number((1 - (1 - low) * ((1 - high) / (1 - low)) ** share).toPrecision(8));
  const value = log ? low * (high / low) ** share : low + (high - low) * share;
  return whole ? Math.round(value) : Number(value.toPrecision(4));
}

/**
 * @param {Control} control
 * @param {number} value
 * @returns {number}
 */
export function valueToNotch(control, value) {
  if (plain(control)) return value;
  const { low, high, log, toward_one: towardOne } = control;
  const factors = (number, from, to) => Math.log(number / from) / Math.log(to / from);
  const share = towardOne
    ? factors(1 - value, 1 - low, 1 - high)
    : log
      ? factors(value, low, high)
      : (value - low) / (high - low);
  return Math.round(share * NOTCHES) + 0; // never -0
}

/**
 * A slider's value in digits that can be typed: as many as tell its notches apart, or all that were
 * typed.
 *
 * @param {Control} control
 * @param {number} value
 * @returns {string}
 */
export function digitsOf(control, value) {
  const onNotch = notchToValue(control, valueToNotch(control, value)) === value;
  return String(Number(value.toPrecision(onNotch ? digitsFor(control, value) : 8)));
}

// A value close to 1 is told apart by what is missing.
function digitsFor({ toward_one: towardOne }, value) {
  return 3 + (towardOne ? Math.max(0, Math.ceil(-Math.log10(1 - value))) : 0);
}

function slider(panel, control, { word, change, note, signal }) {
  const id = freshId("live-control");
  const row = html("div", { class: "live-slider" }, panel);
  const label = labelOf(control, word);
  html("label", { for: id, text: label }, row);
  const range = plain(control) ? [control.low, control.high] : [0, NOTCHES];
  const input = html(
    "input",
    { type: "range", id, min: range[0], max: range[1], step: 1, "data-control": control.name },
    row,
  );
  const field = html(
    "input",
    {
      inputmode: "decimal",
      autocomplete: "off",
      size: 6,
      "aria-label": word("field", { label }),
      "data-field": control.name,
    },
    row,
  );
  let now = control.value;
  let shown = "";
  // What is being typed stays, until it is done or given up.
  const show = (/** @type {boolean} */ done) => {
    if (!done && field.value !== shown) return;
    shown = digitsOf(control, now);
    field.value = shown;
  };
  const take = () => {
    const asked = typed(field.value);
    const kept = allowed(control, asked);
    if (kept !== undefined) {
      now = kept;
      change({ [control.name]: now });
    }
    const { low, high } = control;
    if (kept !== asked) note(said("field.kept", { label, low, high, now }));
    show(true);
  };
  on(field, "change", take, signal);
  on(field, "keydown", ({ key }) => key === "Escape" && show(true), signal);
  on(
    input,
    "input",
    () => change({ [control.name]: notchToValue(control, Number(input.value)) }),
    signal,
  );
  return (values) => {
    const value = values[control.name];
    // Several notches may mean one whole number: the hand's own stays, or a key could not move on.
    if (notchToValue(control, Number(input.value)) !== value)
      input.value = String(valueToNotch(control, value));
    set(input, "aria-valuetext", formatNumber(value, digitsFor(control, value)));
    now = value;
    show(false);
  };
}

function toggle(panel, control, { word, change, signal }) {
  const label = html("label", { class: "live-switch" }, panel);
  const input = html(
    "input",
    { type: "checkbox", role: "switch", "data-control": control.name },
    label,
  );
  label.append(` ${labelOf(control, word)}`);
  on(input, "change", () => change({ [control.name]: input.checked }), signal);
  return (values) => {
    input.checked = values[control.name];
  };
}

function choice(panel, control, { word, change, signal }) {
  const label = html("label", { class: "live-choice" }, panel);
  html("span", { text: `${labelOf(control, word)} ` }, label);
  const select = html("select", { "data-control": control.name }, label);
  for (const option of control.options) {
    html("option", { value: option, text: optionOf(control, option, word) }, select);
  }
  on(select, "change", () => change({ [control.name]: select.value }), signal);
  return (values) => {
    select.value = values[control.name];
  };
}

function button(panel, control, { word, press, signal }) {
  const element = html(
    "button",
    { type: "button", "data-control": control.name, text: labelOf(control, word) },
    panel,
  );
  on(element, "click", () => press(control.name, element), signal);
  return () => {};
}
