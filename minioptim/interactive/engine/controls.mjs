// The controls under a figure: sliders, switches, choices and buttons, with their labels. Native
// elements, so that keys, touch and screen readers work as everywhere.

import { freshId, html, set, setText } from "./elements.mjs";
import { formatNumber } from "./geometry.mjs";

const NOTCHES = 1000; // of a slider whose values are not whole numbers

/** Build the controls into `panel`; returns update(values), which shows what they are. */
export function buildControls(panel, controls, { values, change, press, signal }) {
  const makers = { slider, switch: toggle, choice, button };
  const updates = controls
    .filter((control) => control.kind in makers)
    .map((control) => makers[control.kind](panel, control, { values, change, press, signal }));
  return (now) => updates.forEach((update) => update(now));
}

/** A slider's value from its notch, and back: equal steps, or equal factors. */
export function notchToValue(control, notch) {
  if (control.whole && !control.log) return notch;
  const share = notch / NOTCHES;
  const { low, high } = control;
  // The ends as they are declared: a power of ten of a logarithm misses them by a last digit.
  if (share <= 0) return low;
  if (share >= 1) return high;
  const value = control.log ? low * (high / low) ** share : low + (high - low) * share;
  return control.whole ? Math.round(value) : Number(value.toPrecision(4));
}

export function valueToNotch(control, value) {
  if (control.whole && !control.log) return value;
  const { low, high } = control;
  const share = control.log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  return Math.round(share * NOTCHES);
}

function slider(panel, control, { change, signal }) {
  const id = freshId("live-control");
  const row = html("div", { class: "live-slider" }, panel);
  html("label", { for: id, text: control.label }, row);
  const range = control.whole && !control.log ? [control.low, control.high] : [0, NOTCHES];
  const input = html("input", { type: "range", id, min: range[0], max: range[1], step: 1, "data-control": control.name }, row);
  const output = html("output", { for: id }, row);
  input.addEventListener("input", () => change({ [control.name]: notchToValue(control, Number(input.value)) }), { signal });
  return (values) => {
    const value = values[control.name];
    const text = `${formatNumber(value)}${control.unit ? ` ${control.unit}` : ""}`;
    const notch = String(valueToNotch(control, value));
    if (input.value !== notch) input.value = notch;
    set(input, "aria-valuetext", text);
    setText(output, text);
  };
}

function toggle(panel, control, { change, signal }) {
  const label = html("label", { class: "live-switch" }, panel);
  const input = html("input", { type: "checkbox", role: "switch", "data-control": control.name }, label);
  label.append(` ${control.label}`);
  input.addEventListener("change", () => change({ [control.name]: input.checked }), { signal });
  return (values) => {
    input.checked = values[control.name];
  };
}

function choice(panel, control, { change, signal }) {
  const label = html("label", { class: "live-choice" }, panel);
  html("span", { text: `${control.label} ` }, label);
  const select = html("select", { "data-control": control.name }, label);
  control.options.forEach((option, k) => html("option", { value: option, text: control.labels[k] }, select));
  select.addEventListener("change", () => change({ [control.name]: select.value }), { signal });
  return (values) => {
    select.value = values[control.name];
  };
}

function button(panel, control, { press, signal }) {
  const element = html("button", { type: "button", "data-control": control.name, text: control.label }, panel);
  element.addEventListener("click", () => press(control.name, element), { signal });
  return () => {};
}
