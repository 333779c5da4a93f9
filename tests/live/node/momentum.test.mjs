import assert from "node:assert/strict";
import { test } from "node:test";

import {
  bestPlace,
  motionOf,
  rateOf,
  rootsOf,
  settledAt,
  swingOf,
} from "../../../minioptim/live/figures/momentum.mjs";

const near = (a, b) => assert.ok(Math.abs(a - b) < 1e-12, `${a} is not ${b}`);

test("the rate is |1 - a|, or root momentum with complex roots", () => {
  near(rateOf(0.3, 0), 0.7);
  near(rateOf(1.9, 0), 0.9);
  near(rateOf(1, 0.49), 0.7);
});

test("the roots have the sum 1 + mu - a, the product mu, and the rate is the larger one's size", () => {
  for (const [a, mu] of [
    [0.03, 0.64],
    [0.5, 0.64],
    [3.26, 0.64],
    [1.5, 0],
  ]) {
    const [[x, y], [u, v]] = rootsOf(a, mu);
    near(x + u, 1 + mu - a);
    near(y + v, 0);
    near(x * u - y * v, mu);
    near(Math.max(Math.hypot(x, y), Math.hypot(u, v)), rateOf(a, mu));
  }
});

test("at the limit 2 + 2 momentum the rate is 1", () => {
  for (const mu of [0, 0.3, 0.9]) near(rateOf(2 + 2 * mu, mu), 1);
});

test("both directions have the best rate, and nothing near is less", () => {
  const { a, mu, rate } = bestPlace(25);
  near(rate, 4 / 6);
  // Double roots: the root of a rounding error of 1e-16 is 1e-8.
  assert.ok(Math.abs(rateOf(a, mu) - rate) < 1e-7 && Math.abs(rateOf(a / 25, mu) - rate) < 1e-7);
  const worst = (x, y) => Math.max(rateOf(x, y), rateOf(x / 25, y));
  for (const [da, dmu] of [
    [0.05, 0],
    [-0.05, 0],
    [0, 0.02],
    [0, -0.02],
    [0.05, 0.02],
    [-0.05, -0.02],
  ]) {
    assert.ok(worst(a + da, mu + dmu) > rate);
  }
});

test("the motions are told apart where the roots change their kind", () => {
  assert.deepEqual(
    [0.001, 1, 3.7, 4].map((a) => motionOf(a, 0.8)),
    ["creeps", "swings", "leaves", "leaves"],
  );
  assert.equal(motionOf(3.595, 0.8), "flips"); // between (1 + sqrt(0.8))^2 = 3.589 and 3.6
  assert.equal(motionOf(1.9, 0), "flips");
  const { a, mu } = bestPlace(20);
  assert.deepEqual([motionOf(a, mu), motionOf(a / 20, mu)], ["borders", "borders"]);
});

test("a path has settled from where it stays near, not where it first comes near", () => {
  const path = (...x) => x.flatMap((value) => [value, 0]);
  assert.equal(settledAt(path(100, 0.5, -3, 0.9, -0.2), 0.01), 3);
  assert.equal(settledAt(path(100, 0.5, -3), 0.01), undefined);
  assert.equal(settledAt(path(100, NaN), 0.01), undefined);
});

test("in the corridor a run touches an envelope that shrinks by root momentum, and never leaves it", () => {
  const [a, mu, start] = [0.5, 0.8, 1.7];
  const [x, most] = [[start, (1 - a) * start], swingOf(a, mu, start)];
  while (x.length < 60) x.push((1 + mu - a) * x.at(-1) - mu * x.at(-2));
  const shares = x.map((value, t) => Math.abs(value) / (most * Math.sqrt(mu) ** t));
  assert.ok(Math.max(...shares) <= 1 + 1e-9 && Math.max(...shares) > 0.99);
  assert.ok(Number.isNaN(swingOf(0.01, 0.5, 1)));
});
