import assert from "node:assert/strict";
import { test } from "node:test";

import { wrapped } from "../../../minioptim/live/drawing/picture.mjs";

test("a text is cut between words, and no word is lost", () => {
  const text = "the rate is 0.9; a = 0.6; momentum = 0.8";
  for (const most of [1, 8, 13, 100]) {
    const lines = wrapped(text, most);
    assert.equal(lines.join(" "), text);
    for (const line of lines) assert.ok(line.length <= most || !line.includes(" "), line);
  }
  assert.deepEqual(wrapped("", 10), [""]);
});
