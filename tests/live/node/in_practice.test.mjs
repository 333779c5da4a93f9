import assert from "node:assert/strict";
import { test } from "node:test";

import { pulled } from "../../../minioptim/live/figures/in_practice.mjs";

const near = (a, b) => {
  a.forEach((value, i) => {
    assert.ok(Math.abs(value - b[i]) < 1e-12, `${a} is not ${b}`);
  });
};

test("without decay the lowest point is the bowl's own minimum", () => {
  near(pulled([1, 6], 0.5, [1.2, 0.6], 0), [1.2, 0.6]);
});

test("decay pulls to the origin, and more where the bowl is flat", () => {
  // Axes of the page: each coordinate by itself, goal * curvature / (curvature + decay).
  near(pulled([1, 6], 0, [1.2, 0.6], 2), [1.2 / 3, (0.6 * 6) / 8]);
  // A quarter turn exchanges them.
  near(pulled([1, 6], Math.PI / 2, [1.2, 0.6], 2), [(1.2 * 6) / 8, 0.6 / 3]);
});

test("there the gradient of bowl and penalty together is 0", () => {
  const [low, high, angle, decay, goal] = [1, 6, 0.5, 0.7, [1.2, 0.6]];
  const [x, y] = pulled([low, high], angle, goal, decay);
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const u = low * (c * (x - goal[0]) + s * (y - goal[1]));
  const v = high * (c * (y - goal[1]) - s * (x - goal[0]));
  near([c * u - s * v + decay * x, s * u + c * v + decay * y], [0, 0]);
});
