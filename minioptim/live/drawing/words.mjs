// What a figure says, in the language of the page. The texts stand in a catalogue, each under a key
// and with {names} where values go, so that another language may put them in another order. Pure.

/** @import { Piece, Said, Word } from "./types" */

import { formatNumber } from "./geometry.mjs";

/**
 * A piece of what a figure says: a key of the catalogue, and the values that its text names.
 *
 * @param {string} key
 * @param {Record<string, Said>} [values]
 * @returns {Piece}
 */
export function said(key, values = {}) {
  return { key, values };
}

/**
 * Returns word(key, values), a text of the catalogue `words` with its values filled in: numbers,
 * written for readers; texts; other pieces; or a list of these.
 *
 * @param {Record<string, string>} words
 * @returns {Word}
 */
export function speaker(words) {
  function shown(value) {
    if (typeof value === "number") return formatNumber(value);
    if (Array.isArray(value)) return value.map(shown).join(word("between.items"));
    return typeof value === "string" ? value : word(value.key, value.values);
  }
  function word(key, values = {}) {
    if (!word.has(key)) throw new Error(`the catalogue has no words for ${key}`);
    return words[key].replace(/\{(\w+)\}/g, (_, name) => {
      if (!Object.hasOwn(values, name))
        throw new Error(`${key} names {${name}}, which is not given`);
      return shown(values[name]);
    });
  }
  word.has = (key) => Object.hasOwn(words, key);
  return word;
}

/**
 * What readers call a class of the package: in words, or by its name, where that is one.
 *
 * @param {Word} word
 * @param {string} name
 * @returns {string}
 */
export function called(word, name) {
  return word.has(`rules.${name}`) ? word(`rules.${name}`) : name;
}

/**
 * What was said as JSON, for programs: JSON has no infinity, so such a number becomes its name.
 *
 * @param {Piece[]} pieces
 * @returns {string}
 */
export function asJson(pieces) {
  const finite = (_, value) =>
    typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
  return JSON.stringify(pieces, finite);
}
