r"""A table that a cell shows: Markdown on the page, plain text wherever Markdown is not read.

A chapter's numbers in columns are a table to its readers, whatever screen or paper they read on,
and text to the program that compares a chapter's outputs with those of a new run. Both are made
here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from numbers import Number

__all__ = ["Table", "table"]


@dataclass(frozen=True, repr=False)
class Table:
    """Columns of cells that are written already, as `table` makes them.

    Parameters
    ----------
    headings : tuple of str
        Of each column.
    columns : tuple of tuple of str
        The cells of each column, from the top; all columns are equally long.
    numeric : tuple of bool
        Whether a column holds numbers, and so stands to the right.
    """

    headings: tuple[str, ...]
    columns: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]

    def _repr_markdown_(self) -> str:
        """Return the table as Jupyter and the book read it; | inside a cell is no border."""
        ruler = ["--:" if numeric else ":--" for numeric in self.numeric]
        rows = [self.headings, *zip(*self.columns, strict=True)]
        lines = [[cell.replace("|", r"\|") for cell in row] for row in rows]
        lines.insert(1, ruler)
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)

    def __repr__(self) -> str:
        """Return the table as text, its columns two spaces apart."""
        columns = zip(self.headings, self.columns, self.numeric, strict=True)
        padded = [_padded([heading, *cells], numeric) for heading, cells, numeric in columns]
        return "\n".join("  ".join(row).rstrip() for row in zip(*padded, strict=True))


def table(
    columns: Mapping[str, Iterable[object]], formats: Mapping[str, str] | None = None
) -> Table:
    r"""Return a table to end a cell with.

    Parameters
    ----------
    columns : mapping of str to iterable
        The cells of each column by its heading, in order. A cell may be a number, which is written
        by its column's format, or anything else, which is written as ``str`` writes it: a text may
        hold Markdown and formulas, ``"$\eta = 0.1$"``.
    formats : mapping of str to str, optional
        By heading, how the numbers of a column are written, as in ``format(number, "...")``:
        ``{"loss": ".3f", "steps": "d"}``. The numbers of other columns are written as they are.

    Returns
    -------
    Table
        A column of numbers stands to the right; texts among them, "diverged", do not change that.

    Raises
    ------
    ValueError
        If there is no column, if one is a text and no list, if columns differ in length, if a
        format names no column or cannot write a number of its column, or if a cell has more than
        one line.

    Examples
    --------
    >>> table({"rule": ["SGD", "Adam"], "loss": [0.25, 1 / 3]}, formats={"loss": ".2f"})
    rule  loss
    SGD   0.25
    Adam  0.33
    """
    formats = formats or {}
    if texts := [heading for heading, column in columns.items() if isinstance(column, str)]:
        raise ValueError(f"a column must be a list of cells, got a text for {texts}")
    cells = {heading: list(column) for heading, column in columns.items()}
    if not cells:
        raise ValueError("columns must name at least one column, got none")
    lengths = {heading: len(column) for heading, column in cells.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"columns must be equally long, got {lengths} cells")
    if unknown := [heading for heading in formats if heading not in cells]:
        raise ValueError(f"formats must name columns of {list(cells)}, got {unknown}")
    written = tuple(
        tuple(_written(cell, heading, formats.get(heading, "")) for cell in column)
        for heading, column in cells.items()
    )
    numeric = tuple(any(_is_number(cell) for cell in column) for column in cells.values())
    return Table(tuple(cells), written, numeric)


def _is_number(cell: object) -> bool:
    return isinstance(cell, Number) and not isinstance(cell, bool)


def _written(cell: object, heading: str, form: str) -> str:
    try:
        text = format(cell, form) if _is_number(cell) else str(cell)
    except ValueError as error:
        raise ValueError(
            f"formats[{heading!r}] is {form!r}, which cannot write {cell!r}"
        ) from error
    if "\n" in text:
        raise ValueError(f"a cell must be one line, got {text!r} in the column {heading!r}")
    return text


def _padded(cells: list[str], numeric: bool) -> list[str]:
    width = max(map(len, cells))
    return [cell.rjust(width) if numeric else cell.ljust(width) for cell in cells]
