// The race: every rule on every surface, each at its own lr, to be played, paused and scrubbed.

/** @import { Context, Figure } from "../drawing/types" */

import { anatomyView } from "../drawing/anatomy.mjs";
import { chart } from "../drawing/chart.mjs";
import { set } from "../drawing/elements.mjs";
import { legend } from "../drawing/frame.mjs";
import { plane } from "../drawing/plane.mjs";
import { player, wantsStillness } from "../drawing/player.mjs";
import { runOn, valuesAlong } from "../drawing/simulate.mjs";
import { called, said } from "../drawing/words.mjs";

/**
 * @param {Context} context
 * @returns {Figure}
 */
export function race({
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
  const { tuned, home, falling: shares } = declaration.facts;
  const names = declaration.rules;
  const map = plane(views, {
    title: word("views.paths"),
    tab: word("tabs.paths"),
    domain: [
      [0, 1],
      [0, 1],
    ],
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
  });
  const takeApart = anatomyView(views, { signal, word });
  const list = legend(
    map.root.parentNode,
    names.map((name) => ({ label: called(word, name), look: looks[name] })),
  );
  const toPoint = (share, domain) =>
    share.map((part, i) => domain[i][0] + (domain[i][1] - domain[i][0]) * part);
  const moveHandle = map.handle(word("handle.start"), (place) => {
    const { domain } = new surfaces[now().surface]();
    change({
      start: place.map((value, i) => (value - domain[i][0]) / (domain[i][1] - domain[i][0])),
    });
  });
  let run = { key: "" };

  // Scrubbing and playing change the step alone: the runs are made anew when something else does.
  /** @param {Record<string, any>} values */
  function raced({ surface: kind, steps, falling, start, ...rest }) {
    const shown = names.filter((name) => rest[`show_${name}`]);
    const key = JSON.stringify([
      kind,
      steps,
      falling,
      start,
      shown.map((name) => [name, rest[`lr_${name}`]]),
    ]);
    if (key === run.key) return run;
    const surface = new surfaces[kind]();
    const point = toPoint(start, surface.domain);
    const traces = shown.map((name) => {
      const lr = rest[`lr_${name}`];
      const lrAt = (t) => (falling ? lr * shares[steps][t - 1] : lr);
      const trace = runOn(surface, new rules[name]({ lr }), point, Number(steps), lrAt);
      return {
        name,
        lrAt,
        trace,
        gap: valuesAlong(surface, trace).map((f) => f - surface.minimum),
      };
    });
    run = { key, surface, traces, shown, length: Number(steps) };
    return run;
  }

  let playing = false;
  const control = (/** @type {string} */ name) =>
    /** @type {HTMLElement} */ (panel.querySelector(`[data-control="${name}"]`));
  let reached = 0;
  const toggle = player(map.root, {
    advance() {
      const { speed, step, steps } = now();
      // The slider holds whole steps; slow play takes several frames for one.
      reached = Math.max(step, Math.min(reached, step + 1)) + Number(speed);
      change({ step: Math.min(Number(steps), Math.floor(reached)) });
      return reached < Number(steps);
    },
    changed(isPlaying) {
      playing = isPlaying;
      const button = control("play");
      button.textContent = playing ? word("controls.pause") : word("controls.play");
      set(button, "data-playing", playing);
    },
    signal,
  });

  return {
    draw(values) {
      const { surface, traces, shown, length } = raced(values);
      const step = Math.min(values.step, length);
      set(control("step"), "max", length);
      if (values.step > length) change({ step: length });
      map.reframe(surface.domain);
      map.surface(surface, values.surface);
      moveHandle(toPoint(values.start, surface.domain));
      map.keepPaths(shown);
      for (const name of names) if (!shown.includes(name)) map.dot(name, null);
      for (const [k, item] of [...list.children].entries()) {
        item.toggleAttribute("hidden", !shown.includes(names[k]));
      }
      for (const { name, trace } of traces) {
        map.path(name, trace.x.subarray(0, 2 * (step + 1)), { ...looks[name], width: 1.8 });
        map.dot(name, trace.x.subarray(2 * step, 2 * step + 2), {
          color: looks[name].color,
          radius: 4,
        });
      }
      gap.draw({
        series: traces.map(({ name, gap: values_ }) => ({
          name,
          y: values_,
          look: { ...looks[name], width: 1.8 },
        })),
        lines: [{ name: "step", x: step, label: word("marks.step", { t: step }) }],
        range: { x: [0, length], y: [1e-12, 1e4] },
      });
      const taken = step > 0 && traces.find(({ name }) => name === values.anatomy);
      const then = taken && new rules[taken.name]({ lr: taken.lrAt(step) });
      const parts = takeApart(surface, values.surface, then, taken?.trace, taken ? step : 0);
      const absent = values.anatomy !== "none" && !shown.includes(values.anatomy);
      if (!traces.length) return [said("none")];
      const order = traces
        .map(({ name, gap: heights }) => [name, heights[step]])
        .sort(
          ([, a], [, b]) =>
            (Number.isFinite(a) ? a : Infinity) - (Number.isFinite(b) ? b : Infinity),
        );
      const told = order.slice(0, 6).map(([name, f]) => {
        const rule = called(word, name);
        return Number.isFinite(f) ? said("order.rule", { rule, f }) : said("order.left", { rule });
      });
      if (order.length > 6) told.push(said("order.more"));
      return [
        said("order", { step, steps: length, surface: values.surface, order: told }),
        ...(tuned[values.surface] ? [] : [said("untuned", { surface: values.surface })]),
        ...(absent ? [said("absent", { rule: called(word, values.anatomy) })] : []),
        ...parts,
      ];
    },
    rest() {
      if (playing) toggle();
    },
    press(name, values) {
      if (name === "home") change({ start: home[values.surface] });
      if (name === "tuned" && tuned[values.surface]) {
        const lrs = names.map((rule) => [`lr_${rule}`, tuned[values.surface][rule]]);
        change({ start: home[values.surface], ...Object.fromEntries(lrs) });
      }
      if (name === "play") {
        const end = Number(values.steps);
        if (wantsStillness()) return change({ step: end });
        if (!playing && values.step >= end) change({ step: 0 });
        reached = now().step;
        toggle();
      }
    },
  };
}
