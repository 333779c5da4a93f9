// The size of Adam's step in units of lr for several kinds of gradients, the same without bias
// correction, and what it comes to in the ravine.

/** @import { Context, Figure } from "../drawing/types" */

import { anatomyView } from "../drawing/anatomy.mjs";
import { chart } from "../drawing/chart.mjs";
import { legend } from "../drawing/frame.mjs";
import { plane } from "../drawing/plane.mjs";
import { run, runOn } from "../drawing/simulate.mjs";
import { said } from "../drawing/words.mjs";

const LONE = 50; // the step of the one large gradient

/**
 * The mean step in units of lr, long after the start, at gradients of mean 1 with this much noise.
 *
 * @param {number} noise the standard deviation of the gradients
 */
export function meanStep(noise) {
  return 1 / Math.hypot(1, noise);
}

/**
 * @param {Context} context
 * @returns {Figure}
 */
export function adam({ word, views, declaration, signal, rules, surfaces, looks }) {
  const { steps, gradients, draws } = declaration.facts;
  const look = looks.Adam;
  const other = { ...look, dash: "2 4" };
  const ravine = new surfaces.Ravine();
  const moves = chart(views, {
    title: word("views.moves"),
    xLabel: word("axes.step"),
    yLabel: word("axes.move"),
    height: 300,
  });
  const map = plane(views, { title: word("views.ravine"), domain: ravine.domain, signal, word });
  // As in the chapter: the step has Adam's colour, and what it divides has momentum's.
  const takeApart = anatomyView(views, {
    signal,
    word,
    looks: {
      result: { color: look.color, width: 5 },
      unscaled: { color: "#0072b2" },
      memory: { color: "#1f2933", dash: "2 3" },
    },
  });
  legend(moves.root.parentNode, [
    { label: word("legend.chosen"), look },
    { label: word("legend.other"), look: other },
  ]);
  const t = Float64Array.from({ length: steps }, (_, k) => k + 1);

  return {
    draw({ kind, noise, corrected, beta1, beta2, eps, lr, anatomy: at }) {
      const g = kind === "noise" ? draws.map((one) => 1 + noise * one) : gradients[kind];
      const make = (yes, rate) =>
        new rules[yes ? "Adam" : "UncorrectedAdam"]({ lr: rate, beta1, beta2, eps });
      const points = (yes) => run(make(yes, 1), (_, k) => [g[k - 1]], [0], steps).x;
      const lengths = (x) => Float64Array.from(t, (k) => Math.abs(x[k] - x[k - 1]));
      const series = points(corrected);
      const [chosen, otherWay] = [lengths(series), lengths(points(!corrected))];
      const longest = Math.max(...chosen);
      moves.draw({
        series: [
          { name: "other", x: t, y: otherWay, look: other },
          { name: "step", x: t, y: chosen, look },
        ],
        lines: [{ name: "lr", y: 1, label: "lr" }],
        range: { x: [0, steps], y: [0, Math.max(1.2, 1.08 * Math.max(...chosen, ...otherWay))] },
      });
      const rule = make(corrected, lr);
      const trace = runOn(ravine, rule, ravine.start, steps);
      map.surface(ravine, "ravine");
      map.path("path", trace.x, look);
      map.dot("start", ravine.start, { color: look.color });
      map.dot("apart", at ? [trace.x[2 * at - 2], trace.x[2 * at - 1]] : null, {
        color: look.color,
        radius: 6,
      });
      const end = ravine.f(trace.x[2 * steps], trace.x[2 * steps + 1]);
      const longestAt = chosen.findIndex((length) => length > 0.999999 * longest) + 1;
      return [
        said("moves", { first: chosen[0], longest, at: longestAt, last: chosen[steps - 1] }),
        ...(kind === "noise"
          ? [said("mean", { mean: -series[steps] / steps, expected: meanStep(noise) })]
          : []),
        ...(kind === "lone" ? [said("lone", { length: chosen[LONE - 1] })] : []),
        said("ravine", { f: end, steps }),
        ...takeApart(ravine, "ravine", rule, trace, at),
      ];
    },
    press() {},
  };
}
