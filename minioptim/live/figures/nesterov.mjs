// Nesterov's step in three moments: jump, gradient measured there, correction. Beside it the step
// that plain momentum would take from the same place with the same velocity.

/** @import { Context, Figure } from "../drawing/types" */

import { chart } from "../drawing/chart.mjs";
import { legend, legendOfAll } from "../drawing/frame.mjs";
import { around } from "../drawing/geometry.mjs";
import { plane } from "../drawing/plane.mjs";
import { runOn, valuesAlong } from "../drawing/simulate.mjs";
import { controlOf } from "../drawing/state.mjs";
import { said } from "../drawing/words.mjs";

const MOMENTS = ["jump", "gradient", "correction"];
const FLOOR = { color: "#6b7280", dash: "1 4" };

/**
 * Which part of which step a moment 0, 1, 2, ... shows, and the number of steps that are made by
 * then: the point moves when the correction is added, not before.
 *
 * @param {number} moment
 * @returns {{ t: number; part: string; made: number }}
 */
export function momentOf(moment) {
  const [k, part] = [Math.floor(moment / 3), MOMENTS[moment % 3]];
  return { t: k + 1, part, made: part === "correction" ? k + 1 : k };
}

/**
 * The rules that diverge on a bowl in the long run, by their limits of lr times the curvature; at
 * most these, as momentum's limit is the higher one.
 *
 * @param {number} a lr times the largest curvature
 * @param {number} mu
 * @returns {"none" | "nesterov" | "both"}
 */
export function divergingOf(a, mu) {
  if (a > 2 + 2 * mu) return "both";
  return a > (2 + 2 * mu) / (1 + 2 * mu) ? "nesterov" : "none";
}

/**
 * @param {Context} context
 * @returns {Figure}
 */
export function nesterov({ word, views, declaration, signal, change, rules, surfaces, looks }) {
  const { steps, curvatures, angle, colors } = declaration.facts;
  const limits = controlOf(declaration, "start").domain;
  const last = controlOf(declaration, "moment").high;
  const bowl = new surfaces.Bowl({ lambda1: curvatures[0], lambda2: curvatures[1], angle });
  const floor = [-9, 9].flatMap((along) => [along * Math.cos(angle), along * Math.sin(angle)]);
  const across = (place) => Math.cos(angle) * place[1] - Math.sin(angle) * place[0];
  const near = plane(views, {
    title: word("views.step"),
    tab: word("tabs.apart"),
    domain: limits,
    signal,
    word,
  });
  const far = plane(views, {
    title: word("views.paths"),
    tab: word("tabs.paths"),
    domain: limits,
    signal,
    word,
  });
  const loss = chart(views, {
    title: word("views.loss"),
    tab: word("tabs.loss"),
    xLabel: word("axes.step"),
    yLabel: "f(x)",
    yLog: true,
  });
  const calm = chart(views, {
    title: word("views.across"),
    tab: word("tabs.across"),
    xLabel: word("axes.step"),
    yLabel: word("axes.across"),
    yRange: [-2, 2],
  });
  legend(near.root.parentNode, [
    { label: word("legend.jump"), look: { color: colors.jump } },
    { label: word("legend.correction"), look: { color: colors.correction } },
    { label: word("legend.plain"), look: { ...looks.Momentum, dash: "3 3" } },
  ]);
  legendOfAll(
    [far, loss, calm],
    [
      { label: "Nesterov", look: looks.Nesterov },
      { label: word("legend.momentum"), look: looks.Momentum },
      { label: word("legend.floor"), look: FLOOR },
    ],
  );
  const moveHandle = far.handle(word("handle.start"), (place) => change({ start: place }));

  return {
    draw({ moment, lr, momentum, start }) {
      const runs = {};
      for (const name of ["Nesterov", "Momentum"]) {
        runs[name] = runOn(bowl, new rules[name]({ lr, momentum }), start, steps);
        far.path(name, runs[name].x, looks[name]);
      }
      const trace = runs.Nesterov;
      const { t, part, made } = momentOf(moment);
      const point = (array, k) => [array[2 * k], array[2 * k + 1]];
      const [x, q, after] = [point(trace.x, t - 1), point(trace.query, t - 1), point(trace.x, t)];
      const stands = part === "correction" ? after : x;
      // What plain momentum would do here: its own step, on the state that Nesterov has.
      const plain = new rules.Momentum({ lr, momentum });
      const slope = bowl.df(x[0], x[1]);
      const velocity = point(trace.state.v, t - 1);
      const other = x.map((value, i) => plain.step(slope[i], value, t, velocity[i])[0]);
      const minusGradient = point(trace.gradient, t - 1).map((g, i) => q[i] - lr * g);

      far.surface(bowl, "bowl");
      far.outline("floor", floor, FLOOR);
      moveHandle(start);
      far.dot("now", stands, { color: looks.Nesterov.color, radius: 5 });
      const seen = [x, q, after, other].every((p) => p.every(Number.isFinite))
        ? around([x, q, after, other])
        : limits;
      near.reframe(seen);
      near.surface(bowl, seen.join());
      near.outline("floor", floor, FLOOR);
      near.arrow("jump", x, q, { color: colors.jump });
      near.arrow("gradient", part === "jump" ? null : q, minusGradient, {
        color: colors.correction,
        dash: "3 3",
      });
      near.arrow("correction", part === "correction" ? q : null, after, {
        color: colors.correction,
      });
      near.arrow("plain", x, other, { color: looks.Momentum.color, dash: "3 3", width: 1.5 });
      near.dot("here", part === "correction" ? x : null, { color: "#3b3b3b" });
      near.dot("asked", part === "jump" ? null : q, { color: colors.jump });
      near.dot("now", stands, { color: looks.Nesterov.color, radius: 5 });
      const lines = [{ name: "now", x: made, label: word("marks.made", { made }) }];
      loss.draw({
        series: ["Nesterov", "Momentum"].map((name) => ({
          name,
          y: valuesAlong(bowl, runs[name]),
          look: looks[name],
        })),
        lines,
      });
      calm.draw({
        series: ["Nesterov", "Momentum"].map((name) => ({
          name,
          y: Float64Array.from({ length: steps + 1 }, (_, k) => across(point(runs[name].x, k))),
          look: looks[name],
        })),
        lines,
      });
      const apart = Math.hypot(after[0] - other[0], after[1] - other[1]);
      const [jump, correction] = [
        Math.hypot(q[0] - x[0], q[1] - x[1]),
        Math.hypot(after[0] - q[0], after[1] - q[1]),
      ];
      const end = (name) => valuesAlong(bowl, runs[name])[steps];
      const diverging = divergingOf(lr * Math.max(...curvatures), momentum);
      return [
        said(`moment.${part}`, { t }),
        said("lengths", { jump, correction, apart }),
        said("ends", { steps, nesterov: end("Nesterov"), momentum: end("Momentum") }),
        ...(diverging === "none" ? [] : [said(`diverges.${diverging}`)]),
      ];
    },
    press(name, { moment }) {
      change({ moment: Math.min(last, Math.max(0, moment + (name === "next" ? 1 : -1))) });
    },
  };
}
