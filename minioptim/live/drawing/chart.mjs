// Curves over an axis.

/** @import { Bars, Mark, Series } from "./types" */

import { set, setText, show, svg, tint } from "./elements.mjs";
import { frame, lineStore } from "./frame.mjs";
import { clamp, dotsData, linearScale, logScale, pathData } from "./geometry.mjs";

const LINE = 14; // from one name to the next

/**
 * Curves over an axis. `xLog` and `yLog` make an axis logarithmic; `xRange` and `yRange` fix what
 * it shows, else it follows the data of each drawing. `labels` leaves so much room at the right, in
 * units of the picture, for the names of the series beside their ends.
 *
 * @param {HTMLElement} parent
 * @param {{ title: string; xLabel: string; yLabel: string; height?: number; xLog?: boolean; yLog?: boolean; xRange?: number[]; yRange?: number[]; labels?: number; tab?: string; lead?: boolean }} options
 */
export function chart(
  parent,
  {
    title,
    xLabel,
    yLabel,
    height = 240,
    xLog = false,
    yLog = false,
    xRange,
    yRange,
    labels = 0,
    tab,
    lead,
  },
) {
  const view = frame(parent, { title, height, xLabel, yLabel, left: 52, right: labels, tab, lead });
  const { box, marks } = view;
  const bars = svg("path", { class: "live-bars" }, marks);
  const rules = svg("g", {}, marks);
  const lines = lineStore(marks);
  const names = svg("g", {}, view.root);
  const nameOf = new Map();
  const byName = new Map();

  function ends(data, log) {
    let low = Infinity;
    let high = -Infinity;
    for (const values of data) {
      for (const value of values) {
        if (!Number.isFinite(value) || (log && value <= 0)) continue;
        if (value < low) low = value;
        if (value > high) high = value;
      }
    }
    if (!(high >= low)) return log ? [0.1, 10] : [0, 1];
    if (!log) {
      const room = (high - low || Math.abs(high) || 1) * 0.05;
      return [low - room, high + room];
    }
    // Whole powers of ten, a diverging run cut where it has left everything else far behind.
    const bottom = Math.floor(Math.log10(Math.max(low, 1e-16)));
    return [
      10 ** bottom,
      10 ** Math.min(Math.max(Math.ceil(Math.log10(high)), bottom + 1), bottom + 24),
    ];
  }

  /**
   * Put each name beside the end of its curve, and names that would cover one another apart.
   *
   * @param {Series[]} series
   * @param {(series: Series) => number} heightOf
   */
  function name(series, heightOf) {
    const ends = series
      .map((one) => ({ one, at: clamp(heightOf(one), box.top + 4, box.bottom) }))
      .filter(({ at }) => !Number.isNaN(at))
      .sort((a, b) => a.at - b.at);
    // From above downwards, and what that pushed out below, upwards again.
    for (const [k, end] of ends.entries()) {
      if (k > 0) end.at = Math.max(end.at, ends[k - 1].at + LINE);
    }
    for (let k = ends.length - 1; k >= 0; k -= 1) {
      const floor = k === ends.length - 1 ? box.bottom : ends[k + 1].at - LINE;
      ends[k].at = Math.min(ends[k].at, floor);
    }
    for (const [one, text] of nameOf) {
      if (!ends.some((end) => end.one.name === one)) show(text, false);
    }
    for (const { one, at } of ends) {
      let text = nameOf.get(one.name);
      if (!text) {
        text = svg("text", { class: "live-name", x: box.right + 6, text: one.label ?? "" }, names);
        tint(text, one.look?.color);
        nameOf.set(one.name, text);
      }
      show(text, true);
      set(text, "y", (at + 4).toFixed(1));
    }
  }

  return {
    root: view.root,

    /**
     * Draw `series` ({name, x, y, look}; x defaults to 0, 1, 2, ...; with `dots` as dots, not a
     * line), upright or level `lines` ({name, x or y, label}) and `bars` ({x, y, width, color}); what is
     * not named any more vanishes. `range` ({x, y}) fixes what the axes show this time.
     *
     * @param {{ series: Series[]; lines?: Mark[]; bars?: Bars; range?: { x?: number[]; y?: number[] } }} drawing
     */
    draw({ series, lines: marked = [], bars: columns, range = {} }) {
      const xOf = (/** @type {Series | Bars} */ one) =>
        one.x ?? Float64Array.from(one.y, (_, k) => k);
      const all = columns ? [...series, columns] : series;
      const sx = (xLog ? logScale : linearScale)(range.x ?? xRange ?? ends(all.map(xOf), xLog), [
        box.left,
        box.right,
      ]);
      const sy = (yLog ? logScale : linearScale)(
        range.y ??
          yRange ??
          ends(
            all.map((one) => one.y),
            yLog,
          ),
        [box.bottom, box.top],
      );
      view.drawAxes(sx, sy, sx.ticks(6), sy.ticks(5));
      for (const one of series) {
        const points = [];
        for (let k = 0; k < one.y.length; k += 1) {
          // A value of 0 has no place on a logarithmic axis: it lies below its end.
          points.push(one.x ? one.x[k] : k, yLog && one.y[k] <= 0 ? Number.MIN_VALUE : one.y[k]);
        }
        lines.draw(one.name, (one.dots ? dotsData : pathData)(points, sx, sy), one.look);
      }
      lines.keepOnly(series.map((one) => one.name));
      if (labels) {
        name(series, ({ y }) => {
          let last = y.length - 1;
          while (last > 0 && !Number.isFinite(y[last])) last -= 1;
          return sy(yLog ? Math.max(y[last], Number.MIN_VALUE) : y[last]);
        });
      }
      tint(bars, columns?.color);
      const corner = (value) => (yLog ? box.bottom : sy(value));
      set(
        bars,
        "d",
        columns
          ? Array.from(columns.y, (y, k) => {
              const [left, right] = [
                sx(columns.x[k] - columns.width / 2),
                sx(columns.x[k] + columns.width / 2),
              ];
              return `M${left.toFixed(1)} ${corner(0).toFixed(1)}V${clamp(sy(y), -1e4, 1e4).toFixed(1)}H${right.toFixed(1)}V${corner(0).toFixed(1)}Z`;
            }).join("")
          : "",
      );
      for (const [name, { group }] of byName)
        if (!marked.some((one) => one.name === name)) show(group, false);
      for (const [row, { name, x, y, label = "" }] of marked.entries()) {
        if (!byName.has(name)) {
          const group = svg("g", { class: "live-mark", "data-mark": name }, rules);
          byName.set(name, { group, line: svg("path", {}, group), text: svg("text", {}, group) });
        }
        const { group, line, text } = byName.get(name);
        const at = clamp(x === undefined ? sy(y ?? NaN) : sx(x), -1e4, 1e4);
        const shown =
          x === undefined ? at >= box.top && at <= box.bottom : at >= box.left && at <= box.right;
        show(group, shown);
        set(
          line,
          "d",
          x === undefined
            ? `M${box.left} ${at.toFixed(1)}H${box.right}`
            : `M${at.toFixed(1)} ${box.top}V${box.bottom}`,
        );
        const flip = x !== undefined && at > (box.left + box.right) / 2;
        set(text, "text-anchor", x === undefined || flip ? "end" : "start");
        set(text, "x", x === undefined ? box.right - 4 : flip ? at - 4 : at + 4);
        set(text, "y", x === undefined ? at - 4 : box.top + 12 + 14 * row); // labels close by would cover one another
        setText(text, label);
      }
    },
  };
}
