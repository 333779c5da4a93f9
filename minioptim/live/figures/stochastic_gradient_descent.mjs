// Gradient descent on noisy gradients: the path, the ellipses of its scatter, the noise floor.

/** @import { Context, Figure, Move, Rule, Trace } from "../drawing/types" */

import { anatomyView, parts } from "../drawing/anatomy.mjs";
import { chart } from "../drawing/chart.mjs";
import { legend } from "../drawing/frame.mjs";
import { plane } from "../drawing/plane.mjs";
import { normal, run, valuesAlong } from "../drawing/simulate.mjs";
import { controlOf } from "../drawing/state.mjs";
import { said } from "../drawing/words.mjs";

/**
 * The variance of x that a constant lr ends with, along an eigenvector; infinite if it diverges.
 *
 * @param {number} lr
 * @param {number} lambda
 * @param {number} variance
 */
export function scatter(lr, lambda, variance) {
  const left = 2 - lr * lambda;
  return left > 0 ? (lr * variance) / (lambda * left) : Infinity;
}

/**
 * Mean of f at each step for gradients with this variance along each eigenvector; `lrs[t - 1]` is lr at t.
 *
 * @param {number[]} curvatures
 * @param {number[]} start
 * @param {number} variance
 * @param {number[]} lrs
 */
export function expectedLoss(curvatures, start, variance, lrs) {
  const mean = [...start];
  const spread = curvatures.map(() => 0);
  const height = () =>
    curvatures.reduce((sum, lambda, j) => sum + (lambda * (mean[j] ** 2 + spread[j])) / 2, 0);
  const losses = [height()];
  for (const lr of lrs) {
    curvatures.forEach((lambda, j) => {
      const factor = 1 - lr * lambda;
      mean[j] *= factor;
      spread[j] = factor ** 2 * spread[j] + lr ** 2 * variance;
    });
    losses.push(height());
  }
  return losses;
}

/**
 * An ellipse [x0, y0, x1, y1, ...] with half-axes along a direction and across it.
 *
 * @param {number[]} middle
 * @param {number} along
 * @param {number} across
 * @param {number} angle
 */
export function ellipse([x, y], along, across, angle) {
  const points = [];
  for (let k = 0; k <= 60; k += 1) {
    const u = along * Math.cos((k * Math.PI) / 30);
    const v = across * Math.sin((k * Math.PI) / 30);
    points.push(
      x + u * Math.cos(angle) - v * Math.sin(angle),
      y + u * Math.sin(angle) + v * Math.cos(angle),
    );
  }
  return points;
}

/**
 * A noisy step in two: `pull`, the rule's step for the slope without noise, and `noise`, the rest.
 *
 * @param {Rule} rule
 * @param {Trace} trace
 * @param {number} t
 * @param {number[]} slope
 * @returns {Record<string, Move>}
 */
export function pullAndNoise(rule, trace, t, slope) {
  const { x, moves } = parts(rule, trace, t);
  const pull = x.map((value, i) => rule.step(slope[i], value, t)[0] - value);
  const noise = moves.result.move.map((value, i) => value - pull[i]);
  return {
    pull: { from: x, move: pull },
    noise: { from: x.map((value, i) => value + pull[i]), move: noise },
  };
}

/**
 * @param {Context} context
 * @returns {Figure}
 */
