import assert from "node:assert/strict";
import { test } from "node:test";

import { endOf } from "../../../minioptim/live/figures/edge_of_stability.mjs";

test("the end is the mean of the last values alone", () => {
  assert.equal(endOf(Float64Array.of(100, 4, 6), 2), 5);
});
