import assert from "node:assert/strict";
import { test } from "node:test";

import { calmAt, pairOf, sizeOf } from "../../../minioptim/live/figures/nesterov_roots.mjs";

test("at a = 1 both roots of Nesterov's method are 0, and at its limit one is -1", () => {
  const [mu, limit] = [0.5, 1.5];
  assert.equal(sizeOf(pairOf(1, 0)), 0);
  const real = pairOf(limit, mu * (1 - limit)).map(([re]) => re);
  assert.ok(Math.abs(Math.min(...real) + 1) < 1e-12);
});

test("a run is calm from the first step after which it stays near, not from the first near one", () => {
  assert.equal(calmAt([1, 0.001, 0.5, 0.005, -0.004], 0.01), 3);
  assert.equal(calmAt([1, 0.5, 0.2], 0.01), undefined);
});
