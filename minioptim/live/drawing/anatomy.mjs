// A step taken apart by the rule itself: where it would lead without the new gradient, without the
// divisor, and without decay.

/** @import { Look, Move, Piece, Point, Rule, Surface, Trace, Word } from "./types" */

import { html } from "./elements.mjs";
import { legend } from "./frame.mjs";
import { around } from "./geometry.mjs";
import { plane } from "./plane.mjs";
import { said } from "./words.mjs";

// The step first: what lies on it is thinner and drawn above.
const PARTS = [
  { name: "result", look: { width: 5 } },
  { name: "gradient", look: { color: "#6b7280", dash: "4 3" } },
  { name: "unscaled", look: { color: "#009e73", dash: "6 3" } },
  { name: "memory", look: { color: "#0072b2" } },
  { name: "added", look: { color: "#d55e00" } },
  { name: "decay", look: { color: "#9a3fb5" } },
];
const REACH = 5; // steps: a longer memory runs out of the picture, or the step would be a dot

const minus = (a, b) => a.map((value, i) => value - b[i]);

/**
 * The parts of step t = 1, 2, ... of a recorded run in the plane. `rule` has the lr of that step.
 *
 * Returns where the step starts, where the gradient was asked for, and moves {from, move}, both
 * [x, y]: `result`; `memory`, the rule's own step if the gradient were 0; `decay`, what weight decay
 * has in it. For a rule without a divisor `added`, what the gradient adds to the memory. For one
 * with a divisor `gradient`, the direction of -g, and `unscaled`, that of the rule's own step if eps
 * were so large that all coordinates are divided by the same: both as long as the step.
 *
 * @param {Rule} rule
 * @param {Trace} trace
 * @param {number} t
 * @returns {{ x: Point; query: Point; moves: Record<string, Move> }}
 */
export function parts(rule, trace, t) {
  const at = (array, k = t - 1) => [array[2 * k], array[2 * k + 1]];
  const [x, query, slopes] = [at(trace.x), at(trace.query), at(trace.gradient)];
  const states = [0, 1].map((i) => rule.state.map((name) => at(trace.state[name])[i]));
  const step = (changed, g) => {
    const made = new rule.constructor({ ...rule, ...changed });
    return x.map((value, i) => made.step(g[i], value, t, ...states[i])[0] - value);
  };
  const plus = (a, b) => a.map((value, i) => value + b[i]);
  const result = minus(at(trace.x, t), x);
  const asLong = (direction) =>
    direction.map((value) => (value / (Math.hypot(...direction) || 1)) * Math.hypot(...result));
  const still = "weight_decay" in rule ? { weight_decay: 0 } : {};
  const memory = step(still, [0, 0]);
  const moves = { result: { from: x, move: result } };
  if (Math.hypot(...memory) > 0) moves.memory = { from: x, move: memory };
  if ("eps" in rule) {
    moves.gradient = { from: query, move: asLong(slopes.map((slope) => -slope)) };
    moves.unscaled = { from: x, move: asLong(step({ ...still, lr: 1e100, eps: 1e100 }, slopes)) };
  } else if (moves.memory) moves.added = { from: plus(x, memory), move: minus(result, memory) };
  if (rule.weight_decay) {
    const bare = step(still, slopes);
    moves.decay = { from: plus(x, bare), move: minus(result, bare) };
  }
  return { x, query, moves };
}

/**
 * The angle between two moves, in degrees.
 *
 * @param {number[]} one
 * @param {number[]} other
 * @returns {number}
 */
export function angleBetween([a, b], [c, d]) {
  return (Math.abs(Math.atan2(a * d - b * c, a * c + b * d)) * 180) / Math.PI;
}

/**
 * What is to be said of a step's parts, after what a chapter says of it. The chapter's own list may
 * be drawn with again and again, so it stays as it is.
 *
 * @param {Record<string, Move>} moves
 * @param {readonly Piece[]} [own]
 * @returns {Piece[]}
 */
export function toldOf({ result, gradient, unscaled, memory, decay }, own = []) {
  const degrees = ({ move }, other) => Math.round(angleBetween(move, other));
  const ratio = ({ move }) => Math.hypot(...move) / Math.hypot(...result.move);
  const bare = decay ? minus(result.move, decay.move) : result.move;
  const told = [...own];
  if (gradient) told.push(said("anatomy.away", { degrees: degrees(gradient, result.move) }));
  if (unscaled) told.push(said("anatomy.turned", { degrees: degrees(unscaled, bare) }));
  if (memory) told.push(said("anatomy.remembered", { ratio: ratio(memory) }));
  if (decay) told.push(said("anatomy.decayed", { ratio: ratio(decay) }));
  return told.length ? told : [said("anatomy.straight")];
}

/**
 * A view of one step from close by, below the controls; hidden until it is asked for. `looks` are
 * those of parts which a chapter draws in colours of its own, `others` parts that it alone has: it
 * hands over their moves, and what is said of them.
 *
 * @param {HTMLElement} views
 * @param {{
 *   signal: AbortSignal;
 *   word: Word;
 *   looks?: Record<string, Look>;
 *   others?: { name: string; look: Look }[];
 * }} options
 * @returns {(
 *   surface: Surface,
 *   key: unknown,
 *   rule: Rule,
 *   trace: Trace,
 *   t: number,
 *   other?: { moves: Record<string, Move>; told: readonly Piece[] },
 * ) => Piece[]}
 */
export function anatomyView(views, { signal, word, looks = {}, others = [] }) {
  const drawn = [...PARTS, ...others].map(({ name, look }) => ({
    name,
    look: looks[name] ?? look,
  }));
  const place = html("div", { class: "live-apart" }, views.parentNode);
  const near = plane(place, {
    title: word("anatomy.view"),
    tab: word("tabs.apart"),
    domain: [
      [-1, 1],
      [-1, 1],
    ],
    left: 56,
    signal,
    word,
  });
  const list = legend(
    near.root.parentNode,
    drawn.map(({ name, look }) => ({ label: word(`parts.${name}`), look })),
  );
  place.hidden = true;

  /** Show step t of a run; 0 shows nothing. Returns the pieces that are to be said of it. */
  return function draw(surface, key, rule, trace, t, other) {
    place.hidden = true;
    if (!t) return [];
    const { x, query, moves } = parts(rule, trace, t);
    Object.assign(moves, other?.moves);
    const length = (name) => Math.hypot(...moves[name].move);
    if (!Number.isFinite(length("result"))) return [said("anatomy.left", { t })];
    if (!length("result")) return [said("anatomy.nowhere", { t })];
    place.hidden = false;
    const shown = drawn.filter(
      ({ name }) => moves[name] && length(name) > 0 && length(name) < Infinity,
    );
    const end = (name, most = Infinity) => {
      const share = Math.min(1, (most * length("result")) / length(name));
      return moves[name].from.map((value, i) => value + share * moves[name].move[i]);
    };
    near.reframe(around([x, query, ...shown.map(({ name }) => end(name, REACH))]));
    near.surface(surface, key);
    drawn.forEach((part, k) => {
      const seen = shown.includes(part);
      near.arrow(
        part.name,
        seen ? moves[part.name].from : null,
        seen ? end(part.name) : x,
        part.look,
      );
      list.children[k].toggleAttribute("hidden", !seen);
    });
    near.dot("x", x, { radius: 5 });
    return [said("anatomy.step", { t, parts: toldOf(moves, other?.told) })];
  };
}
