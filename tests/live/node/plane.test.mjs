import assert from "node:assert/strict";
import { test } from "node:test";

import { around } from "../../../minioptim/live/drawing/geometry.mjs";

// A page in as far as a plane needs one: elements with attributes and children.
class Element {
  attributes = {};
  children = [];
  style = { setProperty() {} };
  append(...children) {
    this.children.push(...children);
  }
  replaceChildren(...children) {
    this.children = children;
  }
  setAttribute(name, value) {
    this.attributes[name] = String(value);
  }
  getAttribute(name) {
    return this.attributes[name] ?? null;
  }
  all() {
    return [this, ...this.children.flatMap((child) => child.all())];
  }
}
globalThis.document = { createElement: () => new Element(), createElementNS: () => new Element() };
const { plane } = await import("../../../minioptim/live/drawing/plane.mjs");

function drawn(options) {
  const parent = new Element();
  const view = plane(parent, { title: "", ...options });
  const named = (key, name) => parent.all().find((element) => element.attributes[key] === name);
  const dotAt = (at) => {
    view.dot("d", at);
    const dot = named("data-dot", "d");
    return [Number(dot.attributes.cx), Number(dot.attributes.cy)];
  };
  return { view, parent, named, dotAt };
}

/** Pixels of one unit along each axis, measured between dots as far apart as the domain is wide. */
function unit({ dotAt }, [[left, right], [bottom, top]]) {
  const [x0, y0] = dotAt([left, bottom]);
  const [x1, y1] = dotAt([right, top]);
  return [(x1 - x0) / (right - left), (y0 - y1) / (top - bottom)];
}

const DOMAINS = {
  square: [
    [-2, 2],
    [-2, 2],
  ],
  wide: [
    [-10, 10],
    [-5, 5],
  ],
  "very wide": [
    [-8, 4],
    [-1, 1],
  ],
  tall: [
    [-1, 1],
    [-4, 6],
  ],
  "a close-up": around([
    [0.3, 0.7],
    [0.31, 0.69],
    [0.35, 0.71],
  ]),
};

for (const [name, domain] of Object.entries(DOMAINS)) {
  test(`a ${name} domain has square units, first and reframed`, () => {
    for (const left of [undefined, 56]) {
      const first = drawn({ domain, left });
      const second = drawn({
        domain: [
          [0, 1],
          [0, 3],
        ],
        left,
      });
      second.view.reframe(domain);
      for (const one of [first, second]) {
        const [wide, high] = unit(one, domain);
        assert.ok(Math.abs(wide / high - 1) < 2e-3, `${wide} against ${high}`);
      }
    }
  });

  test(`a ${name} domain is in sight and touches two borders`, () => {
    const one = drawn({ domain });
    const { attributes: box } = one.parent
      .all()
      .find((element) => element.attributes.class === "live-border");
    const edges = [
      Number(box.x),
      Number(box.x) + Number(box.width),
      Number(box.y),
      Number(box.y) + Number(box.height),
    ];
    const corners = [
      one.dotAt(domain.map(([low]) => low)),
      one.dotAt(domain.map(([, high]) => high)),
    ];
    const gaps = [
      corners[0][0] - edges[0],
      edges[1] - corners[1][0],
      edges[3] - corners[0][1],
      corners[1][1] - edges[2],
    ];
    assert.ok(
      gaps.every((gap) => gap > -0.1),
      String(gaps),
    );
    assert.ok(Math.min(Math.max(gaps[0], gaps[1]), Math.max(gaps[2], gaps[3])) < 0.1, String(gaps));
  });
}

test("the arrow of -g starts at right angles to the level line", () => {
  const at = [-1, 0.6];
  const g = [at[0] / 10, 2 * at[1]]; // of x²/20 + y²
  const { view, named } = drawn({
    domain: [
      [-2, 2],
      [-2, 2],
    ],
  });
  view.arrow("down", at, [at[0] - 0.4 * g[0], at[1] - 0.4 * g[1]]);
  view.outline("level", [...at, at[0] - 0.4 * g[1], at[1] + 0.4 * g[0]], {}); // its tangent
  const drawnMove = (d) => {
    const [x0, y0, x1, y1] = d.match(/-?[\d.]+/g).map(Number);
    return [x1 - x0, y1 - y0];
  };
  const [a, b] = drawnMove(named("data-arrow", "down").children[0].attributes.d);
  const [c, d] = drawnMove(named("data-line", "level").attributes.d);
  const cosine = (a * c + b * d) / (Math.hypot(a, b) * Math.hypot(c, d));
  assert.ok(Math.abs(cosine) < 0.01, `${(Math.acos(cosine) * 180) / Math.PI} degrees`);
});

test("coordinates of different kinds fill the view as they are", () => {
  const one = drawn({
    domain: [
      [0, 4],
      [0, 1],
    ],
    unlike: true,
  });
  const [wide, high] = unit(one, [
    [0, 4],
    [0, 1],
  ]);
  assert.ok(high > 2 * wide);
});
