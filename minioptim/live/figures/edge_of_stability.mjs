// Gradient descent in a valley that narrows, up to the curvature 2 / lr and along it.

/** @import { Context, Figure } from "../drawing/types" */

import { chart } from "../drawing/chart.mjs";
import { legend } from "../drawing/frame.mjs";
import { clamp } from "../drawing/geometry.mjs";
import { plane } from "../drawing/plane.mjs";
import { runOn, valuesAlong } from "../drawing/simulate.mjs";
import { controlOf } from "../drawing/state.mjs";
import { said } from "../drawing/words.mjs";

/**
 * The mean of the last so many values, which evens out a run that goes to and fro.
 *
 * @param {Float64Array} values
 * @param {number} last
 */
export function endOf(values, last) {
  return values.slice(-last).reduce((sum, value) => sum + value, 0) / last;
}

/**
 * @param {Context} context
 * @returns {Figure}
 */
export function edge_of_stability({
  word,
  views,
  declaration,
  signal,
  change,
  rules,
  surfaces,
  looks,
}) {
  const { steps, half, factors, last } = declaration.facts;
  const { low, high } = controlOf(declaration, "lr");
  const valley = new surfaces.Narrows();
  const [[left, right], [bottom, top]] = valley.domain;
  const look = looks.GradientDescent;
  const border = { color: "#6b7280", dash: "5 4", width: 1.5 };
  const map = plane(views, {
    title: word("views.path"),
    tab: word("tabs.path"),
    domain: valley.domain,
    unlike: true,
    height: 330,
    xLabel: word("axes.across"),
    yLabel: word("axes.along"),
    signal,
    word,
  });
  const curvature = chart(views, {
    title: word("views.curvature"),
    xLabel: word("axes.step"),
    yLabel: word("axes.curvature"),
    yRange: [bottom, top],
    tab: word("tabs.curvature"),
    lead: true,
  });
  const loss = chart(views, {
    title: word("views.loss"),
    tab: word("tabs.loss"),
    xLabel: word("axes.step"),
    yLabel: word("axes.loss"),
    yLog: true,
  });
  legend(curvature.root.parentNode, [
    { label: word("legend.curvature"), look },
    { label: word("legend.limit"), look: border },
  ]);
  map.surface(valley, "valley");
  map.dot("start", valley.start, { color: look.color, radius: 5 });
  const moveHandle = map.handle(
    word("handle.limit"),
    ([, y]) => change({ lr: clamp(2 / y, low, high) }),
    [
      [right - 0.3, right - 0.3],
      [2 / high, 2 / low],
    ],
  );

  return {
    draw({ lr, later }) {
      const second = lr * factors[later];
      const rule = new rules.GradientDescent({ lr });
      const trace = runOn(valley, rule, valley.start, steps, (t) => (t > half ? second : lr));
      const y = Float64Array.from({ length: steps + 1 }, (_, t) => trace.x[2 * t + 1]);
      const limits = Float64Array.from(y, (_, t) => 2 / (t < half ? lr : second));
      const f = valuesAlong(valley, trace).map((value) => value - valley.minimum);
      map.path("run", trace.x, { ...look, width: 1 });
      map.outline("limit", [left, 2 / lr, right, 2 / lr], border);
      moveHandle([right - 0.3, 2 / lr]);
      curvature.draw({
        series: [
          { name: "limit", y: limits, look: border },
          { name: "curvature", y, look },
        ],
      });
      loss.draw({ series: [{ name: "loss", y: f, look }] });
      const limit = 2 / second;
      const end = endOf(y, last);
      return [
        said("limit", { lr, limit: 2 / lr, highest: Math.max(...y) }),
        end > limit ? said("edge", { end, limit }) : said("below", { end, limit }),
        said("loss", { loss: endOf(f, last) }),
      ];
    },
    press() {},
  };
}
