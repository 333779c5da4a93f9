// One parabola, and one handle a = lr · λ: the roots of momentum and of Nesterov's method, their
// runs and their rates move together.

/** @import { Context, Figure } from "../drawing/types" */

import { chart } from "../drawing/chart.mjs";
import { legend, legendOfAll } from "../drawing/frame.mjs";
import { plane } from "../drawing/plane.mjs";
import { run } from "../drawing/simulate.mjs";
import { controlOf } from "../drawing/state.mjs";
import { said } from "../drawing/words.mjs";

/**
 * The two roots of z² − (1 − a + kept) z + kept as points (real part, imaginary part). `kept` is
 * what stands before the old velocity: mu for momentum, mu (1 − a) for Nesterov's method.
 *
 * @param {number} a
 * @param {number} kept
 */
export function pairOf(a, kept) {
  const half = (1 - a + kept) / 2;
  const inside = half ** 2 - kept;
  const root = Math.sqrt(Math.abs(inside));
  return inside < 0
    ? [
        [half, root],
        [half, -root],
      ]
    : [
        [half + root, 0],
        [half - root, 0],
      ];
}

/**
 * What a step keeps of the error in the long run: the size of the larger root.
 *
 * @param {number[][]} pair
 */
export function sizeOf(pair) {
  return Math.max(...pair.map(([re, im]) => Math.hypot(re, im)));
}

/**
 * The first step from which all of `x` is within `share` of its first value, or undefined.
 *
 * @param {ArrayLike<number>} x
 * @param {number} share
 */
export function calmAt(x, share) {
  let t = x.length;
  while (t > 0 && Math.abs(x[t - 1]) <= share * Math.abs(x[0])) t -= 1;
  return t === x.length ? undefined : t;
}

/**
 * @param {Context} context
 * @returns {Figure}
 */
export function nesterov_roots({ word, views, declaration, signal, change, rules, looks }) {
  const { steps, longest, near, descent } = declaration.facts;
  const { low, high } = controlOf(declaration, "a");
  const kinds = ["Momentum", "Nesterov"];
  const keptOf = { Momentum: (_, mu) => mu, Nesterov: (a, mu) => mu * (1 - a) };
  const border = { color: "#6b7280", dash: "4 4", width: 1.5 };
  const trail = (name) => ({ ...looks[name], width: 1.5 });

  const rates = plane(views, {
    title: word("views.rates"),
    tab: word("tabs.rates"),
    domain: [
      [0, high],
      [0, 1.3],
    ],
    unlike: true,
    xLabel: "a = lr · λ",
    yLabel: word("axes.rate"),
    signal,
    word,
  });
  const roots = plane(views, {
    title: word("views.roots"),
    tab: word("tabs.roots"),
    domain: [
      [-1.3, 1.3],
      [-1.3, 1.3],
    ],
    xLabel: word("axes.real"),
    yLabel: word("axes.imaginary"),
    signal,
    word,
  });
  const runs = chart(views, {
    title: word("views.runs"),
    tab: word("tabs.runs"),
    xLabel: word("axes.step"),
    yLabel: "x",
    yRange: [-2, 2],
    height: 300,
  });
  legendOfAll(
    [rates, runs],
    [
      { label: word("legend.momentum"), look: looks.Momentum },
      { label: "Nesterov", look: looks.Nesterov },
      { label: word("legend.descent"), look: { color: descent, width: 1.5 } },
    ],
  );
  legend(roots.root.parentNode, [{ label: word("legend.limit"), look: border }]);
  const moveHandle = rates.handle(word("handle.rate"), ([a]) => change({ a }), [
    [low, high],
    [0, 1.25],
  ]);
  const circle = (radius, middle = 0) =>
    Array.from({ length: 101 }, (_, k) => (2 * Math.PI * k) / 100).flatMap((angle) => [
      middle + radius * Math.cos(angle),
      radius * Math.sin(angle),
    ]);
  const across = Array.from({ length: 801 }, (_, k) => (high * k) / 800);
  roots.outline("limit", circle(1), border);
  rates.outline("limit", [0, 1, high, 1], border);
  rates.outline(
    "descent",
    across.flatMap((a) => [a, Math.abs(1 - a)]),
    { color: descent, width: 1.5 },
  );

  return {
    draw({ a, momentum: mu }) {
      // Where they are a complex pair, both run on a circle: round 0, or through it.
      roots.outline("circle Momentum", circle(Math.sqrt(mu)), trail("Momentum"));
      roots.outline("circle Nesterov", circle(mu / (1 + mu), mu / (1 + mu)), trail("Nesterov"));
      const found = kinds.map((name) => {
        const rate = (at) => sizeOf(pairOf(at, keptOf[name](at, mu)));
        rates.outline(
          name,
          across.flatMap((at) => [at, rate(at)]),
          looks[name],
        );
        const pair = pairOf(a, keptOf[name](a, mu));
        pair.forEach((root, k) => {
          roots.dot(`${name} ${k}`, root, { color: looks[name].color, radius: 6 });
        });
        rates.dot(name, [a, rate(a)], { color: looks[name].color, radius: 5 });
        const rule = new rules[name]({ lr: a, momentum: mu });
        const { x } = run(rule, ([at]) => [at], [1], longest);
        return { name, x, rate: rate(a), steps: calmAt(x, near) };
      });
      moveHandle([a, Math.min(1.25, found[1].rate)]);
      runs.draw({
        series: found.map(({ name, x }) => ({ name, y: x.slice(0, steps + 1), look: looks[name] })),
        range: { x: [0, steps] },
      });
      return found.map(({ name, rate, steps: needed }) =>
        rate > 1
          ? said(`diverges.${name}`, { rate })
          : needed === undefined
            ? said(`far.${name}`, { rate, longest })
            : said(`near.${name}`, { rate, needed }),
      );
    },
    press() {},
  };
}
