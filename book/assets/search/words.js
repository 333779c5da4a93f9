// What a word is to the search, for the index as for a question: node makes the one and a reader's
// browser asks the other, so both read this file.
globalThis.bookSearch = (() => {
  const PARTICLES = /^([가-힣]{2,}?)(에서는|에서|으로|부터|까지|이나|이다|이|가|은|는|을|를|의|에|로|와|과|도|만)$/;
  const GREEK = {
    alpha: "α", beta: "β", gamma: "γ", delta: "δ", epsilon: "ε", eps: "ε", eta: "η", theta: "θ",
    kappa: "κ", lambda: "λ", mu: "μ", pi: "π", rho: "ρ", sigma: "σ", tau: "τ", phi: "φ",
  };
  const LETTERS = Object.fromEntries(Object.entries(GREEK).map(([name, letter]) => [letter, name]));
  const SECTIONS = 3; // of a page that are shown, and count
  const COMMON = new Set(
    ("a an and are as at be been but by can do does each for from has have how if in into is it its " +
      "no not of on one or so such than that the then there these they this to too us was we what " +
      "when where which why will with you your").split(" "),
  );
  const WORD = /[\p{L}\p{N}]+(?:[-_'’.][\p{L}\p{N}]+)*/gu;

  /** A word in one number. @param {string} word */
  function singular(word) {
    if (word.length < 4 || /(ss|us|is|as)$/.test(word)) return word;
    if (word.endsWith("ies")) return `${word.slice(0, -3)}y`;
    return word.endsWith("s") ? word.slice(0, -1) : word;
  }

  /** A text's words as the index has them: of a joined word, it and its parts. @param {string} text */
  function words(text) {
    /** @type {string[]} */
    const found = [];
    for (const [whole] of text.normalize("NFKC").toLowerCase().matchAll(WORD)) {
      const parts = whole.split(/[-_'’.]/).filter((part) => part !== "s");
      if (parts.length > 1) found.push(parts.join(""));
      for (const part of parts) {
        if (COMMON.has(part) || /^\d+$/.test(part)) continue;
        if (part === "lr") found.push("learning", "rate");
        else found.push(LETTERS[part] ?? PARTICLES.exec(part)?.[1] ?? singular(part));
      }
    }
    return found;
  }

  /** A formula as the index has it, or nothing if the text is none. @param {string} text */
  function formula(text) {
    if (!/[/^=√()]|sqrt/.test(text) || /[a-z]{4,}/i.test(text.replace(/sqrt|alpha|beta|gamma|delta|epsilon|theta|kappa|lambda|sigma/g, "")))
      return undefined;
    return text
      .toLowerCase()
      .replace(/\\?sqrt/g, "√")
      .replace(/\\?([a-z]+)/g, (whole, name) => GREEK[name] ?? whole)
      .replace(/[−–]/g, "-")
      .replace(/[\s·*]/g, "");
  }

  /** A question's words. @param {string} text */
  function asked(text) {
    const whole = formula(text);
    return whole ? [whole] : words(text);
  }

  const options = {
    fields: ["heading", "names", "page", "terms", "text", "formulas"],
    storeFields: ["place", "page", "heading", "excerpt"],
    /** @param {string} text @param {string} field */
    tokenize: (text, field) => (field === "formulas" ? text.split(" ").filter(Boolean) : words(text)),
    /** @param {string} term */
    processTerm: (term) => term,
  };

  /** Pages by how near they are to what a reader is looking for. @param {string} place */
  function weight(place) {
    if (place.startsWith("api")) return 0.35;
    if (place.includes("glossary.html#")) return 0.5;
    if (/further\/|papers\/|(cheat_sheet|errata|rosetta|notation|problems|how_fast|glossary)\.html|references/.test(place))
      return 0.7;
    return 1;
  }

  /**
   * The pages that answer a question, best first, each with its sections that do.
   * @param {any} index @param {string} question
   */
  function find(index, question) {
    if (asked(question).length === 0) return [];
    const search = (/** @type {object} */ more) =>
      index.search(question, {
        tokenize: asked,
        boost: { heading: 6, names: 6, terms: 5, page: 3, formulas: 4 },
        bm25: { k: 1.2, b: 0.3, d: 0.5 },
        boostDocument: (/** @type {any} */ _, /** @type {any} */ __, /** @type {any} */ stored) =>
          weight(stored.place) * (stored.place.includes("#") ? 1 : 2),
        prefix: (/** @type {string} */ term) => term.length > 3,
        combineWith: "AND",
        ...more,
      });
    let found = search({});
    if (found.length < 3) found = found.concat(search({ combineWith: "OR", fuzzy: 0.2 }));
    /** @type {Map<string, any>} */
    const pages = new Map();
    const seen = new Set();
    for (const one of found) {
      if (seen.has(one.place)) continue;
      seen.add(one.place);
      const [file, anchor] = one.place.split("#");
      const page = pages.get(file) ?? { file, title: one.page, excerpt: "", sections: [], scores: [] };
      pages.set(file, page);
      page.scores.push(one.score);
      if (!anchor) page.excerpt = one.excerpt;
      else if (page.sections.length < SECTIONS) page.sections.push(one);
    }
    // A page of which several sections answer comes before one with a single mention.
    const worth = (/** @type {any} */ page) =>
      page.scores[0] + page.scores.slice(1, 1 + SECTIONS).reduce((a, b) => a + b / 2, 0);
    return [...pages.values()].sort((a, b) => worth(b) - worth(a));
  }

  return { options, words, asked, find };
})();
