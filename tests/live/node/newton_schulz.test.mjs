import assert from "node:assert/strict";
import { test } from "node:test";

import { walk } from "../../../minioptim/live/figures/newton_schulz.mjs";

test("with the exact coefficients 1 stays, and an error near it is squared", () => {
  assert.deepEqual(walk([1.5, -0.5, 0], 1, 2), [1, 1, 1]);
  const [, after] = walk([1.5, -0.5, 0], 0.99, 1);
  assert.ok(Math.abs(1 - after - 1.5 * 0.01 ** 2) < 1e-6);
});
