import assert from "node:assert/strict";
import { test } from "node:test";

import { stepsToNotice } from "../../../minioptim/live/figures/rmsprop.mjs";

test("after the steps to notice, v is four times the new square", () => {
  const [c, rho] = [0.01, 0.9];
  const k = stepsToNotice(c, rho);
  const v = rho ** k + (1 - rho ** k) * c ** 2;
  assert.ok(Math.abs(v / (4 * c ** 2) - 1) < 1e-12);
});

test("an average still unsettled at the change counts as it is", () => {
  const [c, rho, turn] = [0.01, 0.99, 80];
  let v = 1 - rho ** turn; // the average of so many ones, begun at 0
  const predicted = stepsToNotice(c, rho, v);
  let steps = 0;
  for (; c / Math.sqrt(v) < 0.5; steps += 1) v = rho * v + (1 - rho) * c ** 2;
  assert.equal(steps, Math.ceil(predicted));
  assert.equal(steps, 749);
  assert.ok(!(stepsToNotice(0.49, rho, 1 - rho ** turn) > 0));
  assert.ok(!(stepsToNotice(10, rho) > 0));
});
