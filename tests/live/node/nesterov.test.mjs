import assert from "node:assert/strict";
import { test } from "node:test";

import { divergingOf, momentOf } from "../../../minioptim/live/figures/nesterov.mjs";

test("a step is made when its correction is added, and not before", () => {
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5, 6].map((moment) => momentOf(moment).made),
    [0, 0, 1, 1, 1, 2, 2],
  );
  assert.deepEqual(momentOf(4), { t: 2, part: "gradient", made: 1 });
});

test("the look-ahead lowers the limit, and momentum's is the higher one", () => {
  // At momentum 0.5 the limits are 3 / 2 and 3.
  assert.deepEqual(
    [1.49, 1.51, 2.99, 3.01].map((a) => divergingOf(a, 0.5)),
    ["none", "nesterov", "nesterov", "both"],
  );
});
