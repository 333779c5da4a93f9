// NAdam beside Adam: the same start, the same lr, the same averages. What differs is the look ahead.

import { anatomyView } from "../drawing/anatomy.mjs";
import { chart } from "../drawing/chart.mjs";
import { legend } from "../drawing/frame.mjs";
import { formatNumber } from "../drawing/geometry.mjs";
import { plane } from "../drawing/plane.mjs";
import { runOn, valuesAlong } from "../drawing/simulate.mjs";

export function nadam({ views, declaration, signal, change, rules, surfaces, looks }) {
  const { steps, limits, psi: psis } = declaration.facts;
  const names = ["Adam", "NAdam"];
  const map = plane(views, { title: "Both paths", domain: limits, signal });
  const loss = chart(views, { title: "Loss at each step", xLabel: "step", yLabel: "f(x)", yLog: true, height: 300 });
  const across = chart(views, { title: "y at each step", xLabel: "step", yLabel: "y" });
  const lengths = chart(views, { title: "Length of a step, in units of lr", xLabel: "step", yLabel: "length / lr" });
  legend(map.root.parentNode, names.map((name) => ({ label: name, look: looks[name] })));
  const takeApart = anatomyView(views, { signal });
  const moveHandle = map.handle("start", (place) => change({ start: place }));

  return {
    draw({ surface: kind, psi, lr, beta1, beta2, start, anatomy: t }) {
      const surface = new surfaces[kind]();
      const made = { Adam: new rules.Adam({ lr, beta1, beta2 }), NAdam: new rules.NAdam({ lr, beta1, beta2, psi: psis[psi] }) };
      map.surface(surface, kind);
      moveHandle(start);
      const seen = names.map((name) => {
        const trace = runOn(surface, made[name], start, steps);
        map.path(name, trace.x, looks[name]);
        const y = trace.x.filter((_, i) => i % 2 === 1);
        const length = Float64Array.from({ length: steps }, (_, k) => Math.hypot(trace.x[2 * k + 2] - trace.x[2 * k], trace.x[2 * k + 3] - trace.x[2 * k + 1]) / lr);
        return { name, trace, look: looks[name], f: valuesAlong(surface, trace), y, length };
      });
      const series = (key) => seen.map((one) => ({ name: one.name, y: one[key], look: one.look }));
      loss.draw({ series: series("f") });
      across.draw({ series: series("y"), range: { x: [0, steps] } });
      lengths.draw({ series: series("length").map((one) => ({ ...one, x: Float64Array.from(one.y, (_, k) => k + 1) })), range: { x: [0, steps] } });
      const [adam, nadam] = seen;
      map.dot("apart", t ? [nadam.trace.x[2 * t - 2], nadam.trace.x[2 * t - 1]] : null, { color: looks.NAdam.color, radius: 6 });
      const at = (k) => `${formatNumber(adam.f[k])} for Adam, ${formatNumber(nadam.f[k])} for NAdam`;
      const first = adam.length[0] > 0 ? `The first step is ${formatNumber(nadam.length[0] / adam.length[0])} times as long with NAdam.` : "Neither moves: the slope is 0.";
      return `f after 30 steps: ${at(30)}; after ${steps}: ${at(steps)}. ${first}${takeApart(surface, kind, made.NAdam, nadam.trace, t)}`;
    },
    press() {},
  };
}
