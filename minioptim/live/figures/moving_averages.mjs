// A noisy series, its exponentially weighted moving average, and the weights that are in it today.

/** @import { Context, Figure } from "../drawing/types" */

import { chart } from "../drawing/chart.mjs";
import { legend } from "../drawing/frame.mjs";
import { normal, run } from "../drawing/simulate.mjs";
import { said } from "../drawing/words.mjs";

/**
 * The age at which a weight has fallen to half.
 *
 * @param {number} beta
 */
export function halfLife(beta) {
  return beta > 0 ? Math.log(0.5) / Math.log(beta) : 0;
}

/**
 * The weights at step t of ages 0, 1, ..., t - 1; corrected, they have the sum 1.
 *
 * @param {number} beta
 * @param {number} t
 * @param {boolean} corrected
 */
export function weightsAt(beta, t, corrected) {
  const whole = corrected ? 1 - beta ** t : 1;
  return Array.from({ length: t }, (_, age) => ((1 - beta) * beta ** age) / whole);
}

/**
 * A level arrow from `from` to `to` at the height `y`, with a stop where it begins.
 *
 * @param {number} from
 * @param {number} to
 * @param {number} y
 */
function levelArrow(from, to, y) {
  const head = Math.min(2, (to - from) / 2);
  return {
    x: [from, from, from, to, to - head, to, to - head],
    y: [y - 1, y + 1, y, y, y + 1, y, y - 1],
  };
}

/**
 * @param {Context} context
 * @returns {Figure}
 */
export function moving_averages({ word, views, declaration, rules, looks }) {
  const { steps, mean, sigma } = declaration.facts;
  const look = { ...looks.EWMAMomentum, dash: "" };
  const values = { color: "#6b7280" };
  const usual = { color: "#b84300", dash: "6 4", width: 1.5 };
  const late = { color: "#9a3fb5", width: 3 };
  const dip = mean.indexOf(Math.min(...mean)) + 1;
  const days = Float64Array.from({ length: steps }, (_, k) => k + 1);

  const series = chart(views, {
    title: word("views.series"),
    tab: word("tabs.series"),
    xLabel: "t",
    yLabel: "y",
    yRange: [-2, 34],
    height: 250,
  });
  const memory = chart(views, {
    title: word("views.memory"),
    tab: word("tabs.memory"),
    xLabel: word("axes.age"),
    yLabel: word("axes.weight"),
    xRange: [-0.7, 105], // the longest window, 100, is inside
    height: 200,
  });
  legend(series.root.parentNode, [
    { label: word("legend.measured"), look: { ...values, width: 1 }, dots: true },
    { label: word("legend.mean"), look: usual },
    { label: word("legend.average"), look },
    { label: word("legend.lag"), look: late },
  ]);

  return {
    draw({ beta, day, seed, corrected }) {
      const draw = normal(seed);
      const y = mean.map((m) => m + sigma * draw());
      const trace = run(new rules.EWMAMomentum({ lr: 0, beta }), (_, t) => [y[t - 1]], [0], steps);
      const average = trace.state.v.slice(1);
      if (corrected) for (let k = 0; k < steps; k += 1) average[k] /= 1 - beta ** (k + 1);
      series.draw({
        series: [
          { name: "measured", x: days, y, look: { ...values, width: 1 }, dots: true },
          { name: "usual", x: days, y: mean, look: usual },
          { name: "average", x: days, y: average, look },
          { name: "lag", ...levelArrow(dip, dip + beta / (1 - beta), 2), look: late },
        ],
        lines: [{ name: "day", x: day, label: word("marks.today") }],
        range: { x: [0, steps] },
      });
      const weights = weightsAt(beta, day, corrected);
      // One scale, whether corrected or not, or the correction would change nothing to the eye; a
      // second one for the few values that count more than that.
      const most = weightsAt(beta, day, true)[0];
      memory.draw({
        series: [],
        bars: { x: weights.map((_, age) => age), y: weights, width: 0.8, color: look.color },
        lines: [
          { name: "window", x: 1 / (1 - beta), label: "1/(1−β)" },
          { name: "half", x: halfLife(beta), label: word("marks.half") },
        ],
        range: { y: [0, most > 0.3 ? 1.05 : 0.3] },
      });
      const sum = weights.reduce((total, weight) => total + weight, 0);
      return [
        said("memory", { window: 1 / (1 - beta), lag: beta / (1 - beta), half: halfLife(beta) }),
        said("today", { day, sum, average: average[day - 1], mean: mean[day - 1] }),
      ];
    },
    press() {},
  };
}
