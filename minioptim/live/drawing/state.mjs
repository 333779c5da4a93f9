// What the hand has set: named values, each with what it may be; to and from an address. Pure.

/** @import { Control, Declaration, Value, Values } from "./types" */

/**
 * A figure's control by its name.
 *
 * @param {Declaration} declaration
 * @param {string} name
 * @returns {Control}
 */
export function controlOf({ figure, controls }, name) {
  const found = controls.find((control) => control.name === name);
  if (!found) throw new Error(`${figure} has no control ${name}`);
  return found;
}

/**
 * The value nearest to what was asked for that a control allows, or undefined if there is none.
 *
 * @param {Control} control
 * @param {unknown} value
 * @returns {Value | undefined}
 */
export function allowed(control, value) {
  switch (control.kind) {
    case "slider": {
      if (typeof value !== "number" || !Number.isFinite(value)) return undefined;
      const inside = Math.min(control.high, Math.max(control.low, value));
      return control.whole ? Math.round(inside) : inside;
    }
    case "switch":
      return typeof value === "boolean" ? value : undefined;
    case "choice":
      return typeof value === "string" && control.options.includes(value) ? value : undefined;
    case "point": {
      const ends = control.domain;
      const fits =
        Array.isArray(value) &&
        value.length === ends.length &&
        value.every((v) => typeof v === "number" && Number.isFinite(v));
      return fits ? value.map((v, i) => Math.min(ends[i][1], Math.max(ends[i][0], v))) : undefined;
    }
    default:
      return undefined;
  }
}

/**
 * The values that a figure starts with, by name.
 *
 * @param {Control[]} controls
 * @returns {Record<string, any>}
 */
export function defaults(controls) {
  return Object.fromEntries(controls.filter((c) => "value" in c).map((c) => [c.name, c.value]));
}

/**
 * A state as the part of an address after "#", with what differs from the defaults.
 *
 * @param {string} id
 * @param {Control[]} controls
 * @param {Record<string, any>} values
 * @returns {string}
 */
export function toFragment(id, controls, values) {
  const fields = controls
    .filter((c) => "value" in c && JSON.stringify(values[c.name]) !== JSON.stringify(c.value))
    .map(
      (c) =>
        `&${encodeURIComponent(c.name)}=${encodeURIComponent([values[c.name]].flat().join(","))}`,
    );
  return `live=${encodeURIComponent(id)}${fields.join("")}`;
}

const LONGEST = 2000;

/**
 * The values that an address asks for, those alone that the controls allow as they stand: what is
 * malformed, out of range or unknown is left out. Null if the address is not about this figure.
 *
 * @param {string} id
 * @param {Control[]} controls
 * @param {string} fragment
 * @returns {Values | null}
 */
export function fromFragment(id, controls, fragment) {
  const text = fragment.replace(/^#/, "");
  if (text.length > LONGEST) return null;
  const fields = new URLSearchParams(text);
  if (fields.get("live") !== id) return null;
  /** @type {Values} */
  const values = {};
  for (const control of controls) {
    const asked = fields.get(control.name);
    if (!("value" in control) || asked === null) continue;
    const value = parsed(control, asked);
    const kept = allowed(control, value);
    if (kept !== undefined && JSON.stringify(kept) === JSON.stringify(value))
      values[control.name] = kept;
  }
  return values;
}

/**
 * A number as digits, with a power of ten as in 1e-3; NaN for anything else.
 *
 * @param {string} digits
 * @returns {number}
 */
function number(digits) {
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(digits) ? Number(digits) : NaN;
}

/**
 * A number as people type it: with a minus sign or a comma of their own, and spaces around it.
 *
 * @param {string} text
 * @returns {number}
 */
export function typed(text) {
  return number(text.trim().replace("\u2212", "-").replace(",", "."));
}

/**
 * @param {Control} control
 * @param {string} text
 * @returns {unknown}
 */
function parsed(control, text) {
  if (control.kind === "slider") return number(text);
  if (control.kind === "switch")
    return text === "true" ? true : text === "false" ? false : undefined;
  if (control.kind === "point") return text.split(",").map(number);
  return text;
}
