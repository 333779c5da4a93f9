// A figure as it stands, as a drawing that needs nothing else: its views and legends in the colours
// of the page, and the title, the settings and the licence as lines of text.

/** @import { Control, Word } from "./types" */

import { settingOf } from "./controls.mjs";
import { html, set, svg } from "./elements.mjs";

const COLUMN = 380;
const GAP = 20;
const PITCH = 17; // from one line of text to the next
const LETTER = 6.3; // about as wide as one of 11 px is
// What the style sheet says of shapes and letters; a shape that says nothing has it of its parent.
const KEPT =
  "fill fill-opacity stroke stroke-width stroke-opacity stroke-dasharray stroke-linejoin " +
  "paint-order font-size font-weight text-anchor visibility";

/**
 * A text in lines of at most so many letters; a word that is longer has one of its own.
 *
 * @param {string} text
 * @param {number} most
 * @returns {string[]}
 */
export function wrapped(text, most) {
  const lines = [""];
  for (const part of text.split(" ")) {
    const last = lines[lines.length - 1];
    if (last && last.length + part.length >= most) lines.push(part);
    else lines[lines.length - 1] = last ? `${last} ${part}` : part;
  }
  return lines;
}

/** Colours as every program reads them: browsers answer with oklab() where two are mixed. */
function painter() {
  const brush = html("canvas", { width: 1, height: 1 }).getContext("2d", {
    willReadFrequently: true,
  });
  const known = new Map([["none", "none"]]);
  return (/** @type {string} */ color) => {
    if (!brush) return color;
    if (!known.has(color)) {
      brush.clearRect(0, 0, 1, 1);
      brush.fillStyle = color;
      brush.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = brush.getImageData(0, 0, 1, 1).data;
      known.set(color, a ? `rgb(${r},${g},${b})` : "none");
    }
    return known.get(color) ?? color;
  };
}

/**
 * The text of an SVG of all views in `body`.
 *
 * @param {HTMLElement} body
 * @param {{ word: Word; controls: Control[]; values: Record<string, any> }} options
 * @returns {string}
 */
export function pictureOf(body, { word, controls, values }) {
  const paint = painter();
  const drawing = svg("svg", { "font-family": "system-ui, sans-serif", "font-size": 11 });
  const ground = svg("rect", { width: "100%", height: "100%" }, drawing);
  const ink = paint(getComputedStyle(body).color);

  function copied(source, place) {
    const copy = /** @type {SVGElement} */ (source.cloneNode(true));
    const own = [source, ...source.querySelectorAll("*")];
    for (const [k, element] of [copy, ...copy.querySelectorAll("*")].entries()) {
      for (const name of KEPT.split(" ")) {
        const [value, above] = [own[k], own[k].parentElement].map((one) =>
          getComputedStyle(one).getPropertyValue(name),
        );
        if (!k || value !== above || element.hasAttribute(name))
          set(element, name, /^(fill|stroke)$/.test(name) ? paint(value) : value);
      }
    }
    for (const hint of copy.querySelectorAll(".live-hint")) hint.remove();
    for (const [name, value] of Object.entries(place)) set(copy, name, value);
    drawing.append(copy);
  }
  function write(text, x, y, more = {}) {
    svg("text", { x, y, fill: ink, text, ...more }, drawing);
  }

  const views = [...body.querySelectorAll(".live-view")].filter(
    (view) => !view.parentElement?.hidden,
  );
  const columns = Math.min(2, views.length);
  const width = columns * (COLUMN + GAP) + GAP;
  const most = (width - 2 * GAP) / LETTER;
  let y = GAP + 10;
  write(word("title"), GAP, y, { "font-size": 15, "font-weight": 600 });
  const handles = [...body.querySelectorAll(".live-handle")];
  const settings = [
    ...controls.map((control) => settingOf(control, values[control.name], word)).filter(Boolean),
    ...handles.map((handle) => handle.getAttribute("aria-valuetext")),
  ].join("; ");
  for (const line of wrapped(settings, most)) {
    y += PITCH;
    write(line, GAP, y);
  }
  y += 12;
  let bottom = y;
  for (const [k, view] of views.entries()) {
    if (k % columns === 0) y = bottom;
    const left = GAP + (k % columns) * (COLUMN + GAP);
    const root = /** @type {SVGSVGElement} */ (view.querySelector("svg"));
    const { height } = root.viewBox.baseVal;
    copied(root, { x: left, y, width: COLUMN, height });
    let [x, row] = [left, y + height + 10];
    for (const item of view.querySelectorAll(".live-legend li:not([hidden])")) {
      const text = item.textContent.trim();
      const wide = 58 + text.length * LETTER;
      if (x > left && x + wide > left + COLUMN) [x, row] = [left, row + PITCH];
      copied(item.querySelector("svg"), { x, y: row - 8, width: 28, height: 8 });
      write(text, x + 34, row);
      x += wide;
    }
    bottom = Math.max(bottom, row + PITCH);
  }
  write(word("licence"), GAP, bottom + 6);
  let page = body;
  const colorOf = () => paint(getComputedStyle(page).backgroundColor);
  while (colorOf() === "none" && page.parentElement) page = page.parentElement;
  set(ground, "fill", colorOf() === "none" ? "white" : colorOf());
  set(drawing, "width", width);
  set(drawing, "height", bottom + GAP);
  return new XMLSerializer().serializeToString(drawing);
}
