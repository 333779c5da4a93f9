// A coordinate whose gradients keep their size and agree more or less, by one handle: the average
// sinks inside a root that stays, and Adam's step with it.

/** @import { Context, Figure } from "../drawing/types" */

import { chart } from "../drawing/chart.mjs";
import { legend } from "../drawing/frame.mjs";
import { run } from "../drawing/simulate.mjs";
import { controlOf } from "../drawing/state.mjs";
import { said } from "../drawing/words.mjs";

/**
 * The mean step in units of lr, long after the start, at a signal-to-noise ratio.
 *
 * @param {number} ratio
 */
export function meanStep(ratio) {
  return ratio / Math.hypot(1, ratio);
}

/**
 * @param {Context} context
 * @returns {Figure}
 */
export function adam_noise({ word, views, declaration, rules, looks }) {
  const { draws, turn, scatter, colors } = declaration.facts;
  const { low, high } = controlOf(declaration, "ratio");
  const steps = draws.length;
  const look = looks.Adam;
  const [dots, average] = [{ color: "#6b7280" }, { color: colors.average }];
  const root = { color: colors.root, dash: "6 3" };
  const law = { color: "#1f2933", dash: "6 4", width: 1.5 };
  const spread = { color: "#6b7280", dash: "2 3", width: 1.5 };
  const t = Float64Array.from(draws, (_, k) => k + 1);
  const axis = { xLabel: word("axes.step"), height: 260 };

  const gradients = chart(views, {
    ...axis,
    title: word("views.gradients"),
    tab: word("tabs.gradients"),
    yLabel: "g",
    yRange: [-3, 3],
  });
  const quotients = chart(views, {
    ...axis,
    title: word("views.steps"),
    tab: word("tabs.steps"),
    lead: true,
    yLabel: word("axes.quotient"),
    yRange: [-1.5, 1.5],
  });
  const means = chart(views, {
    title: word("views.means"),
    tab: word("tabs.means"),
    xLabel: word("axes.ratio"),
    yLabel: word("axes.mean"),
    xLog: true,
    height: 260,
  });
  legend(gradients.root.parentNode, [
    { label: "g", look: dots, dots: true },
    { label: "m̂", look: average },
    { label: "±√v̂", look: root },
  ]);
  legend(quotients.root.parentNode, [
    { label: word("legend.quotient"), look },
    { label: word("legend.mean"), look: law },
    { label: word("legend.scatter"), look: spread },
  ]);
  const ratios = Array.from({ length: 101 }, (_, k) => low * (high / low) ** (k / 100));

  return {
    draw({ ratio }) {
      const sign = t.map((k) => (k <= turn ? 1 : -1));
      const g = t.map((k) => (sign[k - 1] * ratio + draws[k - 1]) / Math.hypot(1, ratio));
      const rule = new rules.Adam({ lr: 1 });
      const trace = run(rule, (_, k) => [g[k - 1]], [0], steps);
      const roots = t.map((k) => Math.sqrt(trace.state.v[k] / (1 - rule.beta2 ** k)));
      gradients.draw({
        series: [
          { name: "root", x: t, y: roots, look: root },
          { name: "minus root", x: t, y: roots.map((value) => -value), look: root },
          { name: "g", x: t, y: g, look: dots, dots: true },
          {
            name: "average",
            x: t,
            y: t.map((k) => trace.state.m[k] / (1 - rule.beta1 ** k)),
            look: average,
          },
        ],
        range: { x: [0, steps] },
      });
      // Minus the step, so that it stands on the side of the gradients.
      const minus = t.map((k) => trace.x[k - 1] - trace.x[k]);
      const mean = t.map((k) => sign[k - 1] * meanStep(ratio));
      const apart = scatter / Math.hypot(1, ratio);
      quotients.draw({
        series: [
          { name: "mean", x: t, y: mean, look: law },
          { name: "above", x: t, y: mean.map((value) => value + apart), look: spread },
          { name: "below", x: t, y: mean.map((value) => value - apart), look: spread },
          { name: "step", x: t, y: minus, look },
        ],
        range: { x: [0, steps] },
      });
      means.draw({
        series: [{ name: "law", x: ratios, y: ratios.map(meanStep), look: law }],
        lines: [{ name: "now", x: ratio, label: word("marks.here", { mean: meanStep(ratio) }) }],
        range: { x: [low, high], y: [0, 1.1] },
      });
      const steady = minus.slice(turn / 2, turn);
      const wrong = steady.filter((step) => step < 0).length / steady.length;
      return [
        said("drift", { expected: meanStep(ratio), scatter: apart }),
        said("wrong", { percent: Math.round(100 * wrong) }),
      ];
    },
    press() {},
  };
}
