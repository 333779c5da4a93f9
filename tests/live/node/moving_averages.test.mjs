import assert from "node:assert/strict";
import { test } from "node:test";

import { halfLife, weightsAt } from "../../../minioptim/live/figures/moving_averages.mjs";

test("half the newest value's weight is left after a half-life", () => {
  assert.ok(Math.abs(0.9 ** halfLife(0.9) - 0.5) < 1e-12);
  assert.ok(Math.abs(halfLife(0.5) - 1) < 1e-12);
  assert.equal(halfLife(0), 0);
});

test("the weights' sum is 1 - beta^t, and 1 when corrected", () => {
  const sum = (weights) => weights.reduce((total, weight) => total + weight, 0);
  assert.ok(Math.abs(sum(weightsAt(0.9, 7, false)) - (1 - 0.9 ** 7)) < 1e-12);
  assert.ok(Math.abs(sum(weightsAt(0.9, 7, true)) - 1) < 1e-12);
  assert.equal(weightsAt(0.9, 7, false)[0], 1 - 0.9);
});
