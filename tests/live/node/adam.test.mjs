import assert from "node:assert/strict";
import { test } from "node:test";

import { meanStep } from "../../../minioptim/live/figures/adam.mjs";

test("noise shortens the mean step to S over the root of 1 + S squared", () => {
  for (const S of [0.1, 1, 10]) {
    assert.ok(Math.abs(meanStep(1 / S) - S / Math.sqrt(1 + S ** 2)) < 1e-12);
  }
  assert.equal(meanStep(0), 1);
});
