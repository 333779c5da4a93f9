// Gradients of size 1 become c times as large midway. RMSProp forgets the old size and Adagrad does
// not; the picture shows the size of their steps in units of lr.

/** @import { Context, Figure } from "../drawing/types" */

import { chart } from "../drawing/chart.mjs";
import { legend } from "../drawing/frame.mjs";
import { normal, run } from "../drawing/simulate.mjs";
import { said } from "../drawing/words.mjs";

/**
 * Steps after a change from size 1 to c until RMSProp's step is back to half of lr, by the average v
 * of squares at the change: 1 where it has settled. Not above 0 if the step never falls below half.
 *
 * @param {number} c
 * @param {number} rho
 * @param {number} [v]
 */
export function stepsToNotice(c, rho, v = 1) {
  return Math.log((v / c ** 2 - 1) / 3) / Math.log(1 / rho);
}

/**
 * @param {Context} context
 * @returns {Figure}
 */
export function rmsprop({ word, views, declaration, rules, looks }) {
  const { steps, change: turn } = declaration.facts;
  const moves = chart(views, {
    title: word("views.moves"),
    tab: word("tabs.steps"),
    xLabel: word("axes.step"),
    yLabel: word("axes.move"),
    yLog: true,
    height: 300,
  });
  const sizes = chart(views, {
    title: word("views.sizes"),
    tab: word("tabs.sizes"),
    xLabel: word("axes.step"),
    yLabel: word("axes.size"),
    yLog: true,
    height: 300,
  });
  const grey = { color: "#6b7280" };
  legend(
    moves.root.parentNode,
    ["RMSProp", "Adagrad"].map((name) => ({ label: name, look: looks[name] })),
  );
  legend(sizes.root.parentNode, [
    { label: "|g|", look: grey },
    { label: "√v", look: looks.RMSProp },
  ]);
  const t = Float64Array.from({ length: steps }, (_, k) => k + 1);

  // Half a decade of room below, and one above for what the lines are called.
  const room = (values) => {
    const tens = values.map((value) => Math.log10(Math.abs(value))).filter(Number.isFinite);
    return [10 ** (Math.floor(2 * Math.min(...tens) - 1) / 2), 10 ** (Math.max(...tens) + 1)];
  };

  return {
    draw({ factor, rho, noise }) {
      const draw = normal(1);
      const g = Array.from(t, (k) => (k <= turn ? 1 : factor) * (1 + noise * draw()));
      const walk = (rule) => run(rule, (_, k) => [g[k - 1]], [0], steps);
      const runs = {
        RMSProp: walk(new rules.RMSProp({ lr: 1, rho })),
        Adagrad: walk(new rules.Adagrad({ lr: 1 })),
      };
      const lengths = (trace) => Float64Array.from(t, (k) => Math.abs(trace.x[k] - trace.x[k - 1]));
      const changed = { name: "change", x: turn + 0.5, label: word("marks.change", { factor }) };
      // Scatter would have a time of its own at each draw.
      const wait =
        rho > 0 && noise === 0 ? stepsToNotice(factor, rho, runs.RMSProp.state.v[turn]) : NaN;
      const late = turn + wait > steps;
      const back =
        wait > 0
          ? [
              late
                ? { name: "beyond", x: steps, label: word("marks.beyond") }
                : { name: "back", x: turn + wait, label: word("marks.back") },
            ]
          : [];
      const [leaky, summed] = [lengths(runs.RMSProp), lengths(runs.Adagrad)];
      moves.draw({
        series: [
          { name: "RMSProp", x: t, y: leaky, look: looks.RMSProp },
          { name: "Adagrad", x: t, y: summed, look: looks.Adagrad },
        ],
        lines: [changed, ...back],
        range: { x: [0, steps], y: room([...leaky, ...summed]) },
      });
      const root = runs.RMSProp.state.v.slice(1).map(Math.sqrt);
      sizes.draw({
        series: [
          // Dots where they scatter; where they do not, they would run together.
          {
            name: "gradient",
            x: t,
            y: g.map(Math.abs),
            look: { ...grey, width: noise > 0 ? 1 : 4 },
            dots: noise > 0,
          },
          { name: "root", x: t, y: root, look: looks.RMSProp },
        ],
        lines: [changed],
        range: { x: [0, steps], y: room([...g, ...root]) },
      });
      return [
        said("start", { rmsprop: leaky[0] }),
        said("first", {
          rmsprop: leaky[turn],
          adagrad: summed[turn],
          steps,
          rmspropEnd: leaky[steps - 1],
          adagradEnd: summed[steps - 1],
        }),
        ...(wait > 0 ? [said("noticed", { steps: Math.ceil(wait) })] : []),
      ];
    },
    press() {},
  };
}
