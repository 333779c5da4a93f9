import assert from "node:assert/strict";
import { test } from "node:test";

import { loneStep } from "../../minioptim/interactive/figures/adam.mjs";
import { stepsToNotice } from "../../minioptim/interactive/figures/rmsprop.mjs";

test("after the steps to notice, RMSProp's v has fallen to four times the new square", () => {
  const [c, rho] = [0.01, 0.9];
  const k = stepsToNotice(c, rho);
  const v = rho ** k + (1 - rho ** k) * c ** 2;
  assert.ok(Math.abs(v / (4 * c ** 2) - 1) < 1e-12);
});

test("a lone gradient makes Adam step 3.16 lr at the defaults", () => {
  assert.equal(loneStep(0.9, 0.999).toFixed(2), "3.16");
});
