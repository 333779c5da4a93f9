import assert from "node:assert/strict";
import { test } from "node:test";

import { heights, tail } from "../../../minioptim/live/figures/without_a_schedule.mjs";

test("the average of the tail is a plain mean of each coordinate, and begins where it is told", () => {
  const x = Float64Array.from([8, 0, 4, 1, 2, 2, 0, 6]); // four points of two numbers
  assert.deepEqual([...tail(x, 2, 1)], [8, 0, 4, 1, 2, 2, 1, 4]);
  assert.deepEqual([...tail(x, 2, 0)], [8, 0, 4, 1, 3, 1.5, 2, 3]);
});

test("heights are means over the coordinates", () => {
  assert.deepEqual([...heights(Float64Array.from([2, 4, 0, 1]), [1, 0.5])], [3, 0.125]);
});
