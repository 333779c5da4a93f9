// NAdam beside Adam: the same start, the same lr, the same averages. What differs is the look ahead.

/** @import { Context, Figure, Move, Piece, Rule, Trace } from "../drawing/types" */

import { anatomyView } from "../drawing/anatomy.mjs";
import { chart } from "../drawing/chart.mjs";
import { legendOfAll } from "../drawing/frame.mjs";
import { plane } from "../drawing/plane.mjs";
import { runOn, valuesAlong } from "../drawing/simulate.mjs";
import { said } from "../drawing/words.mjs";

// The parts that other rules' steps are drawn with are left out: none is a word of this chapter.
const UNDRAWN = /** @type {any} */ ({
  gradient: undefined,
  unscaled: undefined,
  memory: undefined,
});

/**
 * The correction of the last jump and the next jump, which make step t together. The correction is
 * what the rule does of itself when m comes out as 0, as it does for one m before the step.
 *
 * @param {Rule} rule
 * @param {Trace} trace
 * @param {number} t
 * @returns {{ moves: Record<string, Move>; told: Piece[] }}
 */
export function correctionAndJump(rule, trace, t) {
  const at = (array, k = t - 1) => [array[2 * k], array[2 * k + 1]];
  const [from, after, g, v, product] = [
    at(trace.x),
    at(trace.x, t),
    at(trace.gradient),
    at(trace.state.v),
    at(trace.state.mu_product),
  ];
  const { beta1 } = rule;
  const corrected = from.map((x, i) => {
    const against = beta1 ? (-(1 - beta1) / beta1) * g[i] : 0; // without memory there is no jump
    return rule.step(g[i], x, t, against, v[i], product[i])[0];
  });
  const correction = corrected.map((x, i) => x - from[i]);
  const jump = after.map((x, i) => x - corrected[i]);
  const whole = Math.hypot(...after.map((x, i) => x - from[i]));
  return {
    moves: {
      correction: { from, move: correction },
      jump: { from: corrected, move: jump },
      ...UNDRAWN,
    },
    told: [said("anatomy.jumped", { ratio: Math.hypot(...jump) / whole })],
  };
}

/**
 * @param {Context} context
 * @returns {Figure}
 */
export function nadam({ word, views, declaration, signal, change, rules, surfaces, looks }) {
  const { steps, limits, psi: psis, colors } = declaration.facts;
  const names = ["Adam", "NAdam"];
  const early = 30;
  const map = plane(views, {
    title: word("views.paths"),
    tab: word("tabs.paths"),
    domain: limits,
    signal,
    word,
  });
  // On a phone too, what lr moves stands right above its slider.
  const loss = chart(views, {
    title: word("views.loss"),
    tab: word("tabs.loss"),
    xLabel: word("axes.step"),
    yLabel: "f(x)",
    yLog: true,
    height: 230,
  });
  const across = chart(views, {
    title: word("views.across"),
    tab: word("tabs.across"),
    xLabel: word("axes.step"),
    yLabel: "y",
    height: 180,
  });
  const lengths = chart(views, {
    title: word("views.lengths"),
    tab: word("tabs.lengths"),
    xLabel: word("axes.step"),
    yLabel: word("axes.length"),
    height: 180,
  });
  legendOfAll(
    [map, loss, across, lengths],
    names.map((name) => ({ label: name, look: looks[name] })),
  );
  // In the chapter's words and colours: the correction of the last jump, and the next jump.
  const takeApart = anatomyView(views, {
    signal,
    word,
    looks: { result: { color: colors.result, width: 5 } },
    others: ["correction", "jump"].map((name) => ({ name, look: { color: colors[name] } })),
  });
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
      // Across the ravine: the a of the chapter, and its limit.
      const { v, mu_product: product } = nadam.trace.state;
      const [, curvature] = surface.df(0, 1);
      const ratioAt = (k) => (lr * curvature) / Math.sqrt(v[2 * k + 1] / (1 - beta2 ** k));
      const ratios = Float64Array.from({ length: steps }, (_, k) => ratioAt(k + 1));
      const a = Math.max(...ratios);
      const peak = ratios.indexOf(a) + 1;
      const mu = product[2 * peak] / product[2 * peak - 2] || 0; // the rule's own; 0 without memory
      const limit = (2 * (1 + beta1)) / (1 + beta1 - 2 * mu * beta1);
      const ratio = nadam.length[0] / adam.length[0];
      const moves = t ? correctionAndJump(made.NAdam, nadam.trace, t) : undefined;
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
        ...(kind === "Ravine" && Number.isFinite(a) ? [said("limit", { a, peak, limit })] : []),
        ...takeApart(surface, kind, made.NAdam, nadam.trace, t, moves),
      ];
    },
    press() {},
  };
}
