// The descent lemma: a wavy function, the parabola that lies over it, and one step under both.

/** @import { Context, Figure } from "../drawing/types" */

import { plane } from "../drawing/plane.mjs";
import { run } from "../drawing/simulate.mjs";
import { controlOf } from "../drawing/state.mjs";
import { said } from "../drawing/words.mjs";

const POINTS = 160; // of a drawn curve

/**
 * @param {Context} context
 * @returns {Figure}
 */
export function ceiling({ word, views, declaration, signal, change, rules }) {
  const { bend, wave, pace, steepest, domain } = declaration.facts;
  const { low, high } = controlOf(declaration, "x");
  const heightOf = (x) => bend * x ** 2 + wave * Math.sin(pace * x);
  const slopeOf = (x) => 2 * bend * x + wave * pace * Math.cos(pace * x);
  const drawn = (of) =>
    Array.from({ length: POINTS + 1 }, (_, k) => {
      const x = domain[0][0] + ((domain[0][1] - domain[0][0]) * k) / POINTS;
      return [x, of(x)];
    }).flat();
  views.style.gridTemplateColumns = "minmax(0, 30rem)";
  const view = plane(views, {
    title: word("views.ceiling"),
    domain,
    unlike: true,
    yLabel: word("axes.height"),
    signal,
    word,
  });
  view.outline("function", drawn(heightOf), { color: "#3b3b3b", width: 2.5 });
  const red = "#d62728";
  const moveHandle = view.handle(word("handle.x"), ([x]) => change({ x }), [
    [low, high],
    [heightOf(high), heightOf(high)],
  ]);

  return {
    draw({ x, lr }) {
      const [height, slope] = [heightOf(x), slopeOf(x)];
      const rule = new rules.GradientDescent({ lr: lr / steepest });
      const to = run(rule, ([at]) => [slopeOf(at)], [x], 1).x[1];
      const over = (at) => height + slope * (at - x) + (steepest / 2) * (at - x) ** 2;
      view.outline(
        "tangent",
        drawn((at) => height + slope * (at - x)),
        { color: "#0072b2", dash: "6 4", width: 1.5 },
      );
      view.outline("ceiling", drawn(over), { color: red });
      view.outline("start", [x, height, to, height], { color: "#6b7280", dash: "2 4" });
      view.outline("fall", [to, height, to, heightOf(to)], { color: "#3b3b3b", width: 1.5 });
      view.outline("promised", [to, height, to, over(to)], { color: red, width: 4 });
      view.dot("over", [to, over(to)], { color: red, radius: 5 });
      view.dot("under", [to, heightOf(to)], { color: "#3b3b3b", radius: 5 });
      moveHandle([x, height]);
      const found = { lr, promised: height - over(to), fall: height - heightOf(to) };
      return [
        // From 2/L on the ceiling is at least as high as the start, but for the last digit.
        lr < 2 - 1e-9 ? said("promise", found) : said("none", { lr }),
        found.fall < 0 ? said("rises", { by: -found.fall }) : said("falls", { by: found.fall }),
      ];
    },
    press() {},
  };
}
