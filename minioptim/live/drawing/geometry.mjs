// Pure geometry: scales, ticks, level lines, paths. Knows no rule, no surface and no page.

/** @import { Domain, Numbers, Scale } from "./types" */

/**
 * A map from [low, high] in data to [from, to] in pixels, and back.
 *
 * @param {number[]} data
 * @param {number[]} pixels
 * @returns {Scale}
 */
export function linearScale([low, high], [from, to]) {
  const slope = (to - from) / (high - low);
  const scale = (value) => from + (value - low) * slope;
  scale.invert = (pixel) => low + (pixel - from) / slope;
  scale.domain = [low, high];
  scale.ticks = (count) => ticks(low, high, count);
  return scale;
}

/**
 * The same with equal steps for equal factors; low must be above 0.
 *
 * @param {number[]} data
 * @param {number[]} range
 * @returns {Scale}
 */
export function logScale([low, high], range) {
  const linear = linearScale([Math.log10(low), Math.log10(high)], range);
  const scale = (value) => linear(Math.log10(value));
  scale.invert = (pixel) => 10 ** linear.invert(pixel);
  scale.domain = [low, high];
  scale.ticks = (count) => logTicks(low, high, count);
  return scale;
}

/**
 * A window grown about its middle, along the axis that asks for it, until one unit is as many pixels
 * wide as high in a box of that size: only then does a gradient stand at right angles to level lines.
 *
 * @param {Domain} window
 * @param {number} width
 * @param {number} height
 * @returns {Domain}
 */
export function alike(window, width, height) {
  const spans = window.map(([low, high]) => high - low);
  const unit = Math.max(spans[0] / width, spans[1] / height);
  return window.map(([low, high], i) => {
    const more = (unit * [width, height][i] - spans[i]) / 2;
    return [low - more, high + more];
  });
}

/**
 * About `count` round numbers from low to high.
 *
 * @param {number} low
 * @param {number} high
 * @param {number} count
 * @returns {number[]}
 */
export function ticks(low, high, count) {
  const span = high - low;
  if (!(span > 0) || !Number.isFinite(span)) return [];
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough * 0.999) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  // Multiples, not a running sum: 0.1 + 0.2 would be a tick at 0.30000000000000004.
  return Array.from({ length: last - first + 1 }, (_, k) =>
    Number(((first + k) * step).toPrecision(12)),
  );
}

/**
 * Powers of ten from low to high, every second or third of them where there are many.
 *
 * @param {number} low
 * @param {number} high
 * @param {number} count
 * @returns {number[]}
 */
export function logTicks(low, high, count) {
  const first = Math.ceil(Math.log10(low) - 1e-9);
  const last = Math.floor(Math.log10(high) + 1e-9);
  const stride = Math.max(1, Math.ceil((last - first + 1) / count));
  const powers = [];
  for (let power = first; power <= last; power += 1)
    if (power % stride === 0) powers.push(Number(`1e${power}`));
  return powers;
}

const MINUS = "\u2212";
const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/**
 * A number as a reader likes it: three digits, a true minus, a power of ten where it is far from 1.
 *
 * @param {number} value
 * @param {number} [digits]
 * @returns {string}
 */
export function formatNumber(value, digits = 3) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : `${MINUS}∞`;
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 1e5 || size < 1e-3) {
    const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
    const power = [...String(Math.abs(Number(exponent)))]
      .map((digit) => SUPERSCRIPTS[Number(digit)])
      .join("");
    const short = String(Number(mantissa));
    const front = short === "1" ? "" : short === "-1" ? MINUS : `${short.replace("-", MINUS)}·`;
    return `${front}10${Number(exponent) < 0 ? "⁻" : ""}${power}`;
  }
  return String(Number(value.toPrecision(digits))).replace("-", MINUS);
}

/**
 * How many digits tell the ticks of an axis apart: at least three.
 *
 * @param {number[]} values
 * @returns {number}
 */
export function tickDigits(values) {
  const largest = Math.max(...values.map(Math.abs));
  const apart = Math.abs(values[1] - values[0]);
  return apart > 0 ? clamp(Math.ceil(Math.log10(largest / apart)) + 1, 3, 15) : 3;
}

/**
 * Keep a value between two ends.
 *
 * @param {number} value
 * @param {number} low
 * @param {number} high
 * @returns {number}
 */
export function clamp(value, low, high) {
  return Math.min(high, Math.max(low, value));
}

const EDGE = 1e4; // pixels: browsers draw nothing at 1e300
const FAR = 1e9; // from so far away, where a line crosses the picture is lost to rounding

/**
 * The part of a segment between -EDGE and EDGE, as [[x, y], [x, y]], or null if none is.
 *
 * @param {number[]} start
 * @param {number[]} end
 * @returns {number[][] | null}
 */
