"""Write pages that say what they are to those who hear them, or go through them by key.

Sphinx, the theme and the extensions leave some of that undone: folds that all have one name, a list
that is none, answers that do not say whose they are, numbers read before what they count.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from book.elements import first

CODE_FOLD = re.compile(
    r'<summary aria-label="Toggle hidden content">\s*'
    r'<p class="collapsed admonition-title">(.*?)</p>\s*'
    r'<p class="expanded admonition-title">.*?</p>\s*</summary>'
)
CODE = {
    "Show code cell source": "the code",
    "Show code cell output": "what it prints",
    "Show code cell content": "the code",
}
CELL = '<div class="cell '
CAPTION = re.compile(r'<span class="caption-number">\s*(Figure [\w.]+)\s*</span>')
NUMBER = re.compile(
    r'(<div class="math"[^>]*>\s*)(<span class="eqno">.*?</a></span>)(.*?)(?=</div>)', re.DOTALL
)
ANSWER = '<details class="quiz">'
ANSWERS = re.compile(rf"(?:{ANSWER}.*?</details>\s*)+", re.DOTALL)
FEEDBACK = re.compile(r"(</summary>\s*)(?=<p>(Yes\b)?)")
LIST = '<div role="list" class="citation-list">'
WORK = re.compile(
    r'<div class="citation" id="([^"]*)" role="doc-biblioentry">(.*?)</div>', re.DOTALL
)
# Each exercise and solution has a part with the same id, to which nothing leads.
SAME = re.compile(r'<section id="(?:exercise|solution)-content">')
STYLE = re.compile(r"<style>.*?</style>\s*", re.DOTALL)
# What the theme asks the browser to follow has another name in its own template.
FOLLOWED = 'data-bs-spy="scroll" data-bs-target=".bd-toc-nav"'
CONTENTS = "pst-page-toc-nav"
SIDEBAR = '<div id="pst-primary-sidebar" class="bd-sidebar-primary bd-sidebar">'


def folds_named(body: str) -> str:
    """Return a page whose folded code is called by the figure that it draws.

    >>> fold = ('<div class="cell x"><summary aria-label="Toggle hidden content">'
    ...     '<p class="collapsed admonition-title">Show code cell source</p>'
    ...     '<p class="expanded admonition-title">Hide code cell source</p></summary>'
    ...     '<span class="caption-number">Figure 5.1 </span></div>')
    >>> print(folds_named(fold).split("<summary>")[1].split("</summary>")[0])
    <span class="collapsed admonition-title">Show the code of Figure 5.1</span><span
    class="expanded admonition-title">Hide the code of Figure 5.1</span>

    An exercise that comes next has a number too, and is not what the code draws.

    >>> "Exercise" in folds_named(fold.replace("Figure", "Exercise")).split("</summary>")[0]
    False
    """

    def name(found: re.Match[str]) -> str:
        end = body.find(CELL, found.end())
        caption = CAPTION.search(body, found.end(), end if end >= 0 else len(body))
        if found[1] not in CODE:  # the chapter gives it a name of its own
            return f"<summary>{found[1]}</summary>"
        what = CODE[found[1]] + (f" of {caption[1]}" if caption else "")
        return (
            "<summary>"
            + "".join(
                f'<span class="{state} admonition-title">{verb} {what}</span>'
                for state, verb in (("collapsed", "Show"), ("expanded", "Hide"))
            )
            + "</summary>"
        )

    return CODE_FOLD.sub(name, body)


def judged(answers: str) -> str:
    """Return the answers to a question with the verdict before each feedback.

    The feedback to the right one begins with "Yes"; if not that of one alone does, none is judged.

    >>> q = '<details class="quiz"><summary>(a)</summary><p>Yes.</p></details>'
    >>> judged(q + q.replace("Yes", "That")).count("Not this one")
    1
    >>> judged(q + q) == q + q
    True
    """
    if sum(bool(found[2]) for found in FEEDBACK.finditer(answers)) != 1:
        return answers
    return FEEDBACK.sub(
        lambda found: (
            found[1]
            + f'<p class="verdict{" right" if found[2] else ""}">'
            + ("Right" if found[2] else "Not this one")
            + "</p>\n"
        ),
        answers,
    )


def answers_grouped(body: str) -> str:
    """Return a page whose answers to one question are a group with its number.

    >>> q = '<details class="quiz"><summary>(a)</summary><p>Yes.</p></details>'
    >>> print(answers_grouped(q).splitlines()[0])
    <div class="answers" role="group" aria-label="Answers to question 1">
    """
    count = 0

    def group(found: re.Match[str]) -> str:
        nonlocal count
        count += 1
        label = f'role="group" aria-label="Answers to question {count}"'
        return f'<div class="answers" {label}>\n{judged(found[0])}</div>\n'

    return ANSWERS.sub(group, body)


def works_listed(body: str) -> str:
    """Return a page whose works are a list.

    >>> work = '<div class="citation" id="a" role="doc-biblioentry"><p>A</p></div>'
    >>> works_listed(f"{LIST}{work}</div>")
    '<ul class="citation-list"><li class="citation" id="a"><p>A</p></li></ul>'
    """
    while found := first(body, LIST):
        start, end = found
        works = WORK.sub(r'<li class="citation" id="\1">\2</li>', body[start + len(LIST) : end - 6])
        body = f'{body[:start]}<ul class="citation-list">{works}</ul>{body[end:]}'
    return body


def said(body: str) -> str:
    """Return a page's body, all of it told in its order."""
    body = SAME.sub("<section>", NUMBER.sub(r"\1\3\2", body))
    return works_listed(answers_grouped(folds_named(body)))


def change_body(
    _app: Sphinx, _page: str, _template: str, context: dict[str, Any], _tree: nodes.document | None
) -> None:
    """Change a page's body."""
    if "body" in context:
        context["body"] = said(context["body"])


def in_place(page: str) -> str:
    """Return a page whose sidebar has a name and whose styles stand in the head, after all others.

    The contents beside the page follow the reader. Where there are none nothing may follow: the
    theme's script would take every link of the page for one of the contents'.

    >>> in_place("<head></head><p><style>a{}</style>b")
    '<head><style>a{}</style></head><p>b'
    """
    head, end, body = page.partition("</head>")
    named = SIDEBAR.replace(">", ' role="region" aria-label="The book">')
    body = body.replace(SIDEBAR, named)  # the title in it is in no navigation
    followed = FOLLOWED.replace(".bd-toc-nav", f"#{CONTENTS}") if f'id="{CONTENTS}"' in body else ""
    body = body.replace(FOLLOWED, followed)
    return "".join([head, *STYLE.findall(body), end, STYLE.sub("", body)])


def change_pages(app: Sphinx) -> None:
    """Have each page pass through `in_place`."""
    if app.builder.name != "html":
        return
    render = app.builder.templates.render

    def render_in_place(template: str, context: dict[str, Any]) -> str:
        html = render(template, context)
        return in_place(html) if template.endswith(".html") else html

    app.builder.templates.render = render_in_place


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.connect("html-page-context", change_body, priority=950)
    app.connect("builder-inited", change_pages)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
