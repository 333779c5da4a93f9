// Making elements of a page; nothing here knows what they show.

const SVG = "http://www.w3.org/2000/svg";

/**
 * An SVG element with attributes, put at the end of `parent` if one is given.
 *
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number>} [attributes]
 * @param {ParentNode | null} [parent]
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function svg(tag, attributes = {}, parent) {
  return filled(document.createElementNS(SVG, tag), attributes, parent);
}

/**
 * An HTML element with attributes, put at the end of `parent` if one is given.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number>} [attributes]
 * @param {ParentNode | null} [parent]
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function html(tag, attributes = {}, parent) {
  return filled(document.createElement(tag), attributes, parent);
}

/**
 * @template {Element} Made
 * @param {Made} element
 * @param {Record<string, string | number>} attributes
 * @param {ParentNode | null} [parent]
 * @returns {Made}
 */
function filled(element, attributes, parent) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") element.textContent = String(value);
    else element.setAttribute(name, String(value));
  }
  parent?.append(element);
  return element;
}

// In a notebook each figure brings an engine of its own, and they share the page.
const engine = Math.random().toString(36).slice(2, 10);
let made = 0;

/**
 * An id that no other element of this page has.
 *
 * @param {string} prefix
 * @returns {string}
 */
export function freshId(prefix) {
  made += 1;
  return `${prefix}-${engine}-${made}`;
}

/**
 * Listen until the figure is taken off the page.
 *
 * @param {Element} element
 * @param {string} kind
 * @param {(event: any) => void} act
 * @param {AbortSignal} signal
 * @returns {void}
 */
export function on(element, kind, act, signal) {
  element.addEventListener(kind, act, { signal });
}

/**
 * Set an attribute only where it changes: a browser lays out anew what was merely touched.
 *
 * @param {Element} element
 * @param {string} name
 * @param {string | number | boolean} value
 * @returns {void}
 */
export function set(element, name, value) {
  const text = String(value);
  if (element.getAttribute(name) !== text) element.setAttribute(name, text);
}

/**
 * Set the text only where it changes.
 *
 * @param {Element} element
 * @param {string} text
 * @returns {void}
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Show a shape or hide it, in its place.
 *
 * @param {Element} element
 * @param {unknown} seen
 * @returns {void}
 */
export function show(element, seen) {
  set(element, "visibility", seen ? "visible" : "hidden");
}

/**
 * Give a shape its own colour, which the style sheet lightens where the page is dark.
 *
 * @param {SVGElement} element
 * @param {string} [color]
 * @returns {void}
 */
export function tint(element, color) {
  if (color) element.style.setProperty("--live-color", color);
}
