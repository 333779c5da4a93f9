import assert from "node:assert/strict";
import { test } from "node:test";

import { around } from "../../minioptim/interactive/figures/nesterov.mjs";

test("a square around points holds them all, with room, and is a square even around one point", () => {
  const [[left, right], [bottom, top]] = around([[0, 0], [2, 1]]);
  assert.ok(left < 0 && right > 2 && bottom < 0 && top > 1);
  assert.ok(Math.abs(right - left - (top - bottom)) < 1e-12);
  const [[a, b]] = around([[3, 3]]);
  assert.ok(b > a);
});
