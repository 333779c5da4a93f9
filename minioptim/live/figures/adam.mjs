// The size of Adam's step in units of lr for several kinds of gradients, the same without bias
// correction, and what it comes to in the ravine.

/** @import { Context, Figure } from "../drawing/types" */

import { anatomyView } from "../drawing/anatomy.mjs";
import { chart } from "../drawing/chart.mjs";
import { legend } from "../drawing/frame.mjs";
import { plane } from "../drawing/plane.mjs";
import { run, runOn } from "../drawing/simulate.mjs";
import { said } from "../drawing/words.mjs";

/**
 * The longest step in units of lr, corrected, after long: a lone large gradient makes it.
 *
 * @param {number} beta1
 * @param {number} beta2
 */
export function loneStep(beta1, beta2) {
  return (1 - beta1) / Math.sqrt(1 - beta2);
}

/**
 * @param {Context} context
 * @returns {Figure}
 */
export function adam({ word, views, declaration, signal, rules, surfaces, looks }) {
  const { steps, gradients } = declaration.facts;
  const look = looks.Adam;
  const other = { ...look, dash: "2 4" };
  const ravine = new surfaces.Ravine();
  const moves = chart(views, {
    title: word("views.moves"),
    xLabel: word("axes.step"),
    yLabel: word("axes.move"),
    height: 300,
  });
  const map = plane(views, { title: word("views.ravine"), domain: ravine.domain, signal, word });
  const takeApart = anatomyView(views, { signal, word });
  legend(moves.root.parentNode, [
    { label: word("legend.chosen"), look },
    { label: word("legend.other"), look: other },
  ]);
  const t = Float64Array.from({ length: steps }, (_, k) => k + 1);

  return {
    draw({ kind, corrected, beta1, beta2, eps, lr, anatomy: at }) {
      const g = gradients[kind];
      const make = (yes, rate) =>
        new rules[yes ? "Adam" : "UncorrectedAdam"]({ lr: rate, beta1, beta2, eps });
      const lengths = (yes) => {
        const { x } = run(make(yes, 1), (_, k) => [g[k - 1]], [0], steps);
        return Float64Array.from(t, (k) => Math.abs(x[k] - x[k - 1]));
      };
      const [chosen, otherWay] = [lengths(corrected), lengths(!corrected)];
      const longest = Math.max(...chosen);
      moves.draw({
        series: [
          { name: "other", x: t, y: otherWay, look: other },
          { name: "step", x: t, y: chosen, look },
        ],
        lines: [{ name: "lr", y: 1, label: "lr" }],
        range: { x: [0, steps], y: [0, Math.max(1.2, 1.08 * Math.max(...chosen, ...otherWay))] },
      });
      const rule = make(corrected, lr);
      const trace = runOn(ravine, rule, ravine.start, steps);
      map.surface(ravine, "ravine");
      map.path("path", trace.x, look);
      map.dot("start", ravine.start, { color: look.color });
      map.dot("apart", at ? [trace.x[2 * at - 2], trace.x[2 * at - 1]] : null, {
        color: look.color,
        radius: 6,
      });
      const end = ravine.f(trace.x[2 * steps], trace.x[2 * steps + 1]);
      const longestAt = chosen.findIndex((length) => length > 0.999999 * longest) + 1;
      return [
        said("moves", { first: chosen[0], longest, at: longestAt, last: chosen[steps - 1] }),
        beta1 ** 2 <= beta2 ? said("lone", { most: loneStep(beta1, beta2) }) : said("lone.grows"),
        said("ravine", { f: end, steps }),
        ...takeApart(ravine, "ravine", rule, trace, at),
      ];
    },
    press() {},
  };
}
