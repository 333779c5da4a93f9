// The page of the search: what is asked stands in the address, and is answered as it is typed.
(() => {
  const SHOWN = 12;
  const input = /** @type {HTMLInputElement} */ (document.querySelector(".bd-article-container form.bd-search input"));
  const results = /** @type {HTMLElement} */ (document.getElementById("search-results"));
  const said = /** @type {HTMLElement} */ (document.getElementById("search-said"));
  const data = /** @type {any} */ (globalThis).bookSearchIndex;
  const { options, find } = /** @type {any} */ (globalThis).bookSearch;
  const index = /** @type {any} */ (globalThis).MiniSearch.loadJS(data, { ...options, idField: "place" });

  /** @param {string} name @param {string} text @param {Element} parent */
  function add(name, text, parent) {
    const made = parent.appendChild(document.createElement(name));
    made.textContent = text;
    return made;
  }

  /** @param {Element} parent @param {string} place @param {string} title @param {string} excerpt */
  function item(parent, place, title, excerpt) {
    const made = add("li", "", parent);
    const link = /** @type {HTMLAnchorElement} */ (add("a", title, made));
    link.href = place;
    if (excerpt) add("p", excerpt, made);
    return made;
  }

  function answer() {
    const question = input.value.trim();
    results.replaceChildren();
    const pages = question ? find(index, question) : [];
    said.textContent = !question ? ""
      : pages.length === 0 ? "Nothing found. Fewer or other words may help."
      : pages.length === 1 ? "Found on one page."
      : `Found on ${pages.length} pages${pages.length > SHOWN ? `; the best ${SHOWN} are shown` : ""}.`;
    const list = add("ol", "", results);
    for (const page of pages.slice(0, SHOWN)) {
      const made = item(list, page.file, page.title, page.excerpt);
      if (page.sections.length === 0) continue;
      const sections = add("ul", "", made);
      for (const one of page.sections) item(sections, one.place, one.heading, one.excerpt);
    }
  }

  input.value = new URLSearchParams(location.search).get("q") ?? "";
  answer();
  input.addEventListener("input", answer);
  input.form?.addEventListener("submit", (event) => {
    event.preventDefault();
    history.replaceState(null, "", `?q=${encodeURIComponent(input.value)}`);
    answer();
  });
  input.focus();
})();
