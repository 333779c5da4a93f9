// What Adam does without bias correction where all gradients are 1: its averages fill at different
// speeds, and their quotient, the step, is a schedule.

/** @import { Context, Figure } from "../drawing/types" */

import { chart } from "../drawing/chart.mjs";
import { legend } from "../drawing/frame.mjs";
import { run } from "../drawing/simulate.mjs";
import { said } from "../drawing/words.mjs";

/**
 * Whole numbers from 1 to `last`, about evenly spaced on a logarithmic axis, each once.
 *
 * @param {number} last
 * @returns {number[]}
 */
export function evenly(last) {
  const shares = Array.from({ length: 301 }, (_, k) => Math.round(last ** (k / 300)));
  return [...new Set(shares)];
}

/**
 * @param {Context} context
 * @returns {Figure}
 */
export function adam_correction({ word, views, declaration, rules, looks }) {
  const { steps, colors } = declaration.facts;
  const [average, root] = [{ color: colors.average }, { color: colors.root, dash: "6 3" }];
  const uncorrected = { color: "#6b7280" };
  const axis = { xLabel: word("axes.step"), xLog: true, height: 300 };
  const averages = chart(views, {
    ...axis,
    title: word("views.averages"),
    tab: word("tabs.averages"),
    yLabel: "m, √v",
  });
  const moves = chart(views, {
    ...axis,
    title: word("views.steps"),
    tab: word("tabs.steps"),
    lead: true,
    yLabel: word("axes.move"),
    yLog: true,
  });
  legend(averages.root.parentNode, [
    { label: "m", look: average },
    { label: "√v", look: root },
  ]);
  legend(moves.root.parentNode, [
    { label: word("legend.uncorrected"), look: uncorrected },
    { label: word("marks.corrected"), look: looks.Adam },
  ]);
  const t = evenly(steps);

  return {
    draw({ beta2 }) {
      const walk = (kind) => run(new rules[kind]({ lr: 1, beta2 }), () => [1], [0], steps);
      const trace = walk("UncorrectedAdam");
      const lengths = ({ x }) => t.map((k) => Math.abs(x[k] - x[k - 1]));
      const range = { x: [1, steps] };
      averages.draw({
        series: [
          { name: "average", x: t, y: t.map((k) => trace.state.m[k]), look: average },
          { name: "root", x: t, y: t.map((k) => Math.sqrt(trace.state.v[k])), look: root },
        ],
        range: { ...range, y: [0, 1.1] },
      });
      moves.draw({
        series: [
          { name: "corrected", x: t, y: lengths(walk("Adam")), look: looks.Adam },
          { name: "uncorrected", x: t, y: lengths(trace), look: uncorrected },
        ],
        range: { ...range, y: [0.5, 40] },
      });
      const all = Array.from({ length: steps }, (_, k) => Math.abs(trace.x[k + 1] - trace.x[k]));
      const longest = all.reduce((best, length) => Math.max(best, length), 0);
      return [
        said("moves", { first: all[0], longest, at: all.indexOf(longest) + 1, late: all[999] }),
      ];
    },
    press() {},
  };
}
