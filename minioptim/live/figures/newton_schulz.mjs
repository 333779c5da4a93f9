// The singular values of an update while Newton-Schulz steps bring them to 1, or near it, and the
// map that one step makes of each, walked from a value that can be moved.

/** @import { Context, Figure } from "../drawing/types" */

import { chart } from "../drawing/chart.mjs";
import { legend } from "../drawing/frame.mjs";
import { plane } from "../drawing/plane.mjs";
import { controlOf } from "../drawing/state.mjs";
import { said } from "../drawing/words.mjs";

const MAP_POINTS = 160; // of a drawn curve

/**
 * A singular value before the steps and after each of them.
 *
 * @param {number[]} coefficients of s, of its third power and of its fifth
 * @param {number} start
 * @param {number} steps
 */
export function walk([a, b, c], start, steps) {
  const path = [start];
  for (let k = 0; k < steps; k += 1) {
    const s = path[k];
    path.push(a * s + b * s ** 3 + c * s ** 5);
  }
  return path;
}

/**
 * @param {Context} context
 * @returns {Figure}
 */
export function newton_schulz({ word, views, declaration, signal, change, looks }) {
  const { coefficients: sets, singular, longest } = declaration.facts;
  const { low, high } = controlOf(declaration, "s");
  const [grey, ink] = ["#6b7280", "#3b3b3b"];
  const now = { color: looks.Lion.color };
  const map = plane(views, {
    title: word("views.map"),
    tab: word("tabs.map"),
    domain: [
      [0, longest],
      [0, longest],
    ],
    xLabel: word("axes.before"),
    yLabel: word("axes.after"),
    signal,
    word,
  });
  const all = chart(views, {
    title: word("views.values"),
    tab: word("tabs.values"),
    xLabel: word("axes.number"),
    yLabel: word("axes.value"),
    yLog: true,
    xRange: [0.5, singular.length + 0.5],
    yRange: [5e-4, 3],
    height: 300,
  });
  legend(all.root.parentNode, [
    { label: word("legend.before"), look: { color: grey } },
    { label: word("legend.now"), look: now },
  ]);
  const place = singular.map((_, k) => k + 1);
  map.outline("same", [0, 0, longest, longest], { color: grey, dash: "2 4", width: 1.5 });
  const moveHandle = map.handle(word("handle.s"), ([s]) => change({ s }), [
    [low, high],
    [0, 0],
  ]);

  return {
    draw({ k, s, coefficients }) {
      const set = sets[coefficients];
      const drawn = Array.from({ length: MAP_POINTS + 1 }, (_, j) => (longest * j) / MAP_POINTS);
      map.outline(
        "map",
        drawn.flatMap((x) => [x, walk(set, x, 1)[1]]),
        { ...now, width: 2.5 },
      );
      const path = walk(set, s, k);
      const stairs = [s, 0];
      for (let j = 0; j < k; j += 1) {
        stairs.push(path[j], path[j + 1]);
        if (j + 1 < k) stairs.push(path[j + 1], path[j + 1]);
      }
      map.outline("stairs", stairs, { color: ink, width: 1.5 });
      map.dot("end", k ? [path[k - 1], path[k]] : [s, 0], { color: ink, radius: 5 });
      moveHandle([s, 0]);
      const after = singular.map((value) => walk(set, value, k)[k]);
      all.draw({
        series: [
          { name: "before", x: place, y: singular, look: { color: grey }, dots: true },
          { name: "now", x: place, y: after, look: now, dots: true },
        ],
        lines: [{ name: "one", y: 1, label: "" }],
      });
      return [
        said("all", { k, smallest: Math.min(...after), largest: Math.max(...after) }),
        said("one", { s, end: path[k] }),
      ];
    },
    press() {},
  };
}