function clipped(start, end) {
  const size = (/** @type {number[]} */ [x, y]) => Math.max(Math.abs(x), Math.abs(y));
  if (size(start) <= EDGE && size(end) <= EDGE) return [start, end];
  if (size(start) > FAR && size(end) > FAR) return null;
  // Measured from the end that is nearer, or rounding would move it.
  if (size(start) > size(end)) return clipped(end, start)?.reverse() ?? null;
  let [low, high] = [0, 1];
  for (let i = 0; i < 2; i += 1) {
    const way = end[i] - start[i];
    if (way === 0 && Math.abs(start[i]) > EDGE) return null;
    if (way === 0) continue;
    const [a, b] = [(-EDGE - start[i]) / way, (EDGE - start[i]) / way];
    [low, high] = [Math.max(low, Math.min(a, b)), Math.min(high, Math.max(a, b))];
  }
  return low <= high
    ? [low, high].map((share) => start.map((from, i) => from + share * (end[i] - from)))
    : null;
}

/**
 * A place as an SVG path has it.
 *
 * @param {number[]} place
 * @returns {string}
 */
export function spot([x, y]) {
  return `${x.toFixed(1)} ${y.toFixed(1)}`;
}

/**
 * The `d` of an SVG path through points ([x0, y0, x1, y1, ...] in data) as far as they are finite.
 * What lies far outside is cut off, so that each line keeps its direction. Points that fall on the
 * one before are left out: a run that has arrived is not drawn 200 times.
 *
 * @param {Numbers} points
 * @param {Scale | ((value: number) => number)} sx
 * @param {Scale | ((value: number) => number)} sy
 * @returns {string}
 */
export function pathData(points, sx, sy) {
  const parts = [];
  let before;
  let pen = "";
  for (let i = 0; i + 1 < points.length; i += 2) {
    if (!Number.isFinite(points[i]) || !Number.isFinite(points[i + 1])) break;
    const point = [sx(points[i]), sy(points[i + 1])];
    const start = before ?? point;
    const piece = clipped(start, point);
    before = point;
    if (!piece) continue;
    const from = i > 0 && piece[0] === start ? pen : spot(piece[0]);
    const to = spot(piece[1]);
    if (from !== pen) parts.push(`M${from}`);
    if (to !== from) parts.push(`L${to}`);
    pen = to;
  }
  return parts.join("");
}

/**
 * The same points, each as a small dot of its own.
 *
 * @param {Numbers} points
 * @param {Scale | ((value: number) => number)} sx
 * @param {Scale | ((value: number) => number)} sy
 * @param {number} [radius]
 * @returns {string}
 */
export function dotsData(points, sx, sy, radius = 2.5) {
  const parts = [];
  for (let i = 0; i + 1 < points.length; i += 2) {
    if (!Number.isFinite(points[i]) || !Number.isFinite(points[i + 1])) continue;
    const x = clamp(sx(points[i]), -1e4, 1e4) - radius;
    const y = clamp(sy(points[i + 1]), -1e4, 1e4);
    parts.push(
      `M${spot([x, y])}a${radius} ${radius} 0 1 0 ${2 * radius} 0a${radius} ${radius} 0 1 0 ${-2 * radius} 0`,
    );
  }
  return parts.join("");
}

/**
 * Where a path leaves a box for good: {step, x, y, angle} on the border, or null if it ends inside.
 * `angle` is the direction of leaving in radians, y upwards; `step` the first one that is outside.
 *
 * @param {Numbers} points
 * @param {Domain} domain
 * @returns {{ step: number; x: number; y: number; angle: number } | null}
 */
export function exit(points, [[left, right], [bottom, top]]) {
  const count = points.length / 2;
  const inside = (k) =>
    points[2 * k] >= left &&
    points[2 * k] <= right &&
    points[2 * k + 1] >= bottom &&
    points[2 * k + 1] <= top;
  let k = count;
  while (k > 0 && !inside(k - 1)) k -= 1;
  if (k === count || k === 0) return null;
  const [x, y] = [points[2 * k - 2], points[2 * k - 1]];
  // Beyond the largest number the direction is still known by the signs.
  const dx = clamp(Number.isNaN(points[2 * k]) ? 0 : points[2 * k] - x, -1e150, 1e150);
  const dy = clamp(Number.isNaN(points[2 * k + 1]) ? 0 : points[2 * k + 1] - y, -1e150, 1e150);
  const reach = (from, step, low, high) =>
    step > 0 ? (high - from) / step : step < 0 ? (low - from) / step : Infinity;
  const share = Math.min(reach(x, dx, left, right), reach(y, dy, bottom, top), 1);
  return { step: k, x: x + share * dx, y: y + share * dy, angle: Math.atan2(dy, dx) };
}

/**
 * `count` levels for level lines, closer together where the surface is low, as its valley asks.
 *
 * @param {Numbers} values
 * @param {number} count
 * @returns {number[]}
 */
export function contourLevels(values, count) {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high && value < Infinity) high = value;
  }
  if (!(high > low)) return [];
  return Array.from({ length: count }, (_, k) => low + (high - low) * ((k + 0.6) / count) ** 3);
}

