import assert from "node:assert/strict";
import { test } from "node:test";

import {
  alike,
  around,
  contourLevels,
  contourPath,
  dotsData,
  exit,
  formatNumber,
  linearScale,
  logScale,
  logTicks,
  pathData,
  sample,
  tickDigits,
  ticks,
} from "../../../minioptim/live/drawing/geometry.mjs";

const BOX = [
  [-2, 2],
  [-1, 1],
];
const same = (value) => value;

test("a scale leads to pixels and back", () => {
  const scale = linearScale([-2, 6], [300, 20]);
  assert.equal(scale(-2), 300);
  assert.equal(scale(6), 20);
  assert.equal(scale(2), 160);
  assert.ok(Math.abs(scale.invert(scale(1.234)) - 1.234) < 1e-12);
});

test("on a logarithmic scale equal factors are equal steps", () => {
  const scale = logScale([0.01, 100], [0, 400]);
  assert.ok(Math.abs(scale(1) - 200) < 1e-9);
  assert.ok(Math.abs(scale(10) - scale(1) - 100) < 1e-9);
  assert.ok(Math.abs(scale.invert(300) - 10) < 1e-9);
});

test("a window grows about its middle until its axes share a scale", () => {
  assert.deepEqual(
    alike(
      [
        [-2, 2],
        [-1, 3],
      ],
      300,
      200,
    ),
    [
      [-3, 3],
      [-1, 3],
    ],
  );
  assert.deepEqual(
    alike(
      [
        [0, 10],
        [0, 1],
      ],
      200,
      100,
    ),
    [
      [0, 10],
      [-2, 3],
    ],
  );
  assert.deepEqual(
    alike(
      [
        [-2, 2],
        [-1, 1],
      ],
      400,
      200,
    ),
    [
      [-2, 2],
      [-1, 1],
    ],
  );
});

