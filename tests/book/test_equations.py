"""Every numbered equation of the book is tested, and every reference to one finds it."""

import importlib
from collections import Counter
from pathlib import Path

import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

from . import chapter_text

TESTS = Path(__file__).parents[1] / "chapters"
SLUGS = sorted({*chapter_text.CHAPTERS, *(path.stem[5:] for path in TESTS.glob("test_*.py"))})


# A chapter in two parts: the second keeps the prefix of the first, so that no label changed.
SECOND_PARTS = {
    "learning_rate_schedules": "stochastic_gradient_descent",
    "long_runs": "in_practice",
}


def marked(names):
    """Return the labels in the ``pytest.mark.equation`` marks of a file's tests, by its names."""
    tests = [test for name, test in names.items() if name.startswith("test_")]
    marks = [mark for test in tests for mark in getattr(test, "pytestmark", [])]
    return {label for mark in marks if mark.name == "equation" for label in mark.args}


def gaps(labels, names):
    """Return the labels of a chapter without a test, and marks that name no label of it."""
    tested = marked(names)
    return [
        *(f"equation ({label}) has no test" for label in labels if label not in tested),
        *(f"a test names ({label}), which is not there" for label in sorted(tested - {*labels})),
    ]


def label_faults(labels):
    """Return what is wrong with labels, given as chapter -> list: prefixes, and repetitions."""
    found = []
    owners = {}
    for slug, names in labels.items():
        prefixes = {name.partition("-")[0] for name in names}
        if len(prefixes) > 1:
            found.append(f"{slug}: labels begin with {sorted(prefixes)}; a chapter has one prefix")
        for prefix in prefixes:
            owner = SECOND_PARTS.get(slug, slug)
            if owners.setdefault(prefix, owner) != owner:
                found.append(f"{slug}: the prefix {prefix!r} is that of {owners[prefix]}")
    counts = Counter(name for names in labels.values() for name in names)
    return found + [f"({name}) is there {n} times" for name, n in counts.items() if n > 1]


def reference_faults(text, labels):
    """Return the references in a chapter's text that find none of the labels of the book."""
    return [f"{{eq}}`{name}` finds nothing" for name in text.references if name not in labels]


# --- The book -----------------------------------------------------------------


@pytest.fixture(scope="module")
def texts():
    return {slug: chapter_text.read(slug) for slug in chapter_text.CHAPTERS}


@pytest.mark.parametrize("slug", SLUGS)
def test_every_equation_has_a_test_and_every_mark_an_equation(slug, texts):
    there = (TESTS / f"test_{slug}.py").exists()
    tests = vars(importlib.import_module(f"tests.chapters.test_{slug}")) if there else {}
    labels = texts[slug].labels if slug in texts else []
    assert gaps(labels, tests) == []


@pytest.mark.parametrize("slug", chapter_text.CHAPTERS)
def test_every_reference_to_an_equation_finds_it(slug, texts):
    labels = {label for text in texts.values() for label in (*text.labels, *text.made)}
    assert reference_faults(texts[slug], labels) == []


def test_labels_carry_their_chapters_prefix_and_are_there_once(texts):
    labels = {slug: [*text.labels, *text.made] for slug, text in texts.items()}
    assert label_faults(labels) == []


# --- The guard catches --------------------------------------------------------

MARKDOWN = """
By {eq}`toy-one` and {eq}`the other <toy-two>`:

$$
\\begin{aligned}
x &= 1
\\end{aligned}
$$ (toy-one)

$$ y = 2 $$

$$
z = 3
$$ (toy-two)
"""
SOURCE = """
import pytest

@pytest.mark.parametrize("x", [1])
@pytest.mark.equation("toy-one", "toy-two")
def test_both(x):
    assert x
"""


def defined(source):
    """Return what a text of Python defines."""
    names = {}
    exec(source, names)  # noqa: S102
    return names


@pytest.fixture
def toy():
    return chapter_text.of(new_notebook(cells=[new_markdown_cell(MARKDOWN)]))


def test_labels_references_and_marks_are_read(toy):
    assert toy.labels == ["toy-one", "toy-two"]
    assert toy.references == ["toy-one", "toy-two"]
    assert marked(defined(SOURCE)) == {"toy-one", "toy-two"}


def test_a_chapter_in_order_has_no_fault(toy):
    assert gaps(toy.labels, defined(SOURCE)) == []
    assert label_faults({"toy": toy.labels}) == []
    assert reference_faults(toy, toy.labels) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (', "toy-two")', ")", "(toy-two) has no test"),
        ("def test_both", "def both", "(toy-one) has no test"),
        ("toy-one", "toy-won", "(toy-won), which is not there"),
        ("@pytest.mark.equation", "# @pytest.mark.equation", "(toy-one) has no test"),
    ],
)
def test_a_missing_test_and_a_mark_of_no_equation_are_caught(toy, old, new, fault):
    assert fault in " ".join(gaps(toy.labels, defined(SOURCE.replace(old, new))))


@pytest.mark.parametrize(
    ("labels", "fault"),
    [
        ({"a": ["a-one", "b-two"]}, "one prefix"),
        ({"a": ["a-one"], "b": ["a-two"]}, "is that of a"),
        ({"a": ["a-one", "a-one"]}, "2 times"),
    ],
)
def test_a_strange_prefix_and_a_label_given_twice_are_caught(labels, fault):
    assert fault in " ".join(label_faults(labels))


def test_a_reference_to_nothing_is_caught(toy):
    assert reference_faults(toy, ["toy-one"]) == ["{eq}`toy-two` finds nothing"]
