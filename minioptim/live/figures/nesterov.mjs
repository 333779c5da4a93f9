// Nesterov's step in three moments: jump, gradient measured there, correction. Beside it the step
// that plain momentum would take from the same place with the same velocity.

/** @import { Context, Figure } from "../drawing/types" */

import { chart } from "../drawing/chart.mjs";
import { legend } from "../drawing/frame.mjs";
import { around } from "../drawing/geometry.mjs";
import { plane } from "../drawing/plane.mjs";
import { runOn, valuesAlong } from "../drawing/simulate.mjs";
import { controlOf } from "../drawing/state.mjs";
import { said } from "../drawing/words.mjs";

const MOMENTS = ["jump", "gradient", "correction"];
const FLOOR = { color: "#6b7280", dash: "1 4" };

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
  const near = plane(views, { title: word("views.step"), domain: limits, signal, word });
  const far = plane(views, { title: word("views.paths"), domain: limits, signal, word });
  const loss = chart(views, {
    title: word("views.loss"),
    xLabel: word("axes.step"),
    yLabel: "f(x)",
    yLog: true,
  });
  legend(near.root.parentNode, [
    { label: word("legend.jump"), look: { color: colors.jump } },
    { label: word("legend.correction"), look: { color: colors.correction } },
    { label: word("legend.plain"), look: { ...looks.Momentum, dash: "3 3" } },
  ]);
  legend(far.root.parentNode, [
    { label: "Nesterov", look: looks.Nesterov },
    { label: word("legend.momentum"), look: looks.Momentum },
    { label: word("legend.floor"), look: FLOOR },
  ]);
  const moveHandle = far.handle(word("handle.start"), (place) => change({ start: place }));

  return {
    draw({ moment, lr, momentum, start }) {
      const runs = {};
      for (const name of ["Nesterov", "Momentum"]) {
        runs[name] = runOn(bowl, new rules[name]({ lr, momentum }), start, steps);
        far.path(name, runs[name].x, looks[name]);
      }
      const trace = runs.Nesterov;
      const t = Math.floor(moment / 3);
      const point = (array, k) => [array[2 * k], array[2 * k + 1]];
      const [x, q, after] = [point(trace.x, t), point(trace.query, t), point(trace.x, t + 1)];
      // What plain momentum would do here: its own step, on the state that Nesterov has.
      const plain = new rules.Momentum({ lr, momentum });
      const slope = bowl.df(x[0], x[1]);
      const velocity = point(trace.state.v, t);
      const other = x.map((value, i) => plain.step(slope[i], value, t + 1, velocity[i])[0]);
      const minusGradient = point(trace.gradient, t).map((g, i) => q[i] - lr * g);

      far.surface(bowl, "bowl");
      far.outline("floor", floor, FLOOR);
      moveHandle(start);
      far.dot("now", x, { color: looks.Nesterov.color, radius: 5 });
      const seen = [x, q, after, other].every((p) => p.every(Number.isFinite))
        ? around([x, q, after, other])
        : limits;
      near.reframe(seen);
      near.surface(bowl, seen.join());
      near.outline("floor", floor, FLOOR);
      const stage = moment % 3;
      near.arrow("jump", x, q, { color: colors.jump });
      near.arrow("gradient", stage >= 1 ? q : null, minusGradient, {
        color: colors.correction,
        dash: "3 3",
      });
      near.arrow("correction", stage === 2 ? q : null, after, { color: colors.correction });
      near.arrow("plain", x, other, { color: looks.Momentum.color, dash: "3 3", width: 1.5 });
      near.dot("here", x, { color: "#3b3b3b" });
      near.dot("asked", stage >= 1 ? q : null, { color: colors.jump });
      near.dot("after", stage === 2 ? after : null, { color: looks.Nesterov.color });
      loss.draw({
        series: ["Nesterov", "Momentum"].map((name) => ({
          name,
          y: valuesAlong(bowl, runs[name]),
          look: looks[name],
        })),
        lines: [{ name: "now", x: t, label: word("marks.step", { t: t + 1 }) }],
      });
      const apart = Math.hypot(after[0] - other[0], after[1] - other[1]);
      const [jump, correction] = [
        Math.hypot(q[0] - x[0], q[1] - x[1]),
        Math.hypot(after[0] - q[0], after[1] - q[1]),
      ];
      const end = (name) => valuesAlong(bowl, runs[name])[steps];
      return [
        said(`moment.${MOMENTS[stage]}`, { t: t + 1 }),
        said("lengths", { jump, correction, apart }),
        said("ends", { steps, nesterov: end("Nesterov"), momentum: end("Momentum") }),
      ];
    },
    press(name, { moment }) {
      change({ moment: Math.min(last, Math.max(0, moment + (name === "next" ? 1 : -1))) });
    },
  };
}
