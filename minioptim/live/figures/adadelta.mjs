// The ravine with x measured in units of s metres: each rule runs in those units with its
// hyper-parameters as they are, and its path is drawn in metres. Who does not notice, does not move.
// Beside it, where x is after all steps, over every unit: a rule that does not notice is a level line.

/** @import { Context, Figure } from "../drawing/types" */

import { chart } from "../drawing/chart.mjs";
import { legendOfAll } from "../drawing/frame.mjs";
import { plane } from "../drawing/plane.mjs";
import { run } from "../drawing/simulate.mjs";
import { said } from "../drawing/words.mjs";

const METRES = [
  [-8, 4],
  [-3, 3],
];
const PER_DECADE = 16; // units of the curves over the unit

/**
 * @param {Context} context
 * @returns {Figure}
 */
export function adadelta({ word, views, declaration, signal, rules, surfaces, looks }) {
  const { steps, start, curvatures, values, units } = declaration.facts;
  const bowl = new surfaces.Bowl({ lambda1: curvatures[0], lambda2: curvatures[1] });
  const look = {
    ...looks,
    Adadelta: { ...looks.Adadelta, width: 3.5 },
    NewtonStep: { color: "#6b7280", dash: "2 3" },
  };
  const names = ["GradientDescent", "Adagrad", "Adadelta", "NewtonStep"];
  const labels = [word("legend.descent"), "Adagrad", "Adadelta", word("legend.newton")];
  // The rule in question lies on top.
  const order = ["NewtonStep", "GradientDescent", "Adagrad", "Adadelta"];
  const map = plane(views, {
    title: word("views.paths"),
    tab: word("tabs.paths"),
    domain: METRES,
    xLabel: word("axes.metres"),
    signal,
    word,
  });
  const over = chart(views, {
    title: word("views.over", { steps }),
    tab: word("tabs.over"),
    xLabel: word("axes.unit"),
    yLabel: word("axes.metres"),
    xLog: true,
    xRange: units,
    yRange: [-8, 2],
    height: 300,
  });
  legendOfAll(
    [map, over],
    names.map((name, k) => ({ label: labels[k], look: look[name] })),
  );

  // The y coordinate has a unit of its own, which stays: each coordinate is a run by itself.
  function one(name, j, scale, begun) {
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
  }

  function walk(name, scale, begun) {
    const [x, y] = [0, 1].map((j) => one(name, j, scale, begun));
    return Float64Array.from({ length: 2 * (steps + 1) }, (_, i) => (i % 2 ? y : x)[i >> 1]);
  }

  const [low, high] = units.map(Math.log10);
  const scales = Float64Array.from(
    { length: Math.round(PER_DECADE * (high - low)) + 1 },
    (_, k) => 10 ** (low + k / PER_DECADE),
  );
  const curves = new Map(); // they hang on the rule alone: each is computed once
  function curve(name, begun) {
    const key = name === "Adadelta" && begun ? "BegunAdadelta" : name;
    if (!curves.has(key))
      curves.set(
        key,
        scales.map((scale) => one(name, 0, scale, begun)[steps]),
      );
    return curves.get(key);
  }

  const place = (x) =>
    !(Math.abs(x) < 1e6) ? said("gone") : Math.abs(x) < 5e-4 ? said("near") : x;

  return {
    draw({ scale, begun }) {
      map.surface(bowl, "bowl");
      const paths = Object.fromEntries(names.map((name) => [name, walk(name, scale, begun)]));
      const endOf = (name) => paths[name].slice(2 * steps);
      map.dot("start", start, { color: "#3b3b3b" });
      for (const name of order) {
        map.path(name, paths[name], look[name]);
        map.dot(name, endOf(name), { color: look[name].color, radius: 5 });
      }
      over.draw({
        series: [
          ...order.map((name) => ({ name, x: scales, y: curve(name, begun), look: look[name] })),
          ...order.map((name) => ({
            name: `${name} now`,
            x: [scale],
            y: [endOf(name)[0]],
            look: { ...look[name], dash: "", width: 4 },
            dots: true,
          })),
        ],
        lines: [{ name: "now", x: scale, label: word("marks.now", { scale }) }],
      });
      const others = names
        .map((name, k) => [name, labels[k]])
        .filter(([name]) => name !== "Adadelta")
        .map(([name, rule]) => said("end", { rule, x: place(endOf(name)[0]) }));
      const [x, y] = endOf("Adadelta");
      return [
        said("hero", { x0: start[0], y0: start[1], steps, x: place(x), y: place(y) }),
        said("ends", { others }),
      ];
    },
    press() {},
  };
}
