import assert from "node:assert/strict";
import { test } from "node:test";

import { run } from "../../../minioptim/live/drawing/simulate.mjs";
import {
  ellipse,
  expectedLoss,
  pullAndNoise,
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

test("a noisy step is the pull along the full gradient and the noise of its draw", () => {
  class Descent {
    state = [];
    start() {
      return [];
    }
    query(x) {
      return x;
    }
    step(g, x) {
      return [x - 0.1 * g];
    }
  }
  const noisy = ([x, y]) => [x + 0.5, y - 2];
  const trace = run(new Descent(), noisy, [1, 3], 1);
  const { pull, noise } = pullAndNoise(new Descent(), trace, 1, [1, 3]);
  const close = ([a, b], [c, d]) => Math.hypot(a - c, b - d) < 1e-12;
  assert.ok(close(pull.from, [1, 3]) && close(pull.move, [-0.1, -0.3]));
  assert.ok(close(noise.from, [0.9, 2.7]) && close(noise.move, [-0.05, 0.2]));
});
