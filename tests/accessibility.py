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


def violations(visit, place=None):
    """What axe finds in a page, as (rule, place, explanation).

    Parameters
    ----------
    visit : Visit
        The page, open, and best thinned.
    place : str, optional
        A selector: what is inside it is looked at alone.
    """
    context = {"include": [[place]]} if place else None
    # To tell of each element that is right, too, takes as long as to look.
    response = Axe().run(visit.page, context, {"resultTypes": ["violations"]}).response
    return [
        (finding["id"], node["target"][0], node["failureSummary"])
        for finding in response["violations"]
        for node in finding["nodes"]
    ]
