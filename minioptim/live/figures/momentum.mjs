// Momentum on a bowl with curvatures 1 and κ. A map shows the rate of convergence over
// a = lr · λmax and momentum; the hand moves over it and sees the run.

/** @import { Context, Figure } from "../drawing/types" */

import { anatomyView } from "../drawing/anatomy.mjs";
import { chart } from "../drawing/chart.mjs";
import { legend } from "../drawing/frame.mjs";
import { plane } from "../drawing/plane.mjs";
import { runOn } from "../drawing/simulate.mjs";
import { controlOf } from "../drawing/state.mjs";
import { said } from "../drawing/words.mjs";

/**
 * The larger root, in size, of r² − (1 + mu − a) r + mu: what a direction keeps of its error.
 *
 * @param {number} a
 * @param {number} mu
 */
export function rateOf(a, mu) {
  const half = (1 + mu - a) / 2;
  const inside = half ** 2 - mu;
  return inside < 0 ? Math.sqrt(mu) : Math.abs(half) + Math.sqrt(inside);
}

/**
 * The two roots of r² − (1 + mu − a) r + mu as points (real part, imaginary part).
 *
 * @param {number} a
 * @param {number} mu
 */
export function rootsOf(a, mu) {
  const half = (1 + mu - a) / 2;
  const root = Math.sqrt(Math.abs(half ** 2 - mu));
  return half ** 2 < mu
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
 * How far out a direction swings that starts at x with no velocity: with roots √mu e^(±iω) its run
 * is c √mu^t cos(ωt + φ), and this is c. NaN where the roots are real, as no wave is there.
 *
 * @param {number} a
 * @param {number} mu
 * @param {number} x
 */
export function swingOf(a, mu, x) {
  const half = (1 + mu - a) / 2;
  return Math.hypot(x, ((1 - a - half) * x) / Math.sqrt(mu - half ** 2));
}

const COUNTED = 40; // steps of a path that have a dot, to be counted by

const SAME = 1e-9; // two numbers this close, relative to the larger, are one but for rounding

/**
 * What a direction does: "creeps", "swings" (complex roots), "flips" (its sign, each step) or
 * "leaves"; or "borders", with equal roots, between creeping or flipping and swinging.
 *
 * @param {number} a
 * @param {number} mu
 */
export function motionOf(a, mu) {
  const [low, high] = [(1 - Math.sqrt(mu)) ** 2, (1 + Math.sqrt(mu)) ** 2];
  if (a > 2 + 2 * mu) return "leaves";
  if (mu > 0 && [low, high].some((side) => Math.abs(a - side) < SAME * side)) return "borders";
  if (a > high) return "flips";
  return a > low ? "swings" : "creeps";
}

/**
 * The place with the best rate: {a, mu, rate}.
 *
 * @param {number} condition
 */
export function bestPlace(condition) {
  const root = Math.sqrt(condition);
  return {
    a: condition * (2 / (1 + root)) ** 2,
    mu: ((root - 1) / (root + 1)) ** 2,
    rate: (root - 1) / (root + 1),
  };
}

/**
 * The first step from which a path stays within `share` of its first distance from the minimum at
 * the origin, or undefined if it does not by the end.
 *
 * @param {ArrayLike<number>} x the points, two numbers each
 * @param {number} share
 */
export function settledAt(x, share) {
  const distance = (t) => Math.hypot(x[2 * t], x[2 * t + 1]);
  const last = x.length / 2 - 1;
  let t = last;
  while (t >= 0 && distance(t) <= share * distance(0)) t -= 1;
  return t === last ? undefined : t + 1;
}

/**
 * @param {Context} context
 * @returns {Figure}
 */
export function momentum({ word, views, declaration, signal, change, rules, surfaces, looks }) {
  const { steps, angle, start, near } = declaration.facts;
  const limits = controlOf(declaration, "place").domain;
  const shown = [
    [0, 4],
    [0, 1],
  ];
  const look = looks.Momentum;
  const dashed = { color: "#d55e00", dash: "6 4" }; // the steep direction, as in the first chapter
  const edge = { color: "#000000", width: 1.5 };
  const innerEdge = { ...edge, dash: "4 4" };

  const map = plane(views, {
    title: word("views.map"),
    tab: word("tabs.map"),
    domain: shown,
    unlike: true,
    xLabel: "a = lr · λmax",
    yLabel: word("axes.momentum"),
    signal,
    word,
  });
  const field = plane(views, {
    title: word("views.path"),
    tab: word("tabs.path"),
    domain: new surfaces.Bowl().domain,
    signal,
    word,
  });
  const roots = plane(views, {
    title: word("views.roots"),
    tab: word("tabs.roots"),
    domain: [
      [-1.2, 1.2],
      [-1.2, 1.2],
    ],
    xLabel: word("axes.real"),
    yLabel: word("axes.imaginary"),
    signal,
    word,
  });
  const errors = chart(views, {
    title: word("views.errors"),
    tab: word("tabs.errors"),
    xLabel: word("axes.step"),
    yLabel: word("axes.error"),
  });
  legend(map.root.parentNode, [
    { label: word("legend.inside"), look: edge },
    { label: word("legend.right"), look: innerEdge },
  ]);
  const inner = { color: "#8a929c", width: 1.5 };
  legend(roots.root.parentNode, [
    { label: word("legend.circle"), look: inner },
    { label: word("legend.limit"), look: innerEdge },
  ]);
  legend(errors.root.parentNode, [
    { label: word("legend.flat"), look },
    { label: word("legend.steep"), look: dashed },
    { label: word("legend.envelope"), look: inner },
  ]);
  // In the colours of the chapter's drawing: the step is the rule's, what it keeps is brown, and the
  // push green, as blue and orange are the two directions.
  const takeApart = anatomyView(views, {
    signal,
    word,
    looks: {
      result: { color: look.color, width: 5 },
      memory: { color: "#6b3e00" },
      added: { color: "#009e73" },
    },
  });
  const moveHandle = map.handle(word("handle.place"), (place) => change({ place }), limits);
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const upwards = Array.from({ length: 101 }, (_, k) => k / 100);
  const circle = (radius) =>
    upwards.flatMap((y) => [
      radius * Math.cos(2 * Math.PI * y),
      radius * Math.sin(2 * Math.PI * y),
    ]);
  roots.outline("limit", circle(1), innerEdge);
  // It covers the steps that the cells of the map make there.
  map.outline("limit", [2, 0, 4, 1], { color: "#6b6b6b", width: 4 });

  return {
    draw({ place: [a, mu], condition, anatomy: t }) {
      const rate = (x, y) => Math.max(rateOf(x, y), rateOf(x / condition, y));
      map.shade((x, y) => {
        const r = rate(x, y);
        return r >= 1 ? "#9a9a9a" : `hsl(205 65% ${Math.round(30 + 62 * r ** 4)}%)`;
      }, condition);
      map.outline(
        "inner",
        upwards.flatMap((y) => [(1 - Math.sqrt(y)) ** 2, y]),
        edge,
      );
      map.outline(
        "outer",
        upwards.flatMap((y) => [(1 + Math.sqrt(y)) ** 2, y]),
        edge,
      );
      map.outline(
        "flat",
        upwards.flatMap((y) => [condition * (1 - Math.sqrt(y)) ** 2, y]),
        innerEdge,
      );
      moveHandle([a, mu]);

      const bowl = new surfaces.Bowl({ lambda1: 1, lambda2: condition, angle });
      const rule = new rules.Momentum({ lr: a / condition, momentum: mu });
      const trace = runOn(bowl, rule, start, steps);
      // In the eigenvectors' own coordinates: in those of the page, where one direction diverges,
      // its rounding would drown the other.
      const own = runOn(
        new surfaces.Bowl({ lambda1: 1, lambda2: condition, angle: 0 }),
        rule,
        [c * start[0] + s * start[1], c * start[1] - s * start[0]],
        steps,
      );
      field.surface(bowl, condition);
      field.path("path", trace.x, look);
      for (let k = 0; k <= COUNTED; k += 1)
        field.dot(`step ${k}`, trace.x.slice(2 * k, 2 * k + 2), { color: look.color, radius: 2.5 });
      field.dot("start", start, { color: look.color });
      field.dot("apart", t ? [trace.x[2 * t - 2], trace.x[2 * t - 1]] : null, {
        color: look.color,
        radius: 6,
      });
      roots.outline("circle", circle(Math.sqrt(mu)), inner);
      for (const k of [0, 1]) {
        roots.dot(`steep ${k}`, rootsOf(a, mu)[k], { color: dashed.color, radius: 7 });
        roots.dot(`flat ${k}`, rootsOf(a / condition, mu)[k], { color: look.color, radius: 5 });
      }
      const [flat, steep] = [0, 1].map((j) => own.x.filter((_, i) => i % 2 === j));
      const swing = swingOf(a, mu, own.x[1]);
      const envelope = flat.map((_, k) => swing * Math.sqrt(mu) ** k);
      errors.draw({
        series: [
          { name: "above", y: envelope, look: inner },
          { name: "below", y: envelope.map((y) => -y), look: inner },
          { name: "flat", y: flat, look },
          { name: "steep", y: steep, look: dashed },
        ],
        range: { x: [0, steps], y: [-2.2, 2.2] },
      });

      const best = bestPlace(condition);
      const here = rate(a, mu);
      const flatOne = said(`motion.${motionOf(a / condition, mu)}`);
      const steepOne = said(`motion.${motionOf(a, mu)}`);
      const settled = settledAt(trace.x, near);
      const found = { a, momentum: mu, rate: here, flat: flatOne, steep: steepOne };
      return [
        here > 1 ? said("place.diverges", found) : said("place.rate", found),
        settled === undefined ? said("far", { steps }) : said("near", { step: settled }),
        said("best", { best: best.rate }),
        ...takeApart(bowl, condition, rule, trace, t),
      ];
    },
    press(name, { condition }) {
      const best = bestPlace(condition);
      if (name === "optimum") change({ place: [best.a, best.mu] });
      // Without momentum the best is 2/(1 + κ), as for gradient descent.
      if (name === "plain") change({ place: [(2 * condition) / (1 + condition), 0] });
    },
  };
}
