import assert from "node:assert/strict";
import { test } from "node:test";

import { angleBetween, parts, toldOf } from "../../../minioptim/live/drawing/anatomy.mjs";
import { run } from "../../../minioptim/live/drawing/simulate.mjs";

// Small rules, written here to be known from outside; the figures use those translated from Python.
class Descent {
  state = [];
  lr = 0.1;
  constructor(values = {}) {
    Object.assign(this, values);
  }
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

class Ahead extends Descent {
  state = ["v"];
  momentum = 0.9;
  constructor(values = {}) {
    super();
    Object.assign(this, values);
  }
  start() {
    return [0];
  }
  query(x, v) {
    return x + this.momentum * v;
  }
  step(g, x, _t, v) {
    const next = this.momentum * v - this.lr * g;
    return [x + next, next];
  }
}

class Divided extends Descent {
  state = ["m", "G"];
  eps = 1e-8;
  weight_decay = 0.1;
  constructor(values = {}) {
    super();
    Object.assign(this, values);
  }
  start() {
    return [0, 0];
  }
  step(g, x, _t, m, G) {
    m = 0.5 * m + g;
    G += g * g;
    return [x - this.lr * (m / (Math.sqrt(G) + this.eps) + this.weight_decay * x), m, G];
  }
}

const slopes = ([x, y]) => [x, 10 * y];
const near = (a, b) =>
  a.forEach((value, i) => {
    assert.ok(Math.abs(value - b[i]) < 1e-9, `${a} is not ${b}`);
  });
const plus = (a, b) => a.map((value, i) => value + b[i]);

test("gradient descent has the step alone: no memory, no divisor", () => {
  const rule = new Descent();
  assert.deepEqual(Object.keys(parts(rule, run(rule, slopes, [1, 1], 3), 2).moves), ["result"]);
});

test("with momentum, memory and -lr times g ahead make a step", () => {
  const rule = new Ahead();
  const trace = run(rule, slopes, [1, 1], 6);
  const { x, query, moves } = parts(rule, trace, 5);
  near(plus(x, moves.result.move), [...trace.x.slice(10, 12)]);
  near(plus(x, moves.memory.move), query); // the jump is what is left of the velocity
  near(moves.added.from, query);
  near(
    moves.added.move,
    slopes(query).map((g) => -rule.lr * g),
  );
});

test("undivided, a step is along the average; decay is apart", () => {
  const rule = new Divided();
  const trace = run(rule, slopes, [1, 1], 6);
  const { x, query, moves } = parts(rule, trace, 4);
  const m = [0, 1].map((i) => trace.state.m[2 * 4 + i]); // after step 4
  assert.ok(
    angleBetween(
      moves.unscaled.move,
      m.map((value) => -value),
    ) < 1e-6,
  );
  assert.ok(
    angleBetween(
      moves.gradient.move,
      slopes(query).map((g) => -g),
    ) < 1e-6,
  );
  near(
    moves.decay.move,
    x.map((value) => -rule.lr * rule.weight_decay * value),
  );
  near(plus(moves.decay.from, moves.decay.move), plus(x, moves.result.move));
  for (const name of ["unscaled", "gradient"]) {
    assert.ok(Math.abs(Math.hypot(...moves[name].move) - Math.hypot(...moves.result.move)) < 1e-12);
  }
});

test("a step that is none has parts of length 0, and no NaN", () => {
  const rule = new Divided({ weight_decay: 0 });
  const { moves } = parts(
    rule,
    run(rule, () => [0, 0], [1, 1], 2),
    1,
  );
  for (const { move } of Object.values(moves)) near(move, [0, 0]);
});

test("the angle between moves is the school's at any lengths", () => {
  assert.equal(angleBetween([2, 0], [0, 5]), 90);
  assert.equal(angleBetween([1, 1], [-3, -3]), 180);
  assert.equal(angleBetween([1, 0], [7, 0]), 0);
});

test("what is told of a step is the same however often it is told", () => {
  const rule = new Divided({ weight_decay: 0 });
  const { moves } = parts(rule, run(rule, slopes, [1, 1], 6), 4);
  for (const own of [[], [{ key: "pulled", values: {} }]]) {
    const before = [...own];
    const first = toldOf(moves, own);
    assert.equal(first.length, own.length + 3); // away, turned, remembered
    assert.deepEqual(toldOf(moves, own), first);
    assert.deepEqual(own, before);
  }
});
