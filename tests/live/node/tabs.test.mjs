import assert from "node:assert/strict";
import { test } from "node:test";

import { tabAfter } from "../../../minioptim/live/drawing/tabs.mjs";

test("arrow keys go round the tabs that are there, Home and End to their ends", () => {
  const there = [true, false, true, true, false];
  assert.equal(tabAfter("ArrowRight", 0, there), 2);
  assert.equal(tabAfter("ArrowRight", 3, there), 0);
  assert.equal(tabAfter("ArrowLeft", 0, there), 3);
  assert.equal(tabAfter("ArrowLeft", 2, there), 0);
  assert.equal(tabAfter("Home", 3, there), 0);
  assert.equal(tabAfter("End", 0, there), 3);
});

test("other keys are left to the page", () => {
  for (const key of ["Tab", "Enter", "a", "ArrowDown", "constructor"])
    assert.equal(tabAfter(key, 0, [true, true]), undefined, key);
});
