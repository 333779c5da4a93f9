// Momentum in a long valley, at the learning rate that is best for gradient descent: what the
// share that it keeps of each step does to the path and to the number of steps.

/** @import { Context, Figure } from "../drawing/types" */

import { chart } from "../drawing/chart.mjs";
import { plane } from "../drawing/plane.mjs";
import { runOn } from "../drawing/simulate.mjs";
import { said } from "../drawing/words.mjs";

/**
 * The distances of a path's points from the minimum at the origin, as shares of the first.
 *
 * @param {ArrayLike<number>} x the points, two numbers each
 */
export function sharesLeft(x) {
  const distance = (t) => Math.hypot(x[2 * t], x[2 * t + 1]);
  return Float64Array.from({ length: x.length / 2 }, (_, t) => distance(t) / distance(0));
}

/**
 * @param {Context} context
 * @returns {Figure}
 */
export function valley({ word, views, declaration, signal, rules, surfaces, looks }) {
  const { steps, drawn, start, lr, near, condition, domain } = declaration.facts;
  // One above the other: side by side the valley would be too short to follow a path in.
  views.style.gridTemplateColumns = "minmax(0, 30rem)";
  const map = plane(views, {
    title: word("views.path"),
    tab: word("tabs.path"),
    domain,
    height: 172,
    xLabel: word("axes.along"),
    yLabel: word("axes.across"),
    signal,
    word,
  });
  const counts = chart(views, {
    title: word("views.distance"),
    tab: word("tabs.distance"),
    xLabel: word("axes.step"),
    yLabel: word("axes.distance"),
    yLog: true,
    yRange: [near / 10, 2],
  });
  const bowl = new surfaces.Bowl({ lambda1: 1, lambda2: condition, angle: 0 });
  const look = looks.Momentum;
  const plain = { color: "#8a929c", width: 1.5 };
  const walk = (mu) => runOn(bowl, new rules.Momentum({ lr, momentum: mu }), start, steps).x;
  const needs = (left) => {
    let t = left.length;
    while (t > 0 && left[t - 1] <= near) t -= 1;
    return t;
  };
  const descent = walk(0);
  const slow = sharesLeft(descent);
  map.surface(bowl, "valley");
  map.path("descent", descent.slice(0, 2 * drawn + 2), plain);
  map.dot("minimum", [0, 0], { radius: 3 });

  return {
    draw({ momentum }) {
      const x = walk(momentum);
      map.path("momentum", x.slice(0, 2 * drawn + 2), look);
      for (let t = 0; t <= drawn; t += 1)
        map.dot(`step ${t}`, x.slice(2 * t, 2 * t + 2), {
          color: look.color,
          radius: t === drawn ? 5 : 2,
        });
      const left = sharesLeft(x);
      const needed = needs(left);
      const mark = (name, step) => ({ name, x: step, label: step > steps ? "" : String(step) });
      counts.draw({
        series: [
          { name: "descent", y: slow, look: plain },
          { name: "momentum", y: left, look },
        ],
        range: { x: [0, 250] },
        lines: [
          { name: "near", y: near, label: word("marks.near") },
          mark("needed", needed),
          ...(momentum ? [mark("slow", needs(slow))] : []),
        ],
      });
      return [
        needed > steps ? said("far", { momentum, steps }) : said("near", { momentum, needed }),
      ];
    },
    press() {},
  };
}
