// Adam in a ravine, with one handle, the step: the arrows of the slope, the average and the step,
// and the two averages of each coordinate over time.

/** @import { Context, Figure } from "../drawing/types" */

import { angleBetween } from "../drawing/anatomy.mjs";
import { chart } from "../drawing/chart.mjs";
import { legend, legendOfAll } from "../drawing/frame.mjs";
import { around } from "../drawing/geometry.mjs";
import { plane } from "../drawing/plane.mjs";
import { runOn } from "../drawing/simulate.mjs";
import { said } from "../drawing/words.mjs";

/**
 * An average from zero, corrected: `state` of step t over the sum of its weights.
 *
 * @param {number} state
 * @param {number} beta
 * @param {number} t
 */
export function corrected(state, beta, t) {
  return state / (1 - beta ** t);
}

/**
 * @param {Context} context
 * @returns {Figure}
 */
export function adam({ word, views, declaration, signal, rules, surfaces, looks }) {
  const { steps, lr, colors } = declaration.facts;
  const look = looks.Adam;
  const ravine = new surfaces.Ravine();
  const parts = [
    { name: "gradient", look: { color: colors.gradient, dash: "4 3" } },
    { name: "average", look: { color: colors.average } },
    { name: "step", look: { color: look.color, width: 4 } },
  ];
  const window = [
    [-8, 3],
    [-3, 3.5],
  ];
  // On a phone the slider stands below the first view.
  const near = plane(views, {
    title: word("views.near"),
    tab: word("tabs.apart"),
    domain: window,
    signal,
    word,
  });
  const map = plane(views, {
    title: word("views.ravine"),
    tab: word("tabs.path"),
    domain: window,
    signal,
    word,
  });
  const charts = ["along", "across"].map((name) =>
    chart(views, { title: word(`views.${name}`), xLabel: word("axes.step"), yLabel: "g" }),
  );
  legend(
    near.root.parentNode,
    parts.map(({ name, look: own }) => ({ label: word(`parts.${name}`), look: own })),
  );
  legendOfAll(charts, [
    { label: "g", look: { color: colors.gradient }, dots: true },
    { label: "m̂", look: { color: colors.average } },
    { label: "±√v̂", look: { color: colors.root, dash: "6 3" } },
  ]);

  const rule = new rules.Adam({ lr });
  const trace = runOn(ravine, rule, ravine.start, steps);
  const t = Float64Array.from({ length: steps }, (_, k) => k + 1);
  const series = (array, i, shift) => Float64Array.from(t, (k) => array[2 * (k - 1 + shift) + i]);
  const coordinates = [0, 1].map((i) => ({
    g: series(trace.gradient, i, 0),
    m: series(trace.state.m, i, 1).map((m, k) => corrected(m, rule.beta1, k + 1)),
    root: series(trace.state.v, i, 1).map((v, k) => Math.sqrt(corrected(v, rule.beta2, k + 1))),
  }));
  map.surface(ravine, "ravine");
  map.path("path", trace.x, look);
  map.dot("start", ravine.start, { color: look.color });

  return {
    draw({ step: at }) {
      const point = (k) => [trace.x[2 * k], trace.x[2 * k + 1]];
      const [x, after] = [point(at - 1), point(at)];
      const move = after.map((value, i) => value - x[i]);
      const arrows = {
        gradient: coordinates.map(({ g }) => -g[at - 1]),
        average: coordinates.map(({ m }) => -m[at - 1]),
        step: move,
      };
      // All as long as the step: only their directions are compared.
      const tip = (arrow) =>
        arrow.map((value, i) => x[i] + (value * Math.hypot(...move)) / Math.hypot(...arrow));
      map.dot("now", x, { color: "#1f2933", radius: 6 });
      near.reframe(around([x, ...Object.values(arrows).map(tip)]));
      near.surface(ravine, at);
      for (const { name, look: own } of [...parts].reverse())
        near.arrow(name, x, tip(arrows[name]), own);
      near.dot("now", x, { color: "#1f2933", radius: 5 });
      coordinates.forEach(({ g, m, root }, i) => {
        const dashed = { color: colors.root, dash: "6 3" };
        charts[i].draw({
          series: [
            { name: "root", x: t, y: root, look: dashed },
            { name: "minus root", x: t, y: root.map((value) => -value), look: dashed },
            { name: "g", x: t, y: g, look: { color: colors.gradient }, dots: true },
            { name: "m", x: t, y: m, look: { color: colors.average } },
          ],
          lines: [{ name: "now", x: at, label: word("marks.step", { t: at }) }],
          range: { x: [0, steps] },
        });
      });
      const away = Math.round(angleBetween(arrows.gradient, move));
      const [along, across] = move.map((value) => Math.abs(value) / lr);
      return [
        away > 90
          ? said("uphill", { t: at, degrees: away })
          : said("downhill", { t: at, degrees: away }),
        said("lengths", { along, across }),
      ];
    },
    press() {},
  };
}
