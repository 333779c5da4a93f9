// NAdam beside Adam: the same start, the same lr, the same averages. What differs is the look ahead.

/** @import { Context, Figure } from "../drawing/types" */

import { anatomyView } from "../drawing/anatomy.mjs";
import { chart } from "../drawing/chart.mjs";
import { legend } from "../drawing/frame.mjs";
import { plane } from "../drawing/plane.mjs";
import { runOn, valuesAlong } from "../drawing/simulate.mjs";
import { said } from "../drawing/words.mjs";

/**
 * @param {Context} context
 * @returns {Figure}
 */
export function nadam({ word, views, declaration, signal, change, rules, surfaces, looks }) {
  const { steps, limits, psi: psis } = declaration.facts;
  const names = ["Adam", "NAdam"];
  const early = 30;
  const map = plane(views, { title: word("views.paths"), domain: limits, signal, word });
  const loss = chart(views, {
    title: word("views.loss"),
    xLabel: word("axes.step"),
    yLabel: "f(x)",
    yLog: true,
    height: 300,
  });
  const across = chart(views, {
    title: word("views.across"),
    xLabel: word("axes.step"),
    yLabel: "y",
  });
  const lengths = chart(views, {
    title: word("views.lengths"),
    xLabel: word("axes.step"),
    yLabel: word("axes.length"),
  });
  legend(
    map.root.parentNode,
    names.map((name) => ({ label: name, look: looks[name] })),
  );
  const takeApart = anatomyView(views, { signal, word });
  const moveHandle = map.handle(word("handle.start"), (place) => change({ start: place }));

  return {
    draw({ surface: kind, psi, lr, beta1, beta2, start, anatomy: t }) {
      const surface = new surfaces[kind]();
      const made = {
        Adam: new rules.Adam({ lr, beta1, beta2 }),
        NAdam: new rules.NAdam({ lr, beta1, beta2, psi: psis[psi] }),
      };
      map.surface(surface, kind);
      moveHandle(start);
      const seen = names.map((name) => {
        const trace = runOn(surface, made[name], start, steps);
        map.path(name, trace.x, looks[name]);
        const y = trace.x.filter((_, i) => i % 2 === 1);
        const length = Float64Array.from(
          { length: steps },
          (_, k) =>
            Math.hypot(
              trace.x[2 * k + 2] - trace.x[2 * k],
              trace.x[2 * k + 3] - trace.x[2 * k + 1],
            ) / lr,
        );
        return { name, trace, look: looks[name], f: valuesAlong(surface, trace), y, length };
      });
      const series = (key) => seen.map((one) => ({ name: one.name, y: one[key], look: one.look }));
      loss.draw({ series: series("f") });
      across.draw({ series: series("y"), range: { x: [0, steps] } });
      lengths.draw({
        series: series("length").map((one) => ({
          ...one,
          x: Float64Array.from(one.y, (_, k) => k + 1),
        })),
        range: { x: [0, steps] },
      });
      const [adam, nadam] = seen;
      map.dot("apart", t ? [nadam.trace.x[2 * t - 2], nadam.trace.x[2 * t - 1]] : null, {
        color: looks.NAdam.color,
        radius: 6,
      });
      const ratio = nadam.length[0] / adam.length[0];
      return [
        said("ends", {
          early,
          adamEarly: adam.f[early],
          nadamEarly: nadam.f[early],
          steps,
          adam: adam.f[steps],
          nadam: nadam.f[steps],
        }),
        adam.length[0] > 0 ? said("first", { ratio }) : said("first.none"),
        ...takeApart(surface, kind, made.NAdam, nadam.trace, t),
      ];
    },
    press() {},
  };
}
