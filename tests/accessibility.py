"""What axe finds wrong with a page for those who read it by other means, or with weak eyes."""

from axe_playwright_python.sync_playwright import Axe

# What axe looks at takes time with the square of the page's elements, and of those of a chapter
# nine in ten are the boxes inside formulas and the words of code. A formula stays as its text, in
# the space that it took; of words in one colour, the first in each kind of cell.
THINNED = """() => {
    const formulas = [...document.querySelectorAll(".katex:has(annotation)")];
    const sizes = formulas.map(formula => formula.getBoundingClientRect());
    formulas.forEach((formula, i) => {
        formula.replaceChildren(formula.querySelector("annotation").textContent);
        formula.style.cssText = `display: inline-block; overflow: hidden; white-space: nowrap;
            width: ${sizes[i].width}px; height: ${sizes[i].height}px`;
    });
    const seen = new Set();
    for (const word of document.querySelectorAll("pre span")) {
        const cell = word.closest("[class*=cell_], [class*=highlight-]");
        const kind = `${cell && cell.className} ${word.className}`;
        if (seen.has(kind)) word.replaceWith(...word.childNodes);
        seen.add(kind);
    }
    document.body.normalize();
}"""


def thin(visit):
    """Take out of a page what would take axe long and tell it nothing; twice is as once."""
    visit.page.evaluate(THINNED)


# To tell how legible a text is takes four fifths of axe's time, and hangs on nothing but what is
# named here: texts of which all of it is alike are alike legible, and the first is looked at.
LOOKED_AT = "data-first-of-its-kind"
AXE = Axe(f"""{Axe().axe_script}
    axe.configure({{rules: [{{id: "color-contrast", selector: "[{LOOKED_AT}]"}}]}});""")
MARK_THE_FIRST = """([mark, place]) => {
    document.querySelectorAll(`[${mark}]`).forEach(element => element.removeAttribute(mark));
    const known = new Map(), seen = new Set();
    const behind = element => {  // all that is painted below a text, or changes how it is
        if (!element) return "";
        if (!known.has(element)) {
            const style = getComputedStyle(element);
            const {backgroundColor, backgroundImage, opacity, filter, mixBlendMode} = style;
            const own = [backgroundColor, backgroundImage, opacity, filter, mixBlendMode].join();
            const placed = ["absolute", "fixed", "sticky"].includes(style.position);
            const place = placed ? `${element.id} ${element.className}` : "";
            const plain = own === "rgba(0, 0, 0, 0),none,1,none,normal" && !place;
            known.set(element, behind(element.parentElement) + (plain ? "" : `; ${own} ${place}`));
        }
        return known.get(element);
    };
    const hasText = element =>  // a control has its text as a value
        "value" in element
        || [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
    for (const element of document.querySelectorAll(`:is(${place}, ${place} *)`)) {
        if (!hasText(element) || !element.checkVisibility({visibilityProperty: true})) continue;
        const {color, fontSize, fontWeight, textShadow} = getComputedStyle(element);
        const kind = [color, fontSize, fontWeight, textShadow, behind(element)].join();
        if (!seen.has(kind)) element.setAttribute(mark, "");
        seen.add(kind);
    }
}"""


# What hangs on colours, or on how much of a thing is seen, and so on the screen and its hour. All
# other rules look at what the page's text says, which is the same on each.
OF_LOOKS = ["color-contrast", "link-in-text-block", "scrollable-region-focusable"]


def violations(visit, place=None, rules=None):
    """What axe finds in a page, as (rule, place, explanation).

    Of texts that are alike in all that decides how legible they are, the first is named.

    Parameters
    ----------
    visit : Visit
        The page, open, and best thinned.
    place : str, optional
        A selector: what is inside it is looked at alone.
    rules : list of str, optional
        What axe looks at; by default all of its rules.
    """
    visit.page.evaluate(MARK_THE_FIRST, [LOOKED_AT, place or "body"])
    context = {"include": [[place]]} if place else None
    # To tell of each element that is right, too, takes as long as to look.
    options = {"resultTypes": ["violations"]} | ({"runOnly": rules} if rules else {})
    response = AXE.run(visit.page, context, options).response
    return [
        (finding["id"], node["target"][0], node["failureSummary"])
        for finding in response["violations"]
        for node in finding["nodes"]
    ]