export function stochastic_gradient_descent({
  word,
  views,
  declaration,
  signal,
  change,
  rules,
  surfaces,
  looks,
}) {
  const { steps, curvatures, angle, sigma, decay } = declaration.facts;
  const limits = controlOf(declaration, "start").domain;
  const bowl = new surfaces.Bowl({ lambda1: curvatures[0], lambda2: curvatures[1], angle });
  const look = looks.GradientDescent;
  const step = { color: "#0072b2", dash: "3 3" };
  const rest = { color: "#d55e00", dash: "7 3" };
  const mean = { color: "#d55e00", width: 1.5 };
  // A green that stays green where a dark page lightens it: of the saturation that white will halve.
  const floorLook = { color: "oklch(0.5 0.3 155)", dash: "7 3", width: 2.5 };

  const map = plane(views, {
    title: word("views.path"),
    tab: word("tabs.path"),
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
    yRange: [1e-4, 100],
    height: 250,
  });
  const mapLegend = legend(map.root.parentNode, [
    { label: word("legend.next"), look: step },
    { label: word("legend.rest"), look: rest },
    { label: word("legend.last"), look: rest },
  ]);
  const lossLegend = legend(loss.root.parentNode, [
    { label: word("legend.run"), look },
    { label: word("legend.mean"), look: mean },
    { label: word("marks.floor"), look: floorLook },
    { label: word("marks.present"), look: floorLook },
  ]);
  // With a falling lr nothing stays where it is: the last two entries of each legend take turns.
  const nameFloors = (/** @type {boolean} */ falling) => {
    for (const list of [mapLegend, lossLegend]) {
      const [stays, sinks] = [...list.children].slice(-2);
      stays.toggleAttribute("hidden", falling);
      sinks.toggleAttribute("hidden", !falling);
    }
  };
  const takeApart = anatomyView(views, {
    signal,
    word,
    others: [
      { name: "pull", look: { color: "#0072b2" } },
      { name: "noise", look: { color: "#d55e00" } },
    ],
  });
  const moveHandle = map.handle(word("handle.start"), (place) => change({ start: place }));
  const [c, s] = [Math.cos(angle), Math.sin(angle)];

  return {
    draw({ lr, batch, seed, decay: falling, start, anatomy: t }) {
      const deviation = sigma / Math.sqrt(batch);
      const draw = normal(seed);
      const gradient = (/** @type {number[]} */ [x, y]) =>
        bowl.df(x, y).map((slope) => slope + deviation * draw());
      const lrAt = falling ? (t) => lr * decay[t - 1] : undefined;
      const trace = run(new rules.GradientDescent({ lr }), gradient, start, steps, lrAt);
      map.surface(bowl, "bowl");
      map.path("path", trace.x, { ...look, width: 1.2 });
      moveHandle(start);
      const slope = bowl.df(start[0], start[1]);
      const next = start.map((x, i) => x - lr * slope[i]);
      const circle = 2 * lr * deviation;
      map.outline("next", ellipse(next, circle, circle, 0), step);
      const lrs = Array.from({ length: steps }, (_, k) => (falling ? lr * decay[k] : lr));
      nameFloors(falling);
      const [flat, steep] = curvatures.map(
        (lambda) => 2 * Math.sqrt(scatter(lrs[steps - 1], lambda, deviation ** 2)),
      );
      map.outline("rest", ellipse([0, 0], flat, steep, angle), rest);

      const along = [c * start[0] + s * start[1], c * start[1] - s * start[0]];
      const expected = expectedLoss(curvatures, along, deviation ** 2, lrs);
      const partsAt = (/** @type {number} */ rate) =>
        curvatures.map((lambda) => (lambda * scatter(rate, lambda, deviation ** 2)) / 2);
      const floorAt = (/** @type {number} */ rate) => partsAt(rate).reduce((a, b) => a + b);
      const [ofFlat, ofSteep] = partsAt(lr);
      loss.draw({
        series: [
          { name: "loss", y: valuesAlong(bowl, trace), look: { ...look, width: 1.2 } },
          { name: "mean", y: expected, look: mean },
          { name: "floor", y: [floorAt(lrs[0]), ...lrs.map(floorAt)], look: floorLook },
        ],
      });
      const end = expected[steps];
      const then = new rules.GradientDescent({ lr: lrs[Math.max(t - 1, 0)] });
      // The slope without noise, where step t begins.
      const [x, y] = trace.x.slice(2 * Math.max(t - 1, 0));
      const moves = t ? pullAndNoise(then, trace, t, bowl.df(x, y)) : {};
      const [pull, noise] = Object.values(moves).map(({ move }) => Math.hypot(...move));
      const told = [said("pulled", { pull, noise })];
      map.path("taken", t ? trace.x.slice(2 * (t - 1), 2 * (t + 1)) : [], { width: 5 });
      const price = said("price", { steps, batch, gradients: steps * batch });
      return [
        falling
          ? said("falling", { steps, mean: end })
          : said("floor", {
              circle,
              floor: floorAt(lr),
              steep: ofSteep,
              flat: ofFlat,
              steps,
              mean: end,
            }),
        price,
        ...takeApart(bowl, "bowl", then, trace, t, { moves, told }),
      ];
    },
    press(name, { seed }) {
      if (name === "draw") change({ seed: (seed % 99) + 1 });
    },
  };
}
