// Adagrad in a ravine that the hand turns: it straightens the path where the ravine lies along an
// axis, and keeps a rate of its own for a coordinate that is rarely felt.

/** @import { Context, Figure } from "../drawing/types" */

import { anatomyView } from "../drawing/anatomy.mjs";
import { chart } from "../drawing/chart.mjs";
import { legend } from "../drawing/frame.mjs";
import { plane } from "../drawing/plane.mjs";
import { run, valuesAlong } from "../drawing/simulate.mjs";
import { controlOf } from "../drawing/state.mjs";
import { said } from "../drawing/words.mjs";

/**
 * @param {Context} context
 * @returns {Figure}
 */
export function adagrad({ word, views, declaration, signal, change, rules, surfaces, looks }) {
  const { steps, curvatures } = declaration.facts;
  const limits = controlOf(declaration, "start").domain;
  const look = looks.Adagrad;
  const dashed = { ...look, dash: "6 4" };
  // Wide below dotted, and a dot at each tenth step: on one line both are seen, and who is late.
  const wide = { ...look, width: 3.5 };
  const descent = { ...looks.GradientDescent, dash: "2 3" };
  const map = plane(views, {
    title: word("views.paths"),
    tab: word("tabs.paths"),
    domain: limits,
    signal,
    word,
  });
  const rates = chart(views, {
    title: word("views.rates"),
    tab: word("tabs.rates"),
    xLabel: word("axes.step"),
    yLabel: word("axes.rate"),
    yLog: true,
    yRange: [1e-3, 10], // at rest while a slider moves, so that one sees what the curves do
    height: 230,
  });
  legend(map.root.parentNode, [
    { label: "Adagrad", look: wide },
    { label: word("legend.descent"), look: descent },
  ]);
  legend(rates.root.parentNode, [
    { label: "x", look },
    { label: "y", look: dashed },
    { label: word("legend.both"), look: descent },
  ]);
  // Without a velocity the direction before the division is that of -g: one arrow shows both.
  const takeApart = anatomyView(views, {
    signal,
    word,
    looks: { result: { color: look.color, width: 5 }, unscaled: { color: "#6b7280", width: 4 } },
  });
  const oneArrow = { moves: /** @type {any} */ ({ gradient: undefined }), told: [] };
  const moveHandle = map.handle(word("handle.start"), (place) => change({ start: place }));

  return {
    draw({ degrees, lr, gd_lr: gdLr, every, start, anatomy: t }) {
      const bowl = new surfaces.Bowl({
        lambda1: curvatures[0],
        lambda2: curvatures[1],
        angle: (degrees * Math.PI) / 180,
      });
      const gradient = (/** @type {number[]} */ [x, y], t) => {
        const [gx, gy] = bowl.df(x, y);
        return [t % every ? 0 : gx, gy];
      };
      const rule = new rules.Adagrad({ lr });
      const adaptive = run(rule, gradient, start, steps);
      const plain = run(new rules.GradientDescent({ lr: gdLr }), gradient, start, steps);
      map.surface(bowl, degrees);
      map.path("Adagrad", adaptive.x, wide);
      map.path("GradientDescent", plain.x, descent);
      for (let t = 10; t <= steps; t += 10) {
        const at = adaptive.x.slice(2 * t, 2 * t + 2);
        map.dot(`tenth ${t}`, at, { color: look.color, radius: 3 });
      }
      map.dot("apart", t ? [adaptive.x[2 * t - 2], adaptive.x[2 * t - 1]] : null, {
        color: look.color,
        radius: 6,
      });
      moveHandle(start);
      const rate = (j) =>
        Float64Array.from(
          { length: steps },
          (_, k) => lr / (Math.sqrt(adaptive.state.G[2 * (k + 1) + j]) + rule.eps),
        );
      const [rateX, rateY] = [rate(0), rate(1)];
      const loss = (trace) => valuesAlong(bowl, trace)[steps];
      // Where the slope was never felt there is no rate yet: lr / eps would tower over the picture.
      const felt = (values) => values.map((value) => (value > (0.5 * lr) / rule.eps ? NaN : value));
      rates.draw({
        series: [
          {
            name: "x",
            x: Float64Array.from(rateX.slice(every - 1), (_, k) => k + every),
            y: felt(rateX.slice(every - 1)),
            look,
          },
          { name: "y", x: Float64Array.from(rateY, (_, k) => k + 1), y: felt(rateY), look: dashed },
          { name: "plain", x: [1, steps], y: [gdLr, gdLr], look: descent },
        ],
        range: { x: [0, steps] },
      });
      const told = (rate_) =>
        felt(rate_.slice(-1)).every(Number.isFinite) ? rate_.at(-1) : said("rates.none");
      return [
        said("rates", { steps, x: told(rateX), y: told(rateY) }),
        said("ends", { adagrad: loss(adaptive), descent: loss(plain) }),
        ...takeApart(bowl, degrees, rule, adaptive, t, oneArrow),
      ];
    },
    press() {},
  };
}