test("ticks are round numbers inside the ends, without noise", () => {
  assert.deepEqual(ticks(0, 1, 5), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assert.deepEqual(ticks(-0.31, 0.31, 7), [-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3]);
  assert.deepEqual(ticks(0, 60, 6), [0, 10, 20, 30, 40, 50, 60]);
  assert.deepEqual(ticks(1, 1, 5), []);
  assert.deepEqual(ticks(0, Infinity, 5), []);
});

test("logarithmic ticks are powers of ten, thinned where many", () => {
  assert.deepEqual(logTicks(0.001, 10, 6), [0.001, 0.01, 0.1, 1, 10]);
  assert.ok(logTicks(1e-16, 1, 6).length <= 6);
});

test("numbers are written for readers", () => {
  const written = [0, 0.05, -1.6, 1234567, 1e-7, -1e-7, Infinity, -Infinity, NaN].map((v) =>
    formatNumber(v),
  );
  assert.deepEqual(written, [
    "0",
    "0.05",
    "\u22121.6",
    "1.23·10⁶",
    "10⁻⁷",
    "\u221210⁻⁷",
    "∞",
    "\u2212∞",
    "NaN",
  ]);
});

test("a path is drawn while finite, within what browsers can draw", () => {
  assert.equal(pathData([0, 0, 1, 2], same, same), "M0.0 0.0L1.0 2.0");
  assert.equal(pathData([0, 0, 1e300, -1e300, NaN, 1], same, same), "M0.0 0.0L10000.0 -10000.0");
  assert.equal(pathData([NaN, 0], same, same), "");
  assert.equal(
    pathData([0, 0, 1, 2, 1.01, 2.01, 1, 2, 0, 0], same, same),
    "M0.0 0.0L1.0 2.0L0.0 0.0",
  );
  assert.equal(dotsData([NaN, 0], same, same), "");
});

test("a path that leaves is marked at the border, in its direction", () => {
  const out = exit([0, 0, 1, 0, 3, 0, 50, 0], BOX);
  assert.deepEqual(out, { step: 2, x: 2, y: 0, angle: 0 });
  const up = exit([0, 0, 0, 5], BOX);
  assert.equal(up.y, 1);
  assert.ok(Math.abs(up.angle - Math.PI / 2) < 1e-12);
});

test("a path that ends inside has no mark; one that overflows has", () => {
  assert.equal(exit([0, 0, 3, 0, 1, 0], BOX), null);
  assert.equal(exit([0, 0, 1, 0.5], BOX), null);
  assert.equal(exit([0, 0, -Infinity, 0, NaN, NaN], BOX).x, -2);
});

test("level lines of a cone are circles of the right radius", () => {
  const domain = [
    [-2, 2],
    [-2, 2],
  ];
  const n = 80;
  const path = contourPath(
    sample((x, y) => Math.hypot(x, y), domain, n),
    n,
    1,
    domain,
    (v) => 1000 * v,
    (v) => 1000 * v,
  );
  const numbers = path.match(/-?\d+\.\d/g).map(Number);
  assert.ok(numbers.length > 100);
  for (let i = 0; i < numbers.length; i += 2) {
    assert.ok(Math.abs(Math.hypot(numbers[i], numbers[i + 1]) / 1000 - 1) < 0.002);
  }
});

test("a cell's middle parts two high corners, and no lines cross", () => {
  const domain = [
    [0, 1],
    [0, 1],
  ];
  const join = (values, level) =>
    contourPath(values, 1, level, domain, same, same).split("M").slice(1).length;
  assert.equal(join([1, 0, 0, 1], 0.4), 2);
  assert.equal(join([1, 0, 0, 1], 0.6), 2);
  // High across the middle: the low corners are cut off, so that no line meets the middle.
  const path = contourPath(
    [1, 0, 0, 1],
    1,
    0.4,
    domain,
    (v) => 100 * v,
    (v) => 100 * v,
  );
  for (const piece of path.split("M").slice(1)) {
    const [x0, y0, x1, y1] = piece.match(/-?\d+\.\d/g).map(Number);
    assert.ok(Math.abs((x0 + x1) / 2 - (y0 + y1) / 2) > 30, piece);
  }
});

test("levels lie inside the values, and closer where it is low", () => {
  const levels = contourLevels([0, 1, 8, Infinity], 12);
  assert.ok(levels[0] > 0 && levels.at(-1) < 8);
  assert.ok(levels[1] - levels[0] < levels[11] - levels[10]);
  assert.deepEqual(contourLevels([3, 3, 3], 12), []);
});

test("a square holds all points with room, even a single one", () => {
  const [[left, right], [bottom, top]] = around([
    [0, 0],
    [2, 1],
  ]);
  assert.ok(left < 0 && right > 2 && bottom < 0 && top > 1);
  assert.ok(Math.abs(right - left - (top - bottom)) < 1e-12);
  const [[a, b]] = around([[3, 3]]);
  assert.ok(b > a);
});

test("a line to or from far away keeps its direction at the edge", () => {
  const ends = (d) => d.match(/-?[\d.]+/g).map(Number);
  const [x0, y0, x1, y1] = ends(pathData([0, 0, 1e60, 3e60], same, same));
  assert.deepEqual([x0, y0], [0, 0]);
  assert.ok(Math.abs(y1 / x1 - 3) < 1e-3 && Math.abs(y1) <= 1e4);
  const back = ends(pathData([1e60, 3e60, 10, 30], same, same));
  assert.ok(Math.abs(back[1] / back[0] - 3) < 1e-3);
  assert.deepEqual(back.slice(2), [10, 30]);
});

test("nothing is drawn between far points or beside the picture", () => {
  assert.equal(pathData([0, 0, 1e60, 0, -1e80, 0, 1e99, 0], same, same), "M0.0 0.0L10000.0 0.0");
  assert.equal(pathData([2e4, 0, 2e4, 50], same, same), "");
});

test("an infinite corner has no level line, and no NaN", () => {
  const values = sample((x, y) => (x > 1 ? Infinity : x + y), BOX, 20);
  const d = contourPath(values, 20, 0.2, BOX, same, same);
  assert.ok(d.length > 0 && !d.includes("NaN"));
});

test("the ticks of an axis are told apart, however close they lie", () => {
  const values = [0.26481, 0.26482, 0.26483];
  assert.equal(new Set(values.map((value) => formatNumber(value, tickDigits(values)))).size, 3);
  assert.equal(tickDigits([0, 1, 2]), 3);
  assert.equal(tickDigits([5]), 3);
});
