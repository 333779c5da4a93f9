import assert from "node:assert/strict";
import { test } from "node:test";

import { corrected } from "../../../minioptim/live/figures/adam.mjs";
import { evenly } from "../../../minioptim/live/figures/adam_correction.mjs";
import { meanStep } from "../../../minioptim/live/figures/adam_noise.mjs";

test("the correction gives back a constant from its average from zero", () => {
  let average = 0;
  for (let t = 1; t <= 5; t += 1) {
    average = 0.9 * average + 0.1 * 7;
    assert.ok(Math.abs(corrected(average, 0.9, t) - 7) < 1e-12);
  }
});

test("noise shortens the mean step to S over the root of 1 + S squared", () => {
  assert.ok(Math.abs(meanStep(0.75) - 0.6) < 1e-12); // 3, 4 and 5
  assert.equal(meanStep(0), 0);
});

test("steps on a logarithmic axis are whole, rise, and keep both ends", () => {
  const t = evenly(1000);
  assert.deepEqual([t[0], t.at(-1)], [1, 1000]);
  assert.ok(t.every((k, i) => Number.isInteger(k) && (i === 0 || k > t[i - 1])));
});
