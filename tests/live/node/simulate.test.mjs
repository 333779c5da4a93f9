import assert from "node:assert/strict";
import { test } from "node:test";

import {
  normal,
  run,
  runOn,
  uniform,
  valuesAlong,
} from "../../../minioptim/live/drawing/simulate.mjs";

// Small rules, written here to be known from outside; the figures use those translated from Python.
class Descent {
  state = [];
  lr = 0.5;
  start() {
    return [];
  }
  query(x) {
    return x;
  }
  step(g, x) {
    return [x - this.lr * g];
  }
}

class Counting extends Descent {
  state = ["n"];
  start() {
    return [0];
  }
  step(_g, x, t, n) {
    return [x, n + t];
  }
}

const bowl = { f: (x, y) => (x * x + 4 * y * y) / 2, df: (x, y) => [x, 4 * y] };

test("a run is recorded with its start, queries and gradients", () => {
  const trace = runOn(bowl, new Descent(), [8, 1], 3);
  assert.deepEqual([...trace.x], [8, 1, 4, -1, 2, 1, 1, -1]);
  assert.deepEqual([...trace.query], [8, 1, 4, -1, 2, 1]);
  assert.deepEqual([...trace.gradient], [8, 4, 4, -4, 2, 4]);
  assert.deepEqual([...valuesAlong(bowl, trace)], [34, 10, 4, 2.5]);
});

test("steps count from 1, and each coordinate has its state", () => {
  const { state } = run(new Counting(), () => [0, 0, 0], [0, 0, 0], 3);
  assert.deepEqual([...state.n], [0, 0, 0, 1, 1, 1, 3, 3, 3, 6, 6, 6]);
});

test("a schedule sets the lr of each step, from t = 1", () => {
  const asked = [];
  const lr = (t) => {
    asked.push(t);
    return 1 / t;
  };
  const { x } = run(new Descent(), ([u]) => [u], [6], 2, lr);
  assert.deepEqual(asked, [1, 2]);
  assert.deepEqual([...x], [6, 0, 0]);
});

test("a run of no steps is its start", () => {
  assert.deepEqual([...run(new Descent(), () => [1], [3], 0).x], [3]);
});

test("draws are in (0, 1), by seed alone, and normal where asked", () => {
  const draw = uniform(3);
  const first = Array.from({ length: 1000 }, draw);
  assert.ok(first.every((value) => value > 0 && value < 1));
  const again = uniform(3);
  assert.deepEqual(Array.from({ length: 1000 }, again), first);
  assert.notEqual(uniform(4)(), first[0]);
  const one = normal(5);
  const numbers = Array.from({ length: 4000 }, one);
  const mean = numbers.reduce((sum, value) => sum + value, 0) / 4000;
  const variance = numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 4000;
  assert.ok(Math.abs(mean) < 3 / Math.sqrt(4000)); // three standard errors
  assert.ok(Math.abs(variance - 1) < 3 * Math.sqrt(2 / 4000));
});
