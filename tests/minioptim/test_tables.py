"""Tables: what another program reads in the Markdown, and what a reader of plain text sees."""

import numpy as np
import pytest
from markdown_it import MarkdownIt

from minioptim.tables import table


def read(shown):
    """Return (alignments, rows) of a table's Markdown, as a parser of Markdown finds them."""
    tokens = MarkdownIt().enable("table").parse(shown._repr_markdown_())
    sides = [token.attrs.get("style") for token in tokens if token.type == "th_open"]
    cells = [
        [token.content for token in tokens[start:] if token.type == "inline"][:1]
        for start, token in enumerate(tokens)
        if token.type in {"th_open", "td_open"}
    ]
    texts = [text for (text,) in cells]
    return sides, [texts[i : i + len(sides)] for i in range(0, len(texts), len(sides))]


def test_markdown_has_headings_and_rows_in_order_and_numbers_to_the_right():
    shown = table({"rule": ["SGD", "Adam"], "steps": [1200, 30]}, formats={"steps": ",d"})
    assert read(shown) == (
        ["text-align:left", "text-align:right"],
        [["rule", "steps"], ["SGD", "1,200"], ["Adam", "30"]],
    )


@pytest.mark.parametrize("cell", [r"$|x|$", r"$\|g\|_2$", "a | b", r"$\eta = 0.1$", "**best**"])
def test_a_cell_is_read_as_it_was_given(cell):
    _, rows = read(table({"a | b": [cell], "more": ["x"]}))
    assert rows == [["a | b", "more"], [cell, "x"]]


def test_text_stands_in_columns():
    shown = table({"rule": ["SGD", "Adam"], "loss": [0.5, "diverged"]}, formats={"loss": ".2f"})
    assert repr(shown).splitlines() == [
        "rule      loss",
        "SGD       0.50",
        "Adam  diverged",
    ]


def test_numpys_numbers_are_numbers_and_truth_is_none():
    columns = {"i": np.arange(2), "f": np.float32([0.5, 2]), "b": [True, np.True_]}
    sides, rows = read(table(columns, formats={"f": ".1f"}))
    assert sides == ["text-align:right", "text-align:right", "text-align:left"]
    assert rows[1:] == [["0", "0.5", "True"], ["1", "2.0", "True"]]


@pytest.mark.parametrize(
    ("columns", "formats", "message"),
    [
        ({}, {}, "columns must name at least one column, got none"),
        ({"a": [1], "b": []}, {}, "columns must be equally long, got {'a': 1, 'b': 0} cells"),
        ({"a": [1]}, {"b": "d"}, "formats must name columns of ['a'], got ['b']"),
        ({"a": [0.5]}, {"a": "d"}, "formats['a'] is 'd', which cannot write 0.5"),
        ({"a": ["x\ny"]}, {}, "a cell must be one line, got 'x\\ny' in the column 'a'"),
        ({"a": "xyz"}, {}, "a column must be a list of cells, got a text for ['a']"),
    ],
)
def test_what_makes_no_table_is_refused(columns, formats, message):
    with pytest.raises(ValueError, match="must|cannot") as refused:
        table(columns, formats)
    assert str(refused.value) == message


def test_a_table_does_not_change_with_the_lists_it_came_from():
    cells = [1, 2]
    shown = table({"a": cells})
    before = repr(shown)
    cells[0] = 7
    assert repr(shown) == before
    with pytest.raises(AttributeError):
        shown.columns = ()
