// The controls under a figure: sliders, switches, choices and buttons, with their labels. Native
// elements, so that keys, touch and screen readers work as everywhere.

/** @import { Control, Values, Word } from "./types" */

import { freshId, html, set, setText } from "./elements.mjs";
import { formatNumber } from "./geometry.mjs";

const NOTCHES = 1000; // of a slider whose values are not whole numbers

/**
 * Build the controls into `panel`; returns update(values), which shows what they are.
 *
 * @param {HTMLElement} panel
 * @param {Control[]} controls
 * @param {{ word: Word; change(asked: Values): void; press(name: string): void; signal: AbortSignal }} hooks
 * @returns {(values: Record<string, any>) => void}
 */
export function buildControls(panel, controls, { word, change, press, signal }) {
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
    .map((control) =>
      makers[control.kind](place(control), control, { word, change, press, signal }),
    );
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
  return word(keyOf(control), { rule: control.of });
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

function slider(panel, control, { word, change, signal }) {
  const id = freshId("live-control");
  const row = html("div", { class: "live-slider" }, panel);
  html("label", { for: id, text: labelOf(control, word) }, row);
  const range = plain(control) ? [control.low, control.high] : [0, NOTCHES];
  const input = html(
    "input",
    { type: "range", id, min: range[0], max: range[1], step: 1, "data-control": control.name },
    row,
  );
  // The slider itself says its value: an output would be announced beside it, at every notch.
  const output = html("output", { for: id, "aria-live": "off" }, row);
  input.addEventListener(
    "input",
    () => change({ [control.name]: notchToValue(control, Number(input.value)) }),
    { signal },
  );
  return (values) => {
    const value = values[control.name];
    const text = formatNumber(
      value,
      3 + (control.toward_one ? Math.max(0, Math.ceil(-Math.log10(1 - value))) : 0),
    );
    // Several notches may mean one whole number: the hand's own stays, or a key could not move on.
    if (notchToValue(control, Number(input.value)) !== value)
      input.value = String(valueToNotch(control, value));
    set(input, "aria-valuetext", text);
    setText(output, text);
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
  input.addEventListener("change", () => change({ [control.name]: input.checked }), { signal });
  return (values) => {
    input.checked = values[control.name];
  };
}

function choice(panel, control, { word, change, signal }) {
  const label = html("label", { class: "live-choice" }, panel);
  html("span", { text: `${labelOf(control, word)} ` }, label);
  const select = html("select", { "data-control": control.name }, label);
  for (const option of control.options) {
    const text = control.names.includes(option) ? option : word(`${keyOf(control)}.${option}`);
    html("option", { value: option, text }, select);
  }
  select.addEventListener("change", () => change({ [control.name]: select.value }), { signal });
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
  element.addEventListener("click", () => press(control.name, element), { signal });
  return () => {};
}
