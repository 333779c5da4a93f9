// A plane of two coordinates, with what lies and moves on it.

/** @import { Domain, Look, Numbers, Point, Scale, Surface, Word } from "./types" */

import { html, on, set, show, svg, tint } from "./elements.mjs";
import { frame, lineStore } from "./frame.mjs";
import {
  alike,
  clamp,
  contourLevels,
  contourPath,
  exit,
  formatNumber,
  linearScale,
  pathData,
  sample,
  spot,
  terrain,
} from "./geometry.mjs";

const GRID = 60; // cells of a side, for level lines
const LEVELS = 12;

/**
 * A plane of two coordinates: level lines, paths, points, arrows and handles to drag.
 *
 * `domain` is ((x low, x high), (y low, y high)); `reframe` gives it another. Both axes have one
 * scale, and more is shown where the view is wider or higher than that asks for; with `unlike`,
 * where the coordinates are no lengths of one kind, the domain fills the view as it is. `word`
 * says what a handle is.
 *
 * @param {HTMLElement} parent
 * @param {{ title: string; domain: Domain; unlike?: boolean; height?: number; xLabel?: string; yLabel?: string; left?: number; tab?: string; signal: AbortSignal; word: Word }} options
 */
export function plane(
  parent,
  {
    title,
    domain,
    unlike = false,
    height = 300,
    xLabel = "x",
    yLabel = "y",
    left,
    tab,
    signal,
    word,
  },
) {
  const view = frame(parent, { title, height, xLabel, yLabel, left, tab });
  const { box, back, marks } = view;
  const inside = {
    x: box.left,
    y: box.top,
    width: box.right - box.left,
    height: box.bottom - box.top,
  };
  const shading = svg("image", { ...inside, preserveAspectRatio: "none" }, back);
  const levelLines = svg("g", { class: "live-levels" }, back);
  const lines = lineStore(marks);
  const leaving = svg("g", {}, view.root);
  const arrows = svg("g", {}, marks);
  const points = svg("g", {}, marks);
  const byName = new Map();
  /** @type {Scale} */
  let sx;
  /** @type {Scale} */
  let sy;
  /** @type {Domain} */
  let asked; // the domain that was asked for
  /** @type {Domain} */
  let now; // the window shown, which holds it
  /** @type {unknown} */
  let surfaceDrawn = "";
  /** @type {unknown} */
  let shadeDrawn = "";

  /**
   * @param {Domain} wanted
   */
  function reframe(wanted) {
    if (asked && JSON.stringify(asked) === JSON.stringify(wanted)) return;
    asked = wanted;
    now = unlike ? wanted : alike(wanted, inside.width, inside.height);
    sx = linearScale(now[0], [box.left, box.right]);
    sy = linearScale(now[1], [box.bottom, box.top]);
    surfaceDrawn = "";
    shadeDrawn = "";
    view.drawAxes(sx, sy, sx.ticks(6), sy.ticks(5));
  }
  reframe(domain);

  function once(name, make) {
    if (!byName.has(name)) byName.set(name, make());
    return byName.get(name);
  }

  return {
    root: view.root,
    reframe,

    /**
     * Level lines of a surface; `key` says when they are others than those drawn.
     *
     * @param {Surface} surface
     * @param {unknown} key
     */
    surface(surface, key) {
      if (key === surfaceDrawn) return;
      surfaceDrawn = key;
      const values = sample((x, y) => surface.f(x, y), now, GRID);
      const levels = contourLevels(values, LEVELS);
      levelLines.replaceChildren(
        ...levels.map((level) => svg("path", { d: contourPath(values, GRID, level, now, sx, sy) })),
      );
      const canvas = html("canvas", { width: GRID + 1, height: GRID + 1 });
      const brush = canvas.getContext("2d");
      if (!brush) return;
      const picture = brush.createImageData(GRID + 1, GRID + 1);
      picture.data.set(terrain(values, GRID, levels));
      brush.putImageData(picture, 0, 0);
      set(shading, "href", canvas.toDataURL());
    },

    /**
     * A path [x0, y0, x1, y1, ...]; where it leaves for good, a mark on the border points outward.
     *
     * @param {string} name
     * @param {Numbers} xy
     * @param {Look} [look]
     */
    path(name, xy, look = {}) {
      lines.draw(name, pathData(xy, sx, sy), look);
      const out = exit(xy, now);
      const mark = once(`exit ${name}`, () => {
        const made = svg(
          "path",
          { class: "live-exit", d: "M-9 -6L1 0L-9 6Z", "data-exit": name },
          leaving,
        );
        tint(made, look.color);
        return made;
      });
      show(mark, out);
      if (out) {
        // On the page y grows downwards, and unlike axes have scales of their own.
        const angle = Math.atan2(
          -Math.sin(out.angle) * Math.abs(sy(1) - sy(0)),
          Math.cos(out.angle) * (sx(1) - sx(0)),
        );
        const degrees = ((angle * 180) / Math.PI).toFixed(1);
        set(mark, "transform", `translate(${spot([sx(out.x), sy(out.y)])}) rotate(${degrees})`);
      }
    },

    /**
     * @param {string[]} names
     */
    keepPaths(names) {
      lines.keepOnly(names);
      for (const [name, mark] of byName) {
        if (name.startsWith("exit ") && !names.includes(name.slice(5))) show(mark, false);
      }
    },

    /**
     * A dot; `at` null hides it.
     *
     * @param {string} name
     * @param {Numbers | null} at
     * @param {{ color?: string; radius?: number; className?: string }} [look]
     */
    dot(name, at, { color, radius = 4, className = "" } = {}) {
      const dot = once(`dot ${name}`, () => {
        const made = svg("circle", { class: `live-dot ${className}`, "data-dot": name }, points);
        tint(made, color);
        return made;
      });
      const shown = at && Number.isFinite(at[0]) && Number.isFinite(at[1]);
      show(dot, shown);
      if (!shown) return;
      set(dot, "cx", clamp(sx(at[0]), -1e4, 1e4).toFixed(1));
      set(dot, "cy", clamp(sy(at[1]), -1e4, 1e4).toFixed(1));
      set(dot, "r", radius);
    },

    /**
     * An arrow from a point to another; `from` null hides it.
     *
     * @param {string} name
     * @param {Point | null} from
     * @param {Point} to
     * @param {Look} [look]
     */
    arrow(name, from, to, { color, width = 2.5, dash = "" } = {}) {
      const arrow = once(`arrow ${name}`, () => {
        const group = svg("g", { class: "live-arrow", "data-arrow": name }, arrows);
        tint(group, color);
        return {
          group,
          shaft: svg("path", { fill: "none" }, group),
          head: svg("path", { d: "M0 0L-10 -4.5L-10 4.5Z" }, group),
        };
      });
      const ends =
        from &&
        [...from, ...to].every(Number.isFinite) &&
        [sx(from[0]), sy(from[1]), sx(to[0]), sy(to[1])].map((p) => clamp(p, -1e4, 1e4));
      show(arrow.group, ends);
      if (!ends) return;
      const [x0, y0, x1, y1] = ends;
      const length = Math.hypot(x1 - x0, y1 - y0);
      const angle = Math.atan2(y1 - y0, x1 - x0);
      // The shaft ends inside the head, or its blunt end would show at the tip.
      const short = Math.max(0, length - 6);
      set(
        arrow.shaft,
        "d",
        `M${spot([x0, y0])}L${spot([x0 + short * Math.cos(angle), y0 + short * Math.sin(angle)])}`,
      );
      set(arrow.shaft, "stroke-width", width);
      set(arrow.shaft, "stroke-dasharray", dash);
      const size = Math.min(1, length / 12).toFixed(2);
      set(
        arrow.head,
        "transform",
        `translate(${spot([x1, y1])}) rotate(${((angle * 180) / Math.PI).toFixed(1)}) scale(${size})`,
      );
    },

    /**
     * Colour each cell of a grid of n x n by a function of its middle: `shade(x, y)` gives a CSS
     * colour; `key` says when they are others than those drawn.
     *
     * @param {(x: number, y: number) => string} shade
     * @param {unknown} key
     * @param {number} [n]
     */
    shade(shade, key, n = 80) {
      if (key === shadeDrawn) return;
      shadeDrawn = key;
      view.root.classList.add("live-shaded");
      const canvas = html("canvas", { width: n, height: n });
      const brush = canvas.getContext("2d");
      if (!brush) return; // a browser out of memory has no canvas to give
      const [[left, right], [bottom, top]] = now;
      for (let j = 0; j < n; j += 1) {
        const y = top - ((top - bottom) * (j + 0.5)) / n;
        const colorOf = (i) => shade(left + ((right - left) * (i + 0.5)) / n, y);
        // Cells of one colour in a row are one stroke: reading a colour is what takes the time.
        for (let i = 0; i < n; ) {
          const color = colorOf(i);
          let end = i + 1;
          while (end < n && colorOf(end) === color) end += 1;
          brush.fillStyle = color;
          brush.fillRect(i, j, end - i, 1);
          i = end;
        }
      }
      set(shading, "href", canvas.toDataURL());
    },

    /**
     * Any outline [x0, y0, x1, y1, ...], such as an ellipse of noise; without marks of leaving.
     *
     * @param {string} name
     * @param {Numbers} xy
     * @param {Look} [look]
     */
    outline(name, xy, look) {
      lines.draw(name, pathData(xy, sx, sy), look);
    },

    /**
     * A point that the hand moves: by mouse, finger, a tap anywhere on the plane, or arrow keys.
     * Returns update([x, y]). `moved` is called with the new place, kept inside `limits`; without
     * these, inside the domain.
     *
     * @param {string} label
     * @param {(place: Point) => void} moved
     * @param {Domain} [limits]
     * @returns {(place: Point) => void}
     */
    handle(label, moved, limits) {
      let at = [0, 0];
      const ends = () => limits ?? asked;
      const within = (place) => place.map((value, i) => clamp(value, ends()[i][0], ends()[i][1]));
      const handle = svg(
        "g",
        {
          class: "live-handle",
          tabindex: 0,
          role: "slider",
          "aria-roledescription": word("handle.kind"),
          "aria-label": label,
        },
        view.root,
      );
      svg("circle", { r: 20, class: "live-reach" }, handle);
      svg("circle", { r: 8, class: "live-knob" }, handle);
      const text = word("handle.hint");
      const hint = svg("text", { class: "live-hint", "aria-hidden": "true", text }, view.root);
      const move = (/** @type {Point} */ place) => {
        hint.remove(); // who has moved it once knows
        moved(place);
      };
      const onView = (event) =>
        new DOMPoint(event.clientX, event.clientY).matrixTransform(
          view.root.getScreenCTM()?.inverse(),
        );
      const follow = (event) => {
        const { x, y } = onView(event);
        move(within([sx.invert(x), sy.invert(y)].map((value) => Number(value.toPrecision(4)))));
      };
      on(
        handle,
        "pointerdown",
        (event) => {
          event.preventDefault();
          handle.setPointerCapture(event.pointerId);
          handle.focus({ preventScroll: true });
        },
        signal,
      );
      // Chromium lets a finger scroll the page from inside an SVG, whatever touch-action says.
      handle.addEventListener("touchstart", (event) => event.preventDefault(), {
        passive: false,
        signal,
      });
      on(
        handle,
        "pointermove",
        (event) => {
          if (handle.hasPointerCapture(event.pointerId)) follow(event);
        },
        signal,
      );
      // A tap beside the handle brings it there; a finger that scrolls the page makes no click.
      on(
        view.root,
        "click",
        (event) => {
          const { x, y } = onView(event);
          const hit = x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
          if (hit && !event.composedPath().includes(handle)) follow(event);
        },
        signal,
      );
      on(
        handle,
        "keydown",
        (event) => {
          const direction = {
            ArrowLeft: [-1, 0],
            ArrowRight: [1, 0],
            ArrowUp: [0, 1],
            ArrowDown: [0, -1],
          }[event.key];
          if (!direction) return;
          event.preventDefault();
          const share = event.shiftKey ? 0.1 : 0.02;
          move(
            within(
              at.map((value, i) =>
                Number(
                  (value + direction[i] * share * (ends()[i][1] - ends()[i][0])).toPrecision(4),
                ),
              ),
            ),
          );
        },
        signal,
      );
      return (place) => {
        at = place;
        // Above the knob, but inside the picture.
        const [x, y] = [sx(at[0]), sy(at[1])];
        set(hint, "x", x.toFixed(1));
        set(hint, "y", (y < box.top + 24 ? y + 26 : y - 14).toFixed(1));
        const side = x < box.left + 40 ? "start" : x > box.right - 40 ? "end" : "middle";
        set(hint, "text-anchor", side);
        set(handle, "aria-valuemin", ends()[0][0]);
        set(handle, "aria-valuemax", ends()[0][1]);
        set(handle, "transform", `translate(${spot([x, y])})`);
        set(handle, "aria-valuenow", at[0]);
        set(
          handle,
          "aria-valuetext",
          `${xLabel} = ${formatNumber(at[0])}, ${yLabel} = ${formatNumber(at[1])}`,
        );
      };
    },
  };
}
