import assert from "node:assert/strict";
import { test } from "node:test";

import { regime } from "../../../minioptim/live/figures/gradient_descent.mjs";

test("on a bowl of 1 and 10 the regimes change as theory says", () => {
  const named = [0.01, 0.09, 2 / 11, 0.19, 0.2, 0.21].map((lr) => regime(lr, 1, 10));
  assert.deepEqual(named, ["slow", "slow", "fast", "zigzag", "edge", "divergent"]);
});

test("on a round bowl the best lr ends the run in one step", () => {
  assert.equal(regime(1, 1, 1), "fast");
});
