import assert from "node:assert/strict";
import { test } from "node:test";

import { asJson, said, speaker } from "../../../minioptim/live/drawing/words.mjs";

const CATALOGUE = {
  "between.items": ", ",
  plain: "as it is",
  two: "{b} before {a}",
  item: "{rule} {f}",
  list: "first: {items}.",
};
const word = speaker(CATALOGUE);

test("numbers are written for readers, texts stand as they are", () => {
  assert.equal(word("plain"), "as it is");
  assert.equal(word("two", { a: 1234567, b: said("plain") }), "as it is before 1.23·10⁶");
});

test("a list is joined as the language joins lists", () => {
  const items = [said("item", { rule: "Adam", f: 0.5 }), said("item", { rule: "SGD", f: -1 }), "…"];
  assert.equal(word("list", { items }), "first: Adam 0.5, SGD \u22121, ….");
});

test("a key without words and a name without a value are errors", () => {
  assert.throws(() => word("toString"), /no words for toString/);
  assert.throws(() => word("two", { a: 1 }), /two names \{b\}/);
  assert.throws(() => word("item", { f: 1, __proto__: { rule: "x" } }), /item names \{rule\}/);
});

test("what was said can be read by programs, infinity by its name", () => {
  const pieces = [said("item", { rule: "Adam", f: Infinity }), said("plain")];
  assert.deepEqual(JSON.parse(asJson(pieces)), [
    { key: "item", values: { rule: "Adam", f: "Infinity" } },
    { key: "plain", values: {} },
  ]);
});
