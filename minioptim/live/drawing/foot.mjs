// The foot of a figure's frame: what every figure lets a reader do with its state as it stands.

/** @import { Piece, Word } from "./types" */

import { html, on, svg } from "./elements.mjs";
import { said } from "./words.mjs";

const ICONS = {
  share: "M6.5 9.5l3-3M7 4.5l1-1a3 3 0 0 1 4.5 4.5l-1 1M9 11.5l-1 1A3 3 0 0 1 3.5 8l1-1",
  picture: "M8 2v8M5 7.5l3 3 3-3M3 13h10",
  reset: "M3 8a5 5 0 1 0 1.5-3.5L3 6M3 2.5V6h3.5",
};

/**
 * @param {HTMLElement} root
 * @param {{
 *   word: Word;
 *   signal: AbortSignal;
 *   note(piece: Piece): void;
 *   reset(): void;
 *   address?(): string | undefined;
 *   picture(): string;
 *   name: string;
 * }} options
 */
export function buildFoot(root, { word, signal, note, reset, address, picture, name }) {
  const foot = html("div", { class: "live-foot" }, root);
  function tool(key, text, act) {
    const button = html("button", { type: "button", "data-control": key }, foot);
    const icon = svg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, button);
    svg("path", { d: ICONS[key] }, icon);
    button.append(` ${text}`);
    on(button, "click", act, signal);
  }
  if (address)
    tool("share", word("controls.share"), async () => {
      const link = address() ?? "";
      try {
        await navigator.clipboard.writeText(link);
        note(said("copied"));
      } catch {
        note(said("shared")); // the browser lets no page write there, or not this one
      }
    });
  tool("picture", word("controls.picture"), () => {
    const url = URL.createObjectURL(new Blob([picture()], { type: "image/svg+xml" }));
    html("a", { href: url, download: `${name}.svg` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  });
  tool("reset", word("controls.reset"), reset);
}
