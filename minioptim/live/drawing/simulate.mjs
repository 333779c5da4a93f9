// The loop: a rule walks on a gradient, coordinate by coordinate. It holds no update rule: those
// are translated from their Python source, and so are the surfaces.

/** @import { Rule, Surface, Trace, TranslatedSurface } from "./types" */

/**
 * Run a rule, and record it as minioptim's Trace does.
 *
 * `rule`: start(x), query(x, ...state), step(g, x, t, ...state) on one coordinate.
 * `gradient`: (point) => slopes, both arrays of d numbers. `lr`: a function of t = 1, 2, ..., or
 * nothing, for the rule's own. Returns {d, steps, x, query, gradient, state}: flat arrays, a point
 * after another; x has steps + 1 points, `state[name]` too, the others one for each step.
 *
 * @param {Rule} rule
 * @param {(at: number[], t: number) => number[]} gradient
 * @param {number[]} start
 * @param {number} steps
 * @param {(t: number) => number} [lr]
 * @returns {Trace}
 */
export function run(rule, gradient, start, steps, lr) {
  const d = start.length;
  const names = rule.state;
  const trace = {
    d,
    steps,
    x: new Float64Array((steps + 1) * d),
    query: new Float64Array(steps * d),
    gradient: new Float64Array(steps * d),
    state: Object.fromEntries(names.map((name) => [name, new Float64Array((steps + 1) * d)])),
  };
  const states = start.map((place) => rule.start(place));
  const x = [...start];
  const query = new Array(d);
  const record = (k) => {
    for (let i = 0; i < d; i += 1) {
      trace.x[k * d + i] = x[i];
      for (let s = 0; s < names.length; s += 1) trace.state[names[s]][k * d + i] = states[i][s];
    }
  };
  record(0);
  for (let t = 1; t <= steps; t += 1) {
    if (lr) rule.lr = lr(t);
    for (let i = 0; i < d; i += 1) query[i] = rule.query?.(x[i], ...states[i]) ?? x[i];
    const g = gradient(query, t);
    for (let i = 0; i < d; i += 1) {
      trace.query[(t - 1) * d + i] = query[i];
      trace.gradient[(t - 1) * d + i] = g[i];
      [x[i], ...states[i]] = rule.step(g[i], x[i], t, ...states[i]);
    }
    record(t);
  }
  return trace;
}

/**
 * Run a rule on a surface from its start or another; as `run`.
 *
 * @param {TranslatedSurface} surface
 * @param {Rule} rule
 * @param {number[]} start
 * @param {number} steps
 * @param {(t: number) => number} [lr]
 * @returns {Trace}
 */
export function runOn(surface, rule, start, steps, lr) {
  return run(rule, ([x, y]) => surface.df(x, y), start, steps, lr);
}

/**
 * The values of a surface along a recorded path.
 *
 * @param {Surface} surface
 * @param {Trace} trace
 * @returns {Float64Array}
 */
export function valuesAlong(surface, trace) {
  return Float64Array.from({ length: trace.steps + 1 }, (_, k) =>
    surface.f(trace.x[2 * k], trace.x[2 * k + 1]),
  );
}

/**
 * Numbers in (0, 1) from a seed, the same on every machine (mulberry32, by Tommy Ettinger).
 *
 * @param {number} seed
 * @returns {() => number}
 */
export function uniform(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (((t ^ (t >>> 14)) >>> 0) + 0.5) / 4294967296;
  };
}

/**
 * Normal numbers from a seed (Box and Muller).
 *
 * @param {number} seed
 * @returns {() => number}
 */
export function normal(seed) {
  const draw = uniform(seed);
  return () => Math.sqrt(-2 * Math.log(draw())) * Math.cos(2 * Math.PI * draw());
}
