// A schedule of lr (numbers that Python computed) and a decay of the weights, on a noisy bowl whose
// minimum is not at the origin.

/** @import { Context, Figure, Point } from "../drawing/types" */

import { anatomyView } from "../drawing/anatomy.mjs";
import { chart } from "../drawing/chart.mjs";
import { legend } from "../drawing/frame.mjs";
import { plane } from "../drawing/plane.mjs";
import { normal, run } from "../drawing/simulate.mjs";
import { said } from "../drawing/words.mjs";

const PICTURE = [
  [-2, 2],
  [-2, 2],
];
const LAST = 20; // steps whose mean tells where a run has come to rest

/**
 * Where a bowl with minimum `goal` and a penalty `decay` |x|²/2 has its lowest point: (A + decay) x = A goal.
 *
 * @param {number[]} curvatures
 * @param {number} angle
 * @param {number[]} goal
 * @param {number} decay
 * @returns {Point}
 */
export function pulled([low, high], angle, goal, decay) {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const u = ((c * goal[0] + s * goal[1]) * low) / (low + decay);
  const v = ((c * goal[1] - s * goal[0]) * high) / (high + decay);
  return [c * u - s * v, s * u + c * v];
}

/**
 * @param {Context} context
 * @returns {Figure}
 */
export function in_practice({ word, views, declaration, signal, change, rules, surfaces, looks }) {
  const { steps, sigma, goal, start, curvatures, angle, schedules } = declaration.facts;
  const bowl = new surfaces.Bowl({ lambda1: curvatures[0], lambda2: curvatures[1], angle });
  const moved = { f: (x, y) => bowl.f(x - goal[0], y - goal[1]) };
  const pull = { color: "#d55e00" };
  const map = plane(views, {
    title: word("views.path"),
    tab: word("tabs.path"),
    domain: PICTURE,
    signal,
    word,
  });
  const rates = chart(views, {
    title: word("views.rates"),
    tab: word("tabs.rates"),
    xLabel: word("axes.step"),
    yLabel: "lr",
    height: 300,
  });
  const loss = chart(views, {
    title: word("views.loss"),
    tab: word("tabs.loss"),
    lead: true,
    xLabel: word("axes.step"),
    yLabel: "f(x)",
    yLog: true,
  });
  const weights = chart(views, {
    title: word("views.weights"),
    tab: word("tabs.weights"),
    xLabel: word("axes.step"),
    yLabel: "|x|",
  });
  const takeApart = anatomyView(views, { signal, word });
  legend(map.root.parentNode, [
    { label: word("legend.pulled"), look: { ...pull, width: 6, dash: "6 30" } },
  ]);

  return {
    draw({ rule: kind, schedule, lr, decay, seed, anatomy: at }) {
      const look = { color: looks[kind].color }; // one line at a time needs no dashes
      const draw = normal(seed);
      const noise = Array.from({ length: 2 * steps }, () => sigma * draw());
      const lrAt = (t) => lr * schedules[schedule][t - 1];
      const made = (t) =>
        new rules[kind]({ lr: lrAt(t), ...(kind === "AdamW" && { weight_decay: decay }) });
      const penalty = kind === "AdamW" ? 0 : decay;
      const gradient = (/** @type {number[]} */ [x, y], t) =>
        bowl
          .df(x - goal[0], y - goal[1])
          .map((slope, i) => slope + penalty * [x, y][i] + noise[2 * (t - 1) + i]);
      const trace = run(made(1), gradient, start, steps, lrAt);
      map.surface(moved, "bowl");
      map.path("path", trace.x, { ...look, width: 1.3 });
      map.dot("origin", [0, 0], { color: "#6b7280", radius: 3 });
      map.dot("pulled", pulled(curvatures, angle, goal, decay), { ...pull, radius: 5 });
      const f = Float64Array.from({ length: steps + 1 }, (_, k) =>
        moved.f(trace.x[2 * k], trace.x[2 * k + 1]),
      );
      const size = Float64Array.from({ length: steps + 1 }, (_, k) =>
        Math.hypot(trace.x[2 * k], trace.x[2 * k + 1]),
      );
      const t = Float64Array.from({ length: steps }, (_, k) => k + 1);
      rates.draw({
        series: [{ name: "lr", x: t, y: schedules[schedule].map((share) => lr * share), look }],
        range: { x: [0, steps], y: [0, lr * 1.05] },
      });
      loss.draw({ series: [{ name: "loss", y: f, look: { ...look, width: 1.3 } }] });
      weights.draw({
        series: [{ name: "size", y: size, look: { ...look, width: 1.3 } }],
        range: { x: [0, steps], y: [0, Math.max(2.2, ...size.filter(Number.isFinite)) * 1.05] },
      });
      const mean = f.slice(-LAST).reduce((sum, value) => sum + value, 0) / LAST;
      return [
        said("mean", { last: LAST, mean }),
        said("size", { size: size[steps], goal: Math.hypot(...goal) }),
        ...takeApart(moved, "bowl", made(Math.max(at, 1)), trace, at),
      ];
    },
    press(name, { seed }) {
      if (name === "draw") change({ seed: (seed % 99) + 1 });
    },
  };
}
