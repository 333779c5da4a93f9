// A rate that falls from a step that a handle sets, beside averages of a run whose rate stays:
// of its points from that step on, and Schedule-Free's of all points.

/** @import { Context, Figure } from "../drawing/types" */

import { chart } from "../drawing/chart.mjs";
import { legend } from "../drawing/frame.mjs";
import { plane } from "../drawing/plane.mjs";
import { normal, run } from "../drawing/simulate.mjs";
import { controlOf } from "../drawing/state.mjs";
import { said } from "../drawing/words.mjs";

/**
 * The mean, up to each step, of the points after step `begin`; before it, the points.
 *
 * @param {Float64Array} x points of d numbers, one after another
 * @param {number} d
 * @param {number} begin
 */
export function tail(x, d, begin) {
  const means = Float64Array.from(x);
  for (let k = (begin + 2) * d; k < x.length; k += 1) {
    const count = Math.floor(k / d) - begin;
    means[k] = means[k - d] + (x[k] - means[k - d]) / count;
  }
  return means;
}

/**
 * The heights above the minimum along a run: means over its coordinates.
 *
 * @param {Float64Array} x
 * @param {number[]} curvatures
 */
export function heights(x, curvatures) {
  const d = curvatures.length;
  return Float64Array.from({ length: x.length / d }, (_, t) =>
    curvatures.reduce((sum, c, i) => sum + (c * x[t * d + i] ** 2) / 2 / d, 0),
  );
}

/**
 * @param {Context} context
 * @returns {Figure}
 */
export function without_a_schedule({ word, views, declaration, signal, change, rules, looks }) {
  const { steps, curvatures, start, sigma, average } = declaration.facts;
  const [ofBegin, ofRate] = [controlOf(declaration, "begin"), controlOf(declaration, "lr")];
  const d = curvatures.length;
  const constant = { color: "#6b7280", width: 1 };
  const schedule = looks.GradientDescent;
  const tailed = { color: average, dash: "6 3" };
  const free = looks.ScheduleFree;
  const rates = plane(views, {
    title: word("views.rate"),
    tab: word("tabs.rate"),
    domain: [
      [0, steps],
      [0, 2],
    ],
    unlike: true,
    height: 172,
    xLabel: word("axes.step"),
    yLabel: word("axes.rate"),
    signal,
    word,
  });
  const losses = chart(views, {
    title: word("views.loss"),
    tab: word("tabs.loss"),
    xLabel: word("axes.step"),
    yLabel: "f(x)",
    yLog: true,
    xRange: [0, steps],
    yRange: [3e-3, 5],
    height: 300,
  });
  legend(losses.root.parentNode, [
    { label: word("legend.constant"), look: constant },
    { label: word("legend.schedule"), look: schedule },
    { label: word("legend.average"), look: tailed },
    { label: word("legend.free"), look: free },
  ]);
  const moveHandle = rates.handle(
    word("handle.begin"),
    ([begin, lr]) => change({ begin: Math.round(begin), lr }),
    [
      [ofBegin.low, ofBegin.high],
      [ofRate.low, ofRate.high],
    ],
  );

  return {
    draw({ begin, lr, seed }) {
      // The same noise for each run.
      const walk = (rule, rate) => {
        const draw = normal(seed);
        const slopes = (x) => x.map((place, i) => curvatures[i] * place + sigma * draw());
        return run(rule, slopes, new Array(d).fill(start), steps, rate).x;
      };
      const stays = walk(new rules.GradientDescent({ lr }));
      const falls = walk(
        new rules.GradientDescent({ lr }),
        (t) => lr * Math.min(1, (steps + 1 - t) / (steps - begin)),
      );
      const goes = walk(new rules.ScheduleFree({ lr }));
      const of = (x) => heights(x, curvatures);
      const [level, fallen, mean, freed] = [stays, falls, tail(stays, d, begin), goes].map(of);
      rates.outline("rate", [0, lr, begin, lr, steps, 0], { ...schedule, width: 2.5 });
      moveHandle([begin, lr]);
      const late = Float64Array.from(mean.slice(begin + 1));
      losses.draw({
        series: [
          { name: "constant", y: level, look: constant },
          { name: "schedule", y: fallen, look: schedule },
          { name: "average", x: late.map((_, k) => begin + 1 + k), y: late, look: tailed },
          { name: "free", y: freed, look: free },
        ],
        lines: [{ name: "begin", x: begin, label: "" }],
      });
      const floor = level.slice(-50).reduce((sum, f) => sum + f / 50, 0);
      return [
        said("ends", { schedule: fallen[steps], average: mean[steps], free: freed[steps] }),
        said("floor", { floor }),
      ];
    },
    press(name, { seed }) {
      if (name === "draw") change({ seed: (seed % 99) + 1 });
    },
  };
}
