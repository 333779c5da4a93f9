// Gradient descent on a bowl with curvatures 1 and κ: the path, the loss, the error along each
// eigenvector, and where lr stands among the rates.

/** @import { Context, Figure } from "../drawing/types" */

import { anatomyView, angleBetween } from "../drawing/anatomy.mjs";
import { chart } from "../drawing/chart.mjs";
import { legendOfAll } from "../drawing/frame.mjs";
import { plane } from "../drawing/plane.mjs";
import { runOn, valuesAlong } from "../drawing/simulate.mjs";
import { said } from "../drawing/words.mjs";

/**
 * The factor by which the error along a direction of curvature lambda shrinks in a step.
 *
 * @param {number} lr
 * @param {number} lambda
 */
export function contraction(lr, lambda) {
  return Math.abs(1 - lr * lambda);
}

/**
 * The regime that a learning rate is in, by the bowl's two curvatures: "divergent", "edge" (of
 * that), "best", "fast" (close to the best), "clears" (the steep direction, in one step), "zigzag"
 * (from a factor of -0.3 on, where the eye sees it) or "slow".
 *
 * @param {number} lr
 * @param {number} low
 * @param {number} high
 */
export function regime(lr, low, high) {
  const rate = Math.max(contraction(lr, low), contraction(lr, high));
  const best = (high - low) / (high + low);
  if (lr * high > 2 * (1 + 1e-9)) return "divergent";
  if (Math.abs(lr * high - 2) <= 2e-9) return "edge";
  const behind = (rate - best) / (1 - best || 1);
  if (behind <= 0.001) return "best";
  if (behind <= 0.02) return "fast";
  if (contraction(lr, high) < 0.1) return "clears";
  return lr * high >= 1.3 ? "zigzag" : "slow";
}

const GONE = 20; // ten times what the map shows

/**
 * The way from a step's start to the minimum at the origin, drawn as long as the step, and its
 * angle to the step.
 *
 * @param {number[]} from
 * @param {number[]} to
 */
function aimOf(from, to) {
  const step = to.map((value, i) => value - from[i]);
  const away = Math.hypot(...from) || 1;
  const move = from.map((value) => (-value / away) * Math.hypot(...step));
  return { move: { from, move }, degrees: Math.round(angleBetween(step, move)) };
}

/**
 * @param {Context} context
 * @returns {Figure}
 */
