import assert from "node:assert/strict";
import { test } from "node:test";

import { notchToValue, valueToNotch } from "../../../minioptim/live/drawing/controls.mjs";
import {
  allowed,
  controlOf,
  defaults,
  fromFragment,
  toFragment,
} from "../../../minioptim/live/drawing/state.mjs";

const CONTROLS = [
  { kind: "slider", name: "lr", value: 0.1, low: 0.001, high: 2, log: true, whole: false },
  { kind: "slider", name: "step", value: 3, low: 0, high: 300, log: false, whole: true },
  { kind: "switch", name: "corrected", value: true },
  { kind: "choice", name: "surface", value: "Beale", options: ["Beale", "Ravine"] },
  {
    kind: "point",
    name: "start",
    value: [-1, 2],
    domain: [
      [-4, 4],
      [-3, 3],
    ],
  },
  { kind: "button", name: "reset" },
];

test("a state goes into an address and comes back as it was", () => {
  const values = { lr: 0.123, step: 17, corrected: false, surface: "Ravine", start: [-0.5, 2.25] };
  assert.deepEqual(
    fromFragment("race", CONTROLS, `#${toFragment("race", CONTROLS, values)}`),
    values,
  );
});

test("an address holds only what differs from the defaults", () => {
  assert.equal(toFragment("race", CONTROLS, defaults(CONTROLS)), "live=race");
  assert.deepEqual(fromFragment("race", CONTROLS, "#live=race"), {});
});

test("an address not about this figure is nobody's business", () => {
  for (const fragment of ["", "#", "#references", "#live=adam&lr=0.1", "#lr=0.1"]) {
    assert.equal(fromFragment("race", CONTROLS, fragment), null);
  }
});

test("what is malformed, hostile or out of range is left out", () => {
  const hostile = [
    "lr=NaN",
    "lr=Infinity",
    "lr=1e999",
    "lr=0x10",
    "lr=-1",
    "lr=5",
    "lr=",
    "lr=0.1;alert(1)",
    "lr=<script>",
    "step=2.5",
    "step=-1",
    "corrected=1",
    "surface=__proto__",
    "surface=constructor",
    "surface=Beale%00",
    "start=1",
    "start=1,2,3",
    "start=1,x",
    "start=99,0",
    "__proto__=1",
    "__proto__[lr]=1",
    "reset=1",
    "%E0%A4%A=1",
    "unknown=7",
  ];
  for (const field of hostile) {
    assert.deepEqual(fromFragment("race", CONTROLS, `#live=race&${field}`), {}, field);
  }
  assert.equal(fromFragment("race", CONTROLS, `#live=race&lr=0.${"1".repeat(5000)}`), null);
  assert.equal({}.lr, undefined);
});

test("a hand's value is brought inside; another kind is refused", () => {
  const [lr, step, corrected, surface, start] = CONTROLS;
  assert.equal(allowed(lr, 7), 2);
  assert.equal(allowed(lr, NaN), undefined);
  assert.equal(allowed(lr, "0.1"), undefined);
  assert.equal(allowed(step, 2.6), 3);
  assert.equal(allowed(corrected, "true"), undefined);
  assert.equal(allowed(surface, "toString"), undefined);
  assert.deepEqual(allowed(start, [9, -9]), [4, -3]);
  assert.equal(allowed(start, [1, NaN]), undefined);
});

test("a slider's notches lead to values and back, the ends exactly", () => {
  const [lr] = CONTROLS;
  assert.equal(notchToValue(lr, 0), 0.001);
  assert.equal(notchToValue(lr, 1000), 2);
  const decay = {
    kind: "slider",
    name: "beta2",
    value: 0.999,
    low: 0,
    high: 0.9999,
    toward_one: true,
  };
  assert.equal(notchToValue(decay, 500), 0.99);
  for (const control of [lr, decay]) {
    for (const notch of [0, 1, 137, 500, 999, 1000])
      assert.equal(valueToNotch(control, notchToValue(control, notch)), notch);
  }
});

test("a control is found by its name; an unknown one is an error", () => {
  assert.equal(controlOf({ figure: "race", controls: CONTROLS }, "step"), CONTROLS[1]);
  assert.throws(
    () => controlOf({ figure: "race", controls: CONTROLS }, "stop"),
    /race has no control stop/,
  );
});

test("a choice is an option, and not what only prints like one", () => {
  assert.equal(allowed(CONTROLS[3], ["Beale"]), undefined);
});
