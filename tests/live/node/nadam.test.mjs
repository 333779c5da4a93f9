import assert from "node:assert/strict";
import { test } from "node:test";
import { run } from "../../../minioptim/live/drawing/simulate.mjs";
import { correctionAndJump } from "../../../minioptim/live/figures/nadam.mjs";

// NAdam with constant momentum, written as the chapter derives it.
class Constant {
  state = ["m", "v", "mu_product"];
  lr = 0.1;
  beta1 = 0.9;
  constructor(values = {}) {
    Object.assign(this, values);
  }
  start() {
    return [0, 0, 1];
  }
  query(x) {
    return x;
  }
  step(g, x, t, m, v, product) {
    const b = this.beta1;
    const next = [b * m + (1 - b) * g, 0.999 * v + 0.001 * g * g, b * product];
    const root = Math.sqrt(next[1] / (1 - 0.999 ** t));
    const bar = ((1 - b) * g) / (1 - b ** t) + (b * next[0]) / (1 - b ** (t + 1));
    return [x - (this.lr * bar) / root, ...next];
  }
}

const slopes = ([x, y]) => [2 * x, 4 * y];

test("a step is the correction by the gradient, and a jump by the new average", () => {
  const [b, lr, t] = [0.9, 0.1, 4];
  const trace = run(new Constant(), slopes, [5, -1], 6);
  const { moves, told } = correctionAndJump(new Constant(), trace, t);
  for (const i of [0, 1]) {
    const root = Math.sqrt(trace.state.v[2 * t + i] / (1 - 0.999 ** t));
    const g = trace.gradient[2 * (t - 1) + i];
    const correction = (-lr * ((1 - b) * g)) / (1 - b ** t) / root;
    const jump = (-lr * (b * trace.state.m[2 * t + i])) / (1 - b ** (t + 1)) / root;
    assert.ok(Math.abs(moves.correction.move[i] - correction) < 1e-12);
    assert.ok(Math.abs(moves.jump.move[i] - jump) < 1e-12);
    assert.equal(moves.jump.from[i], moves.correction.from[i] + moves.correction.move[i]);
  }
  assert.equal(told.length, 1);
});

test("the first jump is 4.737 of 14.737 in the chapter's table", () => {
  const trace = run(new Constant(), slopes, [5, -1], 1);
  const [{ values }] = correctionAndJump(new Constant(), trace, 1).told;
  assert.ok(Math.abs(values.ratio - 4.737 / 14.737) < 1e-4);
});

test("without a memory all of the step is the correction", () => {
  const rule = new Constant({ beta1: 0 });
  const { moves } = correctionAndJump(rule, run(rule, slopes, [5, -1], 3), 2);
  assert.deepEqual(moves.jump.move, [0, 0]);
});
