// A weight between gradients that alternate, by one handle, their size: a penalty that goes through
// Adam's division holds it or not, a decay beside the division always does.

/** @import { Context, Figure } from "../drawing/types" */

import { chart } from "../drawing/chart.mjs";
import { legendOfAll } from "../drawing/frame.mjs";
import { run } from "../drawing/simulate.mjs";
import { said } from "../drawing/words.mjs";

/**
 * The gradient of step t: of this size, with the sign of every second step turned round.
 *
 * @param {number} size
 * @param {number} t
 */
export function alternating(size, t) {
  return t % 2 ? size : -size;
}

/**
 * @param {Context} context
 * @returns {Figure}
 */
export function adamw({ word, views, declaration, rules, looks }) {
  const { steps, start, lr, decay, sizes } = declaration.facts;
  // Adam with a penalty is no rule of the package, and a pink beside AdamW's would not stand out.
  const [inside, beside] = [{ color: "#6b7280" }, { ...looks.AdamW, width: 3 }];
  const options = { yLabel: "x", yRange: [-0.05, 1.1], height: 260, labels: 12 };
  const weight = chart(views, {
    ...options,
    title: word("views.weight"),
    tab: word("tabs.weight"),
    xLabel: word("axes.step"),
    xRange: [0, steps],
  });
  const left = chart(views, {
    ...options,
    title: word("views.left"),
    tab: word("tabs.left"),
    xLabel: word("axes.size"),
    xLog: true,
    xRange: [sizes[0], sizes[sizes.length - 1]],
  });
  legendOfAll(
    [weight, left],
    [
      { label: word("legend.beside"), look: beside },
      { label: word("legend.inside"), look: inside },
    ],
  );
  const walks = {
    beside: (size) =>
      run(
        new rules.AdamW({ lr, weight_decay: decay }),
        (_, t) => [alternating(size, t)],
        [start],
        steps,
      ).x,
    inside: (size) =>
      run(new rules.Adam({ lr }), ([x], t) => [alternating(size, t) + decay * x], [start], steps).x,
  };
  const ends = (walk) => Float64Array.from(sizes, (size) => walk(size)[steps]);
  const law = { beside: ends(walks.beside), inside: ends(walks.inside) };

  return {
    draw({ size }) {
      const now = { beside: walks.beside(size), inside: walks.inside(size) };
      weight.draw({
        series: [
          { name: "beside", y: now.beside, look: beside },
          { name: "inside", y: now.inside, look: inside },
        ],
      });
      left.draw({
        series: [
          { name: "beside", x: sizes, y: law.beside, look: beside },
          { name: "inside", x: sizes, y: law.inside, look: inside },
          { name: "here beside", x: [size], y: [now.beside[steps]], look: beside, dots: true },
          { name: "here inside", x: [size], y: [now.inside[steps]], look: inside, dots: true },
        ],
        lines: [{ name: "now", x: size, label: "" }],
      });
      return [said("left", { beside: now.beside[steps], inside: now.inside[steps], steps })];
    },
    press() {},
  };
}
