// Four rules start from one point, each at its best rate: play, drag, and see which arrives first.

/** @import { Context, Figure } from "../drawing/types" */

import { chart } from "../drawing/chart.mjs";
import { set } from "../drawing/elements.mjs";
import { plane } from "../drawing/plane.mjs";
import { player, wantsStillness } from "../drawing/player.mjs";
import { runOn, valuesAlong } from "../drawing/simulate.mjs";
import { said } from "../drawing/words.mjs";

const A_STEP = 3; // frames

/**
 * @param {Context} context
 * @returns {Figure}
 */
export function opening({
  word,
  views,
  panel,
  declaration,
  signal,
  change,
  values: now,
  rules,
  surfaces,
  looks,
}) {
  const { tuned, steps, falling } = declaration.facts;
  const names = declaration.rules;
  const unit = [
    [0, 1],
    [0, 1],
  ];
  const map = plane(views, {
    title: word("views.paths"),
    tab: word("tabs.paths"),
    domain: unit,
    signal,
    word,
  });
  const gap = chart(views, {
    title: word("views.gap"),
    tab: word("tabs.height"),
    xLabel: word("axes.step"),
    yLabel: "f(x) − f*",
    yLog: true,
    height: 300,
    labels: 104,
  });
  const toPoint = (share, domain) =>
    share.map((part, i) => domain[i][0] + (domain[i][1] - domain[i][0]) * part);
  const moveHandle = map.handle(word("handle.start"), (place) => {
    const { domain } = new surfaces[now().surface]();
    const start = place.map((v, i) => (v - domain[i][0]) / (domain[i][1] - domain[i][0]));
    change({ start });
    if (!playing && !wantsStillness()) {
      change({ step: 0 });
      frames = 0;
      toggle();
    }
  });

  /** @type {{ key: string; traces: any[]; ends: number[] }} */
  let run = { key: "", traces: [], ends: [] };
  let playing = false;
  let frames = 0;
  const toggle = player(map.root, {
    advance() {
      frames += 1;
      const step = Math.min(steps, now().step + Number(frames % A_STEP === 0));
      change({ step });
      return step < steps;
    },
    changed(isPlaying) {
      playing = isPlaying;
      const button = /** @type {HTMLElement} */ (panel.querySelector("[data-control=play]"));
      button.textContent = playing ? word("controls.pause") : word("controls.play");
      set(button, "data-playing", playing);
    },
    signal,
  });

  function raced(kind, start) {
    const key = JSON.stringify([kind, start]);
    if (key === run.key) return run;
    const surface = new surfaces[kind]();
    const from = toPoint(start, surface.domain);
    const traces = names.map((name) => {
      const lr = tuned[kind][name];
      const trace = runOn(
        surface,
        new rules[name]({ lr }),
        from,
        steps,
        (t) => lr * falling[t - 1],
      );
      const heights = valuesAlong(surface, trace).map((f) => f - surface.minimum);
      return { name, trace, heights };
    });
    const all = traces.flatMap(({ heights }) => [...heights]).filter((f) => f > 0 && f < 1e6);
    const power = (value) => Math.log10(Math.max(value, 1e-8));
    run = {
      key,
      traces,
      ends: [10 ** Math.floor(power(Math.min(...all))), 10 ** Math.ceil(power(Math.max(...all)))],
    };
    return run;
  }

  return {
    draw({ surface: kind, step, start }) {
      const surface = new surfaces[kind]();
      const { traces, ends } = raced(kind, start);
      map.reframe(surface.domain);
      map.surface(surface, kind);
      moveHandle(toPoint(start, surface.domain));
      for (const { name, trace } of traces) {
        const look = { color: looks[name].color, width: 2.5 };
        map.path(name, trace.x.subarray(0, 2 * (step + 1)), look);
        map.dot(name, trace.x.subarray(2 * step, 2 * step + 2), { color: look.color, radius: 5.5 });
      }
      gap.draw({
        series: traces.map(({ name, heights }) => ({
          name,
          y: heights.subarray(0, step + 1),
          label: word(`rules.${name}`),
          look: { color: looks[name].color, width: 2.5 },
        })),
        range: { x: [0, steps], y: ends },
      });
      const order = traces
        .map(({ name, heights }) => [name, heights[step]])
        .sort(([, a], [, b]) => (a < b || Number.isNaN(b) ? -1 : 1));
      const [first, last] = [order[0], order[order.length - 1]];
      const told = {
        step,
        rule: said(`rules.${first[0]}`),
        f: first[1],
        last: said(`rules.${last[0]}`),
        most: last[1],
      };
      return [step < steps ? said("leads", told) : said("wins", told)];
    },
    rest() {
      if (playing) toggle();
    },
    press(name, { step }) {
      if (name !== "play") return;
      if (wantsStillness()) return change({ step: steps });
      if (!playing && step >= steps) change({ step: 0 });
      toggle();
    },
  };
}
