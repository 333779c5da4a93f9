import assert from "node:assert/strict";
import { test } from "node:test";

import { regime } from "../../../minioptim/live/figures/gradient_descent.mjs";

test("on a bowl of 1 and 10 the regimes change as theory says", () => {
  const named = [0.01, 0.08, 2 / 11, 0.19, 0.2, 0.21].map((lr) => regime(lr, 1, 10));
  assert.deepEqual(named, ["slow", "slow", "best", "zigzag", "edge", "divergent"]);
});

test("on a round bowl the best lr ends the run in one step", () => {
  assert.equal(regime(1, 1, 1), "best");
});

test("a step that nearly clears the steep direction is no zig-zag", () => {
  // The steep direction's factor is 1 - 10 lr: 0.05, 0, -0.05, -0.25, -0.5.
  const named = [0.095, 0.1, 0.105, 0.125, 0.15].map((lr) => regime(lr, 1, 10));
  assert.deepEqual(named, ["clears", "clears", "clears", "slow", "zigzag"]);
});

test("a rate that is only close to the best is not called the best", () => {
  // The best lr is 2/11 = 0.1818 with the rate 9/11 = 0.8182; 0.179 has 0.821, 0.178 has 0.822.
  const named = [0.178, 0.179, 0.1825].map((lr) => regime(lr, 1, 10));
  assert.deepEqual(named, ["zigzag", "fast", "zigzag"]);
});
