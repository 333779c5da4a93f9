// Runs the classes of a translated module; the loop is all that is written here.
// Reads {module, runs, evaluations} from standard input, writes {paths, values}.

import { readFileSync } from "node:fs";

const { module, runs, evaluations } = JSON.parse(readFileSync(0, "utf8"));
const { rules, surfaces } = await import(module);

// One entry a step, the start first: for each coordinate its x and its state.
function path({ rule: name, values, surface: place, steps }) {
  const rule = new rules[name](values);
  const surface = new surfaces[place]();
  let now = surface.start.map((x) => [x, ...rule.start(x)]);
  const points = [now];
  for (let t = 1; t <= steps; t++) {
    const g = surface.df(...now.map((at) => rule.query?.(...at) ?? at[0]));
    now = now.map(([x, ...state], i) => rule.step(g[i], x, t, ...state));
    points.push(now);
  }
  return points;
}

function value({ surface: name, points }) {
  const surface = new surfaces[name]();
  return points.map(([x, y]) => [surface.f(x, y), ...surface.df(x, y)]);
}

const result = { paths: runs.map(path), values: evaluations.map(value) };
process.stdout.write(JSON.stringify(result));
