import assert from "node:assert/strict";
import { test } from "node:test";

import { alternating } from "../../../minioptim/live/figures/adamw.mjs";

test("the gradients alternate, begin upwards, and cancel over two steps", () => {
  assert.deepEqual(
    [1, 2, 3, 4].map((t) => alternating(5, t)),
    [5, -5, 5, -5],
  );
});