export function gradient_descent({
  word,
  views,
  declaration,
  signal,
  change,
  rules,
  surfaces,
  looks,
}) {
  const { steps, angle, most, near } = declaration.facts;
  const look = { ...looks.GradientDescent };
  const flatLook = { color: "#0072b2" };
  const steepLook = { color: "#d55e00", dash: "6 4" };

  const map = plane(views, {
    title: word("views.path"),
    tab: word("tabs.path"),
    domain: new surfaces.Bowl().domain,
    signal,
    word,
  });
  const loss = chart(views, {
    title: word("views.loss"),
    tab: word("tabs.loss"),
    xLabel: word("axes.step"),
    yLabel: "f(x)",
    yLog: true,
    height: 300,
  });
  const errors = chart(views, {
    title: word("views.errors"),
    tab: word("tabs.errors"),
    xLabel: word("axes.step"),
    yLabel: word("axes.error"),
    yLog: true,
  });
  const rates = chart(views, {
    title: word("views.rates"),
    tab: word("tabs.rates"),
    xLabel: "lr",
    yLabel: word("axes.rate"),
    xLog: true,
    yRange: [0, 1.5],
  });
  legendOfAll(
    [errors, rates],
    [
      { label: word("legend.flat"), look: flatLook },
      { label: word("legend.steep"), look: steepLook },
    ],
  );
  const takeApart = anatomyView(views, {
    signal,
    word,
    looks: { result: { color: "#009e73", width: 5 } }, // the colour of the chapter's drawing
    others: [{ name: "aim", look: { color: "#3b3b3b", dash: "6 3" } }],
  });
  const moveHandle = map.handle(word("handle.start"), (place) => change({ start: place }));
  const [c, s] = [Math.cos(angle), Math.sin(angle)];

  return {
    draw({ lr, condition, start: at, anatomy: t }) {
      const bowl = new surfaces.Bowl({ lambda1: 1, lambda2: condition, angle });
      const rule = new rules.GradientDescent({ lr });
      const trace = runOn(bowl, rule, at, steps);
      // In the eigenvectors' own coordinates: in those of the page, where one direction diverges,
      // its rounding would drown the other.
      const own = runOn(
        new surfaces.Bowl({ lambda1: 1, lambda2: condition, angle: 0 }),
        rule,
        [c * at[0] + s * at[1], c * at[1] - s * at[0]],
        most,
      );
      const distance = Array.from({ length: most + 1 }, (_, k) =>
        Math.hypot(own.x[2 * k], own.x[2 * k + 1]),
      );
      let step = most + 1;
      while (step > 0 && distance[step - 1] <= near * distance[0]) step -= 1;
      map.surface(bowl, condition);
      // What diverges is drawn until it is far outside: the rest would be a fan of crossings.
      const gone = trace.x.findIndex((value) => !(Math.abs(value) <= GONE));
      map.path("path", gone < 0 ? trace.x : trace.x.slice(0, gone - (gone % 2) + 2), look);
      for (let k = 0; k <= 10; k += 1)
        map.dot(`step ${k}`, trace.x.slice(2 * k, 2 * k + 2), { color: look.color, radius: 2.5 });
      moveHandle(at);

      loss.draw({ series: [{ name: "loss", y: valuesAlong(bowl, trace), look }] });
      const flat = Float64Array.from({ length: steps + 1 }, (_, k) => Math.abs(own.x[2 * k]));
      const steep = Float64Array.from({ length: steps + 1 }, (_, k) => Math.abs(own.x[2 * k + 1]));
      errors.draw({
        series: [
          { name: "flat", y: flat, look: flatLook },
          { name: "steep", y: steep, look: steepLook },
        ],
      });

      const grid = Float64Array.from({ length: 200 }, (_, k) => 0.001 * 2000 ** (k / 199));
      const [flatFactor, steepFactor] = [1, condition].map((lambda) =>
        grid.map((value) => contraction(value, lambda)),
      );
      const rate = grid.map((_, k) => Math.max(flatFactor[k], steepFactor[k]));
      const limit = 2 / condition;
      rates.draw({
        series: [
          { name: "rate", x: grid, y: rate, look: { ...look, width: 3 } },
          { name: "flat", x: grid, y: flatFactor, look: { ...flatLook, width: 1.5 } },
          { name: "steep", x: grid, y: steepFactor, look: { ...steepLook, width: 1.5 } },
        ],
        range: { x: [0.001, 2] },
        lines: [
          { name: "limit", x: limit, label: "2/κ" },
          // Near the limit its label would cover the limit's.
          { name: "here", x: lr, label: Math.abs(Math.log(lr / limit)) < 0.5 ? "" : "lr" },
          { name: "one", y: 1, label: "" },
        ],
      });
      const name = regime(lr, 1, condition);
      const factor = Math.max(contraction(lr, 1), contraction(lr, condition));
      const aim =
        t && aimOf([...trace.x.slice(2 * t - 2, 2 * t)], [...trace.x.slice(2 * t, 2 * t + 2)]);
      return [
        said(`regime.${name}`, name === "fast" ? { best: (condition - 1) / (condition + 1) } : {}),
        said("rates", { rate: factor, product: lr * condition }),
        ...(factor < 1
          ? [step > most ? said("far", { steps: most }) : said("near", { step })]
          : []),
        ...takeApart(
          bowl,
          condition,
          rule,
          trace,
          t,
          aim && { moves: { aim: aim.move }, told: [said("aim", { degrees: aim.degrees })] },
        ),
      ];
    },
    press(name, { condition }) {
      if (name === "optimum") change({ lr: 2 / (1 + condition) });
    },
  };
}
