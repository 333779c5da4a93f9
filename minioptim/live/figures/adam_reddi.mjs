// One large gradient and a hundred small ones of the other sign, again and again: by the memory of
// Adam's root, the one or the others win.

/** @import { Context, Figure } from "../drawing/types" */

import { chart } from "../drawing/chart.mjs";
import { run } from "../drawing/simulate.mjs";
import { said } from "../drawing/words.mjs";

/**
 * The periods after which the root repeats itself: six windows of its average.
 *
 * @param {number} beta2
 * @param {number} period
 */
export function periodsBefore(beta2, period) {
  return Math.ceil(6 / (1 - beta2) / period);
}

/**
 * @param {Context} context
 * @returns {Figure}
 */
export function adam_reddi({ word, views, declaration, rules, looks }) {
  const { period, gradients, shown, root } = declaration.facts;
  const axis = { xLabel: word("axes.step"), height: 260 };
  const divisor = chart(views, {
    ...axis,
    title: word("views.root"),
    tab: word("tabs.root"),
    yLabel: "√v",
  });
  const position = chart(views, {
    ...axis,
    title: word("views.position"),
    tab: word("tabs.position"),
    lead: true,
    yLabel: "x / lr",
  });
  const length = shown * period;

  return {
    draw({ beta2 }) {
      const first = period * periodsBefore(beta2, period);
      const rule = new rules.Adam({ lr: 1, beta1: 0, beta2, eps: 0 });
      const of = (_, t) => [gradients[t % period === 1 ? 0 : 1]];
      const { x, state } = run(rule, of, [0], first + length);
      const t = Float64Array.from({ length }, (_, k) => k + 1);
      const range = { x: [0, length] };
      divisor.draw({
        series: [
          {
            name: "root",
            x: t,
            y: t.map((k) => Math.sqrt(state.v[first + k])),
            look: { color: root },
          },
        ],
        range: { ...range, y: [0, 200] },
      });
      position.draw({
        series: [
          {
            name: "position",
            y: x.slice(first).map((value) => value - x[first]),
            look: looks.Adam,
          },
        ],
        lines: [{ name: "start", y: 0, label: "" }],
        range,
      });
      const down = x[first] - x[first + 1];
      const up = x[first + period] - x[first + 1];
      return [
        said("parts", { down, up }),
        up > down ? said("climbs", { change: up - down }) : said("falls", { change: down - up }),
      ];
    },
    press() {},
  };
}
