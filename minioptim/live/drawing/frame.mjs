// What all views share: an SVG of a fixed size that the page scales, so that no resizing needs to
// be noticed, with a clipped inside and axes; and lines by name.

/** @import { Look } from "./types" */

import { freshId, html, set, setText, svg, tint } from "./elements.mjs";
import { dotsData, formatNumber, tickDigits } from "./geometry.mjs";

const WIDTH = 380;

/**
 * The frame that all views share: an SVG with a clipped inside, axes, and their labels. Where views
 * are shown one at a time, `tab` is the short name of this one, and with `lead` it comes first.
 *
 * @param {HTMLElement} parent
 * @param {{ title: string; height: number; xLabel: string; yLabel: string; left?: number; right?: number; tab?: string; lead?: boolean }} options
 */
export function frame(
  parent,
  { title, height, xLabel, yLabel, left = 44, right = 0, tab = title, lead = false },
) {
  const box = { left, right: WIDTH - 10 - right, top: 22, bottom: height - 38 };
  const name = lead ? "live-view live-lead" : "live-view";
  const figure = html("div", { class: name, "data-tab": tab }, parent);
  const root = svg(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${height}`, role: "group", "aria-label": title },
    figure,
  );
  svg("text", { class: "live-title", x: box.left, y: 14, text: title }, root);
  const clip = freshId("live-clip");
  const { left: x, top: y } = box;
  const inside = { x, y, width: box.right - x, height: box.bottom - y };
  svg("rect", inside, svg("clipPath", { id: clip }, svg("defs", {}, root)));
  const back = svg("g", { "clip-path": `url(#${clip})` }, root);
  const axes = svg("g", { class: "live-axes", "aria-hidden": "true" }, root);
  const marks = svg("g", { "clip-path": `url(#${clip})` }, root);
  svg("rect", { ...inside, class: "live-border" }, root);
  const middle = (box.top + box.bottom) / 2;
  const xText = svg(
    "text",
    { class: "live-label", x: (box.left + box.right) / 2, y: height - 6 },
    axes,
  );
  const yText = svg(
    "text",
    { class: "live-label", x: 12, y: middle, transform: `rotate(-90 12 ${middle})` },
    axes,
  );
  setText(xText, xLabel);
  setText(yText, yLabel);
  const tickMarks = svg("g", {}, axes);
  let drawn = "";

  function drawAxes(sx, sy, xTicks, yTicks) {
    const key = JSON.stringify([sx.domain, sy.domain]);
    if (key === drawn) return;
    drawn = key;
    tickMarks.replaceChildren();
    for (const value of xTicks) {
      const at = sx(value).toFixed(1);
      svg("path", { class: "live-grid", d: `M${at} ${box.top}V${box.bottom}` }, tickMarks);
      svg(
        "text",
        {
          class: "live-tick-x",
          x: at,
          y: box.bottom + 15,
          text: formatNumber(value, tickDigits(xTicks)),
        },
        tickMarks,
      );
    }
    for (const value of yTicks) {
      const at = sy(value).toFixed(1);
      svg("path", { class: "live-grid", d: `M${box.left} ${at}H${box.right}` }, tickMarks);
      svg(
        "text",
        {
          class: "live-tick-y",
          x: box.left - 5,
          y: Number(at) + 4,
          text: formatNumber(value, tickDigits(yTicks)),
        },
        tickMarks,
      );
    }
  }

  return { figure, root, box, back, marks, drawAxes };
}

/**
 * Lines by name: made when first drawn, with the look that a rule has in all the book's pictures.
 *
 * @param {SVGElement} group
 */
export function lineStore(group) {
  const lines = new Map();
  return {
    /**
     * @param {string} name
     * @param {string} d
     * @param {Look} [look]
     */
    draw(name, d, { color, dash = "", width = 2, className = "" } = {}) {
      let line = lines.get(name);
      if (!line) {
        line = svg(
          "path",
          { fill: "none", class: `live-line ${className}`, "data-line": name },
          group,
        );
        tint(line, color);
        lines.set(name, line);
      }
      set(line, "stroke-dasharray", dash);
      set(line, "stroke-width", width);
      set(line, "d", d);
    },
    keepOnly(names) {
      for (const [name, line] of lines) if (!names.includes(name)) set(line, "d", "");
    },
  };
}

/**
 * A legend of several views: it stands under the first, and under each where they are shown one at a
 * time.
 *
 * @param {{ root: SVGElement }[]} views
 * @param {{ label: string; look: Look; dots?: boolean }[]} entries
 */
export function legendOfAll(views, entries) {
  for (const [k, { root }] of views.entries())
    legend(root.parentNode, entries).classList.toggle("live-again", k > 0);
}

/**
 * A legend: name and look of each line, or of what is drawn as dots.
 *
 * @param {ParentNode | null} parent
 * @param {{ label: string; look: Look; dots?: boolean }[]} entries
 * @returns {HTMLElement}
 */
export function legend(parent, entries) {
  const list = html("ul", { class: "live-legend" }, parent);
  for (const { label, look, dots } of entries) {
    const item = html("li", {}, list);
    const swatch = svg("svg", { viewBox: "0 0 28 8", "aria-hidden": "true" }, item);
    const line = svg(
      "path",
      {
        class: "live-line",
        d: dots ? dotsData([5, 4, 14, 4, 23, 4], Number, Number) : "M1 4H27",
        fill: "none",
        "stroke-width": look.width ?? 2,
        "stroke-dasharray": look.dash ?? "",
      },
      swatch,
    );
    tint(line, look.color);
    item.append(` ${label}`);
  }
  return list;
}
