"""What readers may have met elsewhere is met in this book, each thing at a place that is there."""

import re
import tomllib
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from . import chapter_text
from .chapter_text import TAG

with (Path(__file__).parent / "source_documents.toml").open("rb") as file:
    ENTRIES = tomllib.load(file)  # keyed by id: TOML itself refuses one id twice

# Every chapter that the table may name, so that a misspelt one does not wait for ever.
SLUGS = {
    *("gradient_descent", "stochastic_gradient_descent", "learning_rate_schedules"),
    *("moving_averages", "momentum", "nesterov", "adagrad", "adadelta", "rmsprop", "adam", "nadam"),
    *("race", "in_practice", "long_runs", "notation"),
}
KEYS = {"kind", "says", "verdict", "chapter"}
KINDS = {"method", "equation", "claim", "pseudocode", "value", "question", "picture"}
ID = re.compile(r"s[0-3]-[a-z0-9]+(-[a-z0-9]+)*")
VERDICT = re.compile(r"holds|(condition|wrong|answer|left empty): \S.{9,}")
HANGUL = re.compile(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")


def form_faults(entries):
    """Return what is wrong with the entries themselves, a sentence each."""
    found = []
    for name, entry in entries.items():
        if not ID.fullmatch(name):
            found.append(f"{name}: an id is s0-... to s3-..., in small letters")
        if not entry.keys() >= KEYS or not entry.keys() <= KEYS | {"where"}:
            found.append(f"{name}: has the keys {sorted(entry)}")
            continue
        if not all(isinstance(value, str) and value.strip() for value in entry.values()):
            found.append(f"{name}: has a value that is no text")
            continue
        if entry["kind"] not in KINDS:
            found.append(f"{name}: {entry['kind']!r} is no kind")
        if not VERDICT.fullmatch(entry["verdict"]):
            found.append(f"{name}: {entry['verdict']!r} is no verdict")
        if entry["chapter"] not in SLUGS:
            found.append(f"{name}: {entry['chapter']!r} is no chapter")
        if HANGUL.search(entry["says"]):
            found.append(f"{name}: is said in the source's words")
    return found


def place_faults(entries, slug, text):
    """Return which entries of a chapter it does not meet; ``text`` is None if it is to come."""
    found = []
    for name, entry in entries.items():
        if entry["chapter"] != slug:
            continue
        where = entry.get("where")
        if text is None:
            if where is not None:
                found.append(f"{name}: points into {slug}, which is not there")
        elif where is None:
            found.append(f"{name}: {slug} is there; where does it meet this?")
        else:
            section, *label = where.split("/")
            there = text.places.count((*label, section)) if label else text.sections.count(section)
            if there != 1:
                found.append(f"{name}: {slug} has {where!r} {there} times, not once")
    return found


def idle_labels(entries, slug, text):
    """Return the labels that were given to cells for the table's sake and that it does not use."""
    used = {entry["where"] for entry in entries.values() if entry["chapter"] == slug}
    places = [(label, f"{section}/{label}") for label, section in text.places]
    return [label for label, where in places if label.startswith(TAG) and where not in used]


# --- The table ----------------------------------------------------------------


def test_every_entry_is_well_formed():
    assert form_faults(ENTRIES) == []


def test_every_document_is_covered():
    assert {name[:2] for name in ENTRIES} == {"s0", "s1", "s2", "s3"}


@pytest.mark.parametrize("slug", sorted(SLUGS))
def test_what_belongs_to_a_chapter_is_met_there(slug):
    text = chapter_text.read(slug) if slug in chapter_text.CHAPTERS else None
    assert place_faults(ENTRIES, slug, text) == []
    assert text is None or idle_labels(ENTRIES, slug, text) == []


# --- The guard catches --------------------------------------------------------

GOOD = {
    "kind": "equation",
    "says": "x <- x - lr g",
    "verdict": "holds",
    "chapter": "adam",
    "where": "the-toy/toy-step",
}


@pytest.fixture
def toy():
    cells = [
        new_markdown_cell("## The toy\n\n$$\nx\n$$ (toy-step)"),
        new_markdown_cell("```python\n# no heading\n```", metadata={"tags": ["src-code"]}),
        new_code_cell("plot()", metadata={"tags": ["hide-input", "src-plot"]}),
        new_markdown_cell("More.\n\n## Exercises", metadata={"tags": ["src-more"]}),
        new_markdown_cell("```{exercise}\n:label: toy-find\nFind.\n```"),
        new_markdown_cell("## Twice", metadata={"tags": ["src-twice"]}),
        new_markdown_cell("## Twice\n\n$$\ny\n$$ (toy-end)"),
    ]
    return chapter_text.of(new_notebook(cells=cells))


def test_a_good_entry_has_no_fault():
    assert form_faults({"s0-step": GOOD}) == []


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("s4-step", {}),
        ("s0 step", {}),
        ("s0-step", {"kind": "poem"}),
        ("s0-step", {"says": " "}),
        ("s0-step", {"says": "기울기"}),
        ("s0-step", {"verdict": "true"}),
        ("s0-step", {"verdict": "wrong: "}),
        ("s0-step", {"chapter": "adma"}),
        ("s0-step", {"page": "3"}),
    ],
)
def test_an_ill_formed_entry_is_caught(name, change):
    assert len(form_faults({name: GOOD | change})) == 1


@pytest.mark.parametrize(
    "where",
    [
        *("the-toy", "the-toy/toy-step", "the-toy/src-code", "the-toy/src-plot"),
        *("the-toy/src-more", "exercises", "exercises/toy-find"),
    ],
)
def test_a_place_that_is_there_is_found(toy, where):
    assert place_faults({"s0-step": GOOD | {"where": where}}, "adam", toy) == []


@pytest.mark.parametrize(
    "where",
    [
        *("the-toy/toy-stop", "toy-step", "exercises/toy-step", "twice/src-plot", "the-toy/"),
        *("no-heading", "The toy", "twice", "the-toy/hide-input", "the-toy/src-plot/x"),
    ],
)
def test_an_entry_that_points_nowhere_is_caught(toy, where):
    faults = place_faults({"s0-step": GOOD | {"where": where}}, "adam", toy)
    assert [fault[:7] for fault in faults] == ["s0-step"]


def test_a_label_that_no_entry_uses_is_caught(toy):
    used = [("the-toy", "src-code"), ("the-toy", "src-more"), ("twice", "src-twice")]
    entries = {label: GOOD | {"where": f"{section}/{label}"} for section, label in used}
    assert idle_labels(entries, "adam", toy) == ["src-plot"]
    assert "src-plot" in idle_labels({"s0-plot": GOOD | {"where": "src-plot"}}, "adam", toy)


def test_chapters_and_places_come_together(toy):
    without = {key: value for key, value in GOOD.items() if key != "where"}
    assert place_faults({"s0-step": without}, "adam", None) == []
    assert "where does it meet" in place_faults({"s0-step": without}, "adam", toy)[0]
    assert "not there" in place_faults({"s0-step": GOOD}, "adam", None)[0]
