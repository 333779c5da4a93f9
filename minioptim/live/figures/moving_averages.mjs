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
 * @param {Context} context
 * @returns {Figure}
 */
export function moving_averages({ word, views, declaration, change, rules, looks }) {
  const { steps, mean, sigma } = declaration.facts;
  const look = { ...looks.EWMAMomentum, dash: "" };
  const values = { color: "#6b7280" };
  const usual = { color: "#b84300", dash: "6 4", width: 1.5 };
  const days = Float64Array.from({ length: steps }, (_, k) => k + 1);

  const series = chart(views, {
    title: word("views.series"),
    xLabel: "t",
    yLabel: "y",
    yRange: [-2, 34],
    height: 300,
  });
  const memory = chart(views, {
    title: word("views.memory"),
    xLabel: word("axes.age"),
    yLabel: word("axes.weight"),
    height: 300,
  });
  legend(series.root.parentNode, [
    { label: word("legend.measured"), look: { ...values, width: 1 }, dots: true },
    { label: word("legend.mean"), look: usual },
    { label: word("legend.average"), look },
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
        ],
        lines: [{ name: "day", x: day, label: word("marks.today") }],
        range: { x: [0, steps] },
      });
      const weights = weightsAt(beta, day, corrected);
      // As many ages as the window asks for, so that its mark is never outside.
      const oldest = Math.max(60, Math.ceil(1.1 / (1 - beta)));
      const shown = weights.slice(0, oldest);
      memory.draw({
        series: [],
        bars: { x: shown.map((_, age) => age), y: shown, width: 0.8 },
        lines: [
          { name: "window", x: 1 / (1 - beta), label: "1/(1−β)" },
          { name: "half", x: halfLife(beta), label: word("marks.half") },
        ],
        range: { x: [-0.7, oldest], y: [0, Math.max(...weights) * 1.25] },
      });
      const sum = weights.reduce((total, weight) => total + weight, 0);
      return [
        said("memory", { window: 1 / (1 - beta), half: halfLife(beta) }),
        said("today", { day, sum, average: average[day - 1], mean: mean[day - 1] }),
      ];
    },
    press(name, { seed }) {
      if (name === "draw") change({ seed: (seed % 99) + 1 });
    },
  };
}
