// A step taken apart by the rule itself: where it would lead without the new gradient, and without
// the divisor.

import { legend } from "./frame.mjs";
import { around, formatNumber } from "./geometry.mjs";
import { plane } from "./plane.mjs";

const PARTS = [
  { name: "gradient", label: "direction of −g", look: { color: "#6b7280", dash: "4 3" } },
  { name: "unscaled", label: "direction before the division", look: { color: "#009e73", dash: "6 3" } },
  { name: "memory", label: "the same step with g = 0", look: { color: "#0072b2" } },
  { name: "added", label: "what g adds", look: { color: "#d55e00" } },
  { name: "result", label: "the step", look: { width: 4 } },
];

/**
 * The parts of step t = 1, 2, ... of a recorded run in the plane. `rule` has the lr of that step.
 *
 * Returns where the step starts and ends, where the gradient was asked for, and moves [dx, dy], each
 * with the point `from` which it is drawn: `result`; `memory`, the rule's own step if the gradient
 * were 0; and for a rule without a divisor `added`, the rest. For one with a divisor: `gradient`,
 * the direction of -g, and `unscaled`, that of the rule's own step if eps were so large that all
 * coordinates are divided by the same. The two directions are as long as the result.
 */
export function parts(rule, trace, t) {
  const at = (array, k) => [array[2 * k], array[2 * k + 1]];
  const [x, query, after] = [at(trace.x, t - 1), at(trace.query, t - 1), at(trace.x, t)];
  const slopes = at(trace.gradient, t - 1);
  const states = [0, 1].map((i) => rule.state.map((name) => at(trace.state[name], t - 1)[i]));
  const step = (made, g) => x.map((value, i) => made.step(g[i], value, t, ...states[i])[0] - value);
  const result = after.map((value, i) => value - x[i]);
  const asLong = (direction) => direction.map((value) => (value / (Math.hypot(...direction) || 1)) * Math.hypot(...result));
  const memory = step(rule, [0, 0]);
  const moves = { memory: { from: x, move: memory }, result: { from: x, move: result } };
  if ("eps" in rule) {
    // Decay pulls by lr times x, whatever the divisor: with a huge lr nothing else would be seen.
    const even = new rule.constructor({ ...rule, lr: 1e100, eps: 1e100, ...("weight_decay" in rule && { weight_decay: 0 }) });
    moves.gradient = { from: query, move: asLong(slopes.map((slope) => -slope)) };
    moves.unscaled = { from: x, move: asLong(step(even, slopes)) };
  } else {
    moves.added = { from: x.map((value, i) => value + memory[i]), move: result.map((value, i) => value - memory[i]) };
  }
  return { x, query, after, moves };
}

/** The angle between two moves, in degrees. */
export function angleBetween([a, b], [c, d]) {
  return (Math.abs(Math.atan2(a * d - b * c, a * c + b * d)) * 180) / Math.PI;
}

/** A view of one step from close by, hidden until it is asked for. */
export function anatomyView(views, { signal }) {
  const near = plane(views, { title: "One step, taken apart", domain: [[-1, 1], [-1, 1]], signal });
  const view = near.root.parentNode;
  const list = legend(view, PARTS);
  view.hidden = true;

  /** Show step t of a run; 0 shows nothing. Returns what is to be said of it. */
  return function draw(surface, key, rule, trace, t) {
    view.hidden = !t;
    if (!t) return "";
    const { x, query, moves } = parts(rule, trace, t);
    const end = ({ from, move }) => from.map((value, i) => value + move[i]);
    const length = ({ move }) => Math.hypot(...move);
    const shown = PARTS.filter(({ name }) => moves[name] && length(moves[name]) > 0 && length(moves[name]) < Infinity);
    if (shown.length) near.reframe(around([x, query, ...shown.map(({ name }) => end(moves[name]))]));
    near.surface(surface, key);
    PARTS.forEach(({ name, look }, k) => {
      const seen = shown.includes(PARTS[k]);
      near.arrow(name, seen ? moves[name].from : null, seen && end(moves[name]), look);
      list.childNodes[k].toggleAttribute("hidden", !seen);
    });
    near.dot("x", x, { radius: 5 });
    const has = (name) => shown.some((part) => part.name === name);
    if (!has("result")) return ` Step ${t} leads nowhere.`;
    const degrees = (name) => Math.round(angleBetween(moves[name].move, moves.result.move));
    const told = [];
    if (has("gradient")) told.push(`points ${degrees("gradient")}° away from −g`);
    if (has("unscaled")) told.push(`is turned by ${degrees("unscaled")}° by the division`);
    if (has("memory")) told.push(`would be ${formatNumber(length(moves.memory) / length(moves.result))} times as long with g = 0`);
    return ` Step ${t} ${told.join("; it ") || "goes straight along −g"}.`;
  };
}
