// The ravine with x measured in units of s metres: each rule runs in those units with its
// hyper-parameters as they are, and its path is drawn in metres. Who does not notice, does not move.

/** @import { Context, Figure } from "../drawing/types" */

import { chart } from "../drawing/chart.mjs";
import { legend } from "../drawing/frame.mjs";
import { plane } from "../drawing/plane.mjs";
import { run } from "../drawing/simulate.mjs";
import { said } from "../drawing/words.mjs";

const METRES = [
  [-8, 4],
  [-3, 3],
];

/**
 * @param {Context} context
 * @returns {Figure}
 */
export function adadelta({ word, views, declaration, signal, rules, surfaces, looks }) {
  const { steps, start, curvatures, values } = declaration.facts;
  const bowl = new surfaces.Bowl({ lambda1: curvatures[0], lambda2: curvatures[1] });
  const look = { ...looks, NewtonStep: { color: "#6b7280", dash: "2 3" } };
  const names = ["GradientDescent", "Adagrad", "Adadelta", "NewtonStep"];
  const labels = [word("legend.descent"), "Adagrad", "Adadelta", word("legend.newton")];
  const map = plane(views, {
    title: word("views.paths"),
    domain: METRES,
    xLabel: word("axes.metres"),
    signal,
    word,
  });
  const along = chart(views, {
    title: word("views.along"),
    xLabel: word("axes.step"),
    yLabel: word("axes.metres"),
    yRange: [-9, 5],
    height: 300,
  });
  legend(
    map.root.parentNode,
    names.map((name, k) => ({ label: labels[k], look: look[name] })),
  );

  // The y coordinate has a unit of its own, which stays: each coordinate is a run by itself.
  function walk(name, scale, begun) {
    const one = (j) => {
      const unit = j === 0 ? scale : 1;
      const rule =
        name === "NewtonStep"
          ? new rules.NewtonStep({ curvature: curvatures[j] * unit ** 2 })
          : name === "Adadelta" && begun
            ? new rules.BegunAdadelta({ eps: 0, begun: 0.01 / unit ** 2 })
            : new rules[name](values[name]);
      const slope = (/** @type {number[]} */ [u]) => {
        const place = [0, 0];
        place[j] = u * unit;
        return [bowl.df(place[0], place[1])[j] * unit];
      };
      return run(rule, slope, [start[j] / unit], steps).x.map((u) => u * unit);
    };
    const [x, y] = [one(0), one(1)];
    return Float64Array.from({ length: 2 * (steps + 1) }, (_, i) => (i % 2 ? y : x)[i >> 1]);
  }

  return {
    draw({ scale, begun }) {
      map.surface(bowl, "bowl");
      const paths = Object.fromEntries(names.map((name) => [name, walk(name, scale, begun)]));
      for (const name of names) map.path(name, paths[name], look[name]);
      map.dot("start", start, { color: "#3b3b3b" });
      along.draw({
        series: names.map((name) => ({
          name,
          y: paths[name].filter((_, i) => i % 2 === 0),
          look: look[name],
        })),
        range: { x: [0, steps] },
      });
      const ends = names.map((name, k) => {
        const x = paths[name][2 * steps];
        if (!(Math.abs(x) < 1e6)) return said("end.gone", { rule: labels[k] });
        return said("end", { rule: labels[k], x: Math.abs(x) < 5e-4 ? 0 : x });
      });
      return [said("ends", { steps, ends, start: start[0] })];
    },
    press() {},
  };
}