/**
 * Values of f on a grid of (n + 1) x (n + 1) corners, row by row from the bottom.
 *
 * @param {(x: number, y: number) => number} f
 * @param {Domain} domain
 * @param {number} n
 * @returns {Float64Array}
 */
export function sample(f, [[left, right], [bottom, top]], n) {
  const values = new Float64Array((n + 1) * (n + 1));
  for (let j = 0; j <= n; j += 1) {
    const y = bottom + ((top - bottom) * j) / n;
    for (let i = 0; i <= n; i += 1) values[j * (n + 1) + i] = f(left + ((right - left) * i) / n, y);
  }
  return values;
}

const GROUND = [11, 98, 168]; // red, green, blue
const DEEPEST = 96; // of 255: the level lines and paths stay the darkest

/**
 * A colour for each corner of a sampled function, row by row from the top: the lower between its
 * levels, the more of the ground's colour. As red, green, blue and opacity, 0 to 255.
 *
 * @param {Numbers} values
 * @param {number} n
 * @param {number[]} levels
 * @returns {Uint8ClampedArray}
 */
export function terrain(values, n, levels) {
  const pixels = new Uint8ClampedArray(4 * (n + 1) * (n + 1));
  const [low, high] = [levels[0], levels[levels.length - 1]];
  for (let j = 0; j <= n; j += 1) {
    for (let i = 0; i <= n; i += 1) {
      // The levels are cubes of equal steps, so that the cube root is even between them.
      const up = Math.cbrt(clamp((values[(n - j) * (n + 1) + i] - low) / (high - low), 0, 1));
      const opacity = Number.isNaN(up) ? 0 : DEEPEST * (1 - up);
      pixels.set([...GROUND, opacity], 4 * (j * (n + 1) + i));
    }
  }
  return pixels;
}

/**
 * The level line of a sampled function as the `d` of an SVG path, by marching squares.
 * A cell's corners above the level make a number of four bits; each number has its pieces of line.
 *
 * @param {Numbers} values
 * @param {number} n
 * @param {number} level
 * @param {Domain} domain
 * @param {(value: number) => number} sx
 * @param {(value: number) => number} sy
 * @returns {string}
 */
export function contourPath(values, n, level, [[left, right], [bottom, top]], sx, sy) {
  const px = (i) => sx(left + ((right - left) * i) / n);
  const py = (j) => sy(bottom + ((top - bottom) * j) / n);
  const parts = [];
  for (let j = 0; j < n; j += 1) {
    for (let i = 0; i < n; i += 1) {
      const a = values[j * (n + 1) + i] - level;
      const b = values[j * (n + 1) + i + 1] - level;
      const c = values[(j + 1) * (n + 1) + i + 1] - level;
      const d = values[(j + 1) * (n + 1) + i] - level;
      if (!Number.isFinite(a + b + c + d)) continue; // beyond the largest number no line can be placed
      const code = Number(a > 0) + 2 * Number(b > 0) + 4 * Number(c > 0) + 8 * Number(d > 0);
      if (code === 0 || code === 15) continue;
      // Where the line crosses each side: bottom, right, top, left.
      const crossings = [
        () => [px(i + a / (a - b)), py(j)],
        () => [px(i + 1), py(j + b / (b - c))],
        () => [px(i + d / (d - c)), py(j + 1)],
        () => [px(i), py(j + a / (a - d))],
      ];
      for (const [from, to] of pieces(code, a + b + c + d > 0)) {
        const [x0, y0] = crossings[from]();
        const [x1, y1] = crossings[to]();
        parts.push(`M${spot([x0, y0])}L${spot([x1, y1])}`);
      }
    }
  }
  return parts.join("");
}

// Sides joined in a cell: 0 bottom, 1 right, 2 top, 3 left.
const PIECES = { 1: [[3, 0]], 2: [[0, 1]], 3: [[3, 1]], 4: [[1, 2]], 6: [[0, 2]], 7: [[3, 2]] };

/**
 * @param {number} code
 * @param {boolean} middleAbove
 * @returns {number[][]}
 */
function pieces(code, middleAbove) {
  // Two corners across from each other: the middle of the cell says which two lines they are.
  if (code === 5 || code === 10) {
    return (code === 5) === middleAbove
      ? [
          [0, 1],
          [2, 3],
        ]
      : [
          [3, 0],
          [1, 2],
        ];
  }
  return PIECES[code] ?? PIECES[15 - code];
}

/**
 * A square around some points, a little larger than they are.
 *
 * @param {number[][]} points
 * @returns {Domain}
 */
export function around(points) {
  const middle = [0, 1].map(
    (i) => (Math.min(...points.map((p) => p[i])) + Math.max(...points.map((p) => p[i]))) / 2,
  );
  const reach =
    Math.max(...points.flatMap((p) => p.map((v, i) => Math.abs(v - middle[i]))), 1e-9) * 1.35;
  return middle.map((value) => [value - reach, value + reach]);
}
