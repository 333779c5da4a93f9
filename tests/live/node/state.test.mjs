import assert from "node:assert/strict";
import { test } from "node:test";

import { digitsOf, notchToValue, valueToNotch } from "../../../minioptim/live/drawing/controls.mjs";
import {
  allowed,
  controlOf,
  defaults,
  fromFragment,
  toFragment,
  typed,
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

test("a number is read as people type it, and nothing else is one", () => {
  for (const [text, value] of [
    ["1e-3", 0.001],
    [" 0,5 ", 0.5],
    ["\u22122", -2],
    ["2.", 2],
    [".25", 0.25],
  ])
    assert.equal(typed(text), value, text);
  for (const text of ["", " ", "1,2,3", "0x10", "1e", "one", "1 000", "Infinity"])
    assert.ok(Number.isNaN(typed(text)), text);
});

test("a value is shown in digits that tell it apart, and that can be typed again", () => {
  const [lr, step] = CONTROLS;
  const decay = { kind: "slider", name: "beta2", low: 0, high: 0.9999, toward_one: true };
  assert.equal(digitsOf(lr, 0.05), "0.05");
  assert.equal(digitsOf(lr, notchToValue(lr, 777)).length <= 5, true);
  assert.equal(digitsOf(lr, 0.1234567), "0.1234567");
  assert.equal(digitsOf(step, 17), "17");
  assert.equal(digitsOf(decay, 0.9999), "0.9999");
  for (const value of [1e-7, 0.001, 0.99995]) assert.equal(typed(digitsOf(decay, value)), value);
});
