import assert from "node:assert/strict";
import { test } from "node:test";

import {
  ellipse,
  expectedLoss,
  scatter,
} from "../../../minioptim/live/figures/stochastic_gradient_descent.mjs";

test("the scatter is the theory's, and infinite beyond 2/lambda", () => {
  // lr sigma^2 / (lambda (2 - lr lambda)) = 0.1 * 4 / (2 * 1.8)
  assert.ok(Math.abs(scatter(0.1, 2, 4) - 1 / 9) < 1e-15);
  assert.equal(scatter(1, 2, 4), Infinity);
});

test("the mean of f goes from the start to the floor of the lr", () => {
  const [lr, variance] = [0.1, 4];
  const losses = expectedLoss([1, 6], [2, -1], variance, Array(2000).fill(lr));
  assert.equal(losses[0], (1 * 4 + 6 * 1) / 2);
  const floor = (scatter(lr, 1, variance) + 6 * scatter(lr, 6, variance)) / 2;
  assert.ok(Math.abs(losses.at(-1) / floor - 1) < 1e-12);
});

test("an ellipse has its long axis along the angle", () => {
  const points = ellipse([1, 2], 3, 1, Math.PI / 2);
  assert.ok(Math.abs(points[0] - 1) < 1e-12 && Math.abs(points[1] - 5) < 1e-12);
});
