"""Data sets from your own tables: what is not a number is named, and a way out offered."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from minioptim._arguments import Array
from minioptim._keywords import in_our_words
from minioptim.datasets.base import Dataset, Examples, RegressionData, Split, split_order
from minioptim.datasets.cells import Cells, cells
from minioptim.datasets.reading import Column, Reading, raw_inputs

WORDS = ("refuse", "columns", "leave out")
GAPS = ("refuse", "drop", "mean")
# From so many rows on, a column of whole numbers that all differ is likely to number them.
MANY_ROWS = 20
# More different words than these in a column are most often names, dates or codes.
MOST_WORDS = 100


@in_our_words
def table(
    columns: Any,
    target: Any,
    *,
    classes: bool | None = None,
    words: str = "refuse",
    gaps: str = "refuse",
    scale: bool = False,
    leave_out: Iterable[Any] = (),
    test: int | None = None,
    seed: int = 0,
    delimiter: str = ",",
    decimal: str = ".",
) -> Any:
    """Return a table as data to learn from: one column is to be predicted, the others are inputs.

    Parameters
    ----------
    columns : str or path, or mapping of name to sequence
        A CSV file in UTF-8 whose first line names the columns; or columns: a dict of lists, a
        pandas or polars data frame, a structured array. Cells are numbers, words, bools (1 and 0
        as inputs) or gaps: None, NaN, and in text nothing, NA, N/A, NaN or null.
    target : str
        The column to predict.
    classes : bool, optional
        Whether the target tells classes apart, recoded as 0, ..., k - 1 in the order of their
        names, or is a number. Found by itself for words, bools, numbers with decimals (a number)
        and two whole numbers (classes); for more whole numbers say it.
    words : "refuse", "columns" or "leave out"
        What becomes of a column of words: an error, an input of 0 and 1 for each of its words, or
        nothing.
    gaps : "refuse", "drop" or "mean"
        What becomes of gaps: an error; rows with any are dropped; or an input's mean stands there,
        and rows without a target are dropped.
    scale : bool
        Whether to subtract an input's mean and divide by its standard deviation, as gradient
        methods like it; an input that is always the same becomes 0.
    leave_out : iterable of str
        Columns that are not used, such as a name or a number of the row. A warning names columns
        of which that is likely.
    test : int, from 1 to n - 1, optional
        How many rows to keep for a test: they are drawn at random, and have no part in the means
        and the standard deviations.
    seed : int, >= 0
        Seed of that draw.
    delimiter : str
        What stands between the cells of a file's line: "," or, in much of Europe, ";".
    decimal : "." or ","
        What stands before the decimals of a number in a file: in much of Europe, ",".

    Returns
    -------
    Dataset, RegressionData, or Split of two of them
        Two with ``test``. Each has a ``reading``: its ``names`` of the inputs, its ``classes``, and
        ``reading.inputs(rows)``, which treats new rows alike.

    Raises
    ------
    TypeError, ValueError
        An argument is invalid, or something in the table must be decided by you: the message names
        the column and the ways out.
    OSError
        The file cannot be read.

    Warns
    -----
    UserWarning
        An input of 20 rows or more is another whole number in each: it may number the rows.

    Examples
    --------
    >>> from minioptim import Adam, minimize
    >>> from minioptim.losses import SoftmaxRegression
    >>> fruit = {
    ...     "grams": [150, 170, 120, 9, 11, 10, 140, 12],
    ...     "colour": ["red", "green", "red", "red", "red", "green", "green", "red"],
    ...     "fruit": ["apple"] * 3 + ["grape"] * 3 + ["apple", "grape"],
    ... }
    >>> train, test = table(fruit, target="fruit", words="columns", scale=True, test=2)
    >>> train.reading.names, train.reading.classes
    (('grams', 'colour=green', 'colour=red'), ('apple', 'grape'))
    >>> model = SoftmaxRegression(train)
    >>> x = minimize(model, Adam(lr=0.1), steps=200).final
    >>> float(model.accuracy(x, test)), model.probabilities(x, test.inputs).shape
    (1.0, (2, 2))
    >>> new = train.reading.inputs({"grams": [160, 8], "colour": ["green", "green"]})
    >>> train.reading.named(model.predict(x, new)).tolist()
    ['apple', 'grape']

    From a file it is ``table("fruit.csv", target="fruit", ...)``, and a number is predicted by
    `minioptim.losses.LeastSquares`:

    >>> table(fruit, target="grams", classes=False, words="columns")
    RegressionData(8 examples, 4 inputs)
    """
    _check_options(classes, words, gaps, scale)
    read = cells(columns, delimiter, decimal)
    read.column(target)
    left = _left_out(leave_out, read, target)
    inputs = [name for name in read.columns if name != target and name not in left]
    chosen = _columns(read, inputs, words)
    if not chosen:
        raise ValueError(f"no column is left for the inputs; the columns are {list(read.columns)}")
    raw = raw_inputs(read, chosen)
    _warn_of_row_numbers(read, [column.name for column in chosen if not column.words])
    kinds = _classes(read, target, classes)
    none = np.zeros(raw.shape[1])
    plain = Reading(chosen, target, kinds, gaps, none, none, none + 1, delimiter, decimal)
    answers, unknown = plain.answers(read)
    kept = _kept(raw, unknown, plain, read)
    raw, answers = raw[kept], answers[kept]
    train, tested = (
        (np.arange(len(raw)), None) if test is None else split_order(len(raw), test, seed)
    )
    reading = _learned(plain, raw[train], scale)
    data = _data(reading.made(raw), answers, reading)
    return data if tested is None else Split(data.part(train), data.part(tested))


def table_like(columns: Any, data: Examples) -> Any:
    """Return another table as data, read as the first one was: a test set in a file of its own.

    Parameters
    ----------
    columns : str or path, or mapping of name to sequence
        As for `table`; it has the same target, and other columns are ignored.
    data : Dataset or RegressionData
        What `table` returned for the rows to train on. Its words, classes, means and scales are
        used.

    Returns
    -------
    Dataset or RegressionData

    Raises
    ------
    TypeError, ValueError
        ``data`` does not come from `table`, or the table does not fit: a column is missing, or
        holds an unknown word, an unknown class, or gaps that are refused.
    OSError
        The file cannot be read.

    Examples
    --------
    >>> train = table({"cm": [1.0, 3.0], "kind": ["a", "b"]}, target="kind", scale=True)
    >>> test = table_like({"cm": [2.0], "kind": ["b"]}, train)
    >>> test.inputs.tolist(), test.labels.tolist()
    ([[0.0]], [1])
    """
    reading = getattr(data, "reading", None)
    if not isinstance(reading, Reading):
        raise TypeError(f"data must be what table returned, got {data!r}")
    read = cells(columns, reading.delimiter, reading.decimal)
    raw = raw_inputs(read, reading.columns)
    answers, unknown = reading.answers(read)
    kept = _kept(raw, unknown, reading, read)
    return _data(reading.made(raw[kept]), answers[kept], reading)


def _warn_of_row_numbers(read: Cells, names: Iterable[Any]) -> None:
    """Warn of columns that hold another whole number in each row."""
    found = []
    for name in names:
        values = np.asarray(read.parsed(name).numbers)
        values = values[~np.isnan(values)]
        different = len(np.unique(values)) == len(values) >= MANY_ROWS
        if different and (values == values.round()).all():
            found.append(name)
    if found:
        warnings.warn(
            f"another whole number in each row: {found}. If they number the rows, "
            f"leave_out={found}",
            stacklevel=4,  # where `table` was called, beyond what checks its keywords
        )


def _check_options(classes: Any, words: Any, gaps: Any, scale: Any) -> None:
    if classes is not None and not isinstance(classes, (bool, np.bool_)):
        raise TypeError(f"classes must be True, False or None, got {classes!r}")
    for name, value, known in (("words", words, WORDS), ("gaps", gaps, GAPS)):
        if value not in known:
            raise ValueError(f"{name} must be one of {known}, got {value!r}")
    if not isinstance(scale, (bool, np.bool_)):
        raise TypeError(f"scale must be True or False, got {scale!r}")


def _left_out(leave_out: Iterable[Any], read: Cells, target: Any) -> set[Any]:
    if isinstance(leave_out, str) or not isinstance(leave_out, Iterable):
        raise TypeError(f"leave_out must be a list of names, got {leave_out!r}")
    left = list(leave_out)
    for name in left:
        read.column(name)
    if target in left:
        raise ValueError(f"leave_out must not name the target {target!r}")
    return set(left)


def _columns(read: Cells, names: list[Any], words: str) -> tuple[Column, ...]:
    """Return what the columns become, without those that are left out."""
    found = {name: _words(read, name) for name in names}
    of_words = {name: these for name, these in found.items() if these}
    meant = [hint for name, these in of_words.items() if (hint := read.meant(name, these))]
    if meant and words == "columns":
        raise ValueError(f"column {'; column '.join(meant)}")
    if words == "refuse" and of_words:
        listed = ", ".join(
            f"{name!r} ({len(these)}, such as {these[0]!r})" for name, these in of_words.items()
        )
        raise ValueError(
            f"there are columns of words: {listed}. words='columns' makes an input of each word, "
            f"words='leave out' leaves such columns out, and leave_out={list(of_words)} these"
            + "".join(f". Column {hint}" for hint in meant)
        )
    for name, these in of_words.items():
        if words == "columns" and len(these) > MOST_WORDS:
            raise ValueError(
                f"column {name!r} holds {len(these)} different words, too many for an input each "
                f"(at most {MOST_WORDS}): leave_out=[{name!r}], or put them into fewer groups"
            )
    return tuple(
        Column(name, these) for name, these in found.items() if words == "columns" or not these
    )


def _words(read: Cells, name: Any) -> tuple[str, ...]:
    """Return the different words of a column; () if it holds numbers."""
    return tuple(sorted({word for word in read.parsed(name).words or () if word is not None}))


def _classes(read: Cells, target: Any, classes: bool | None) -> tuple[Any, ...]:
    """Return the names of the classes; () if the target is a number."""
    parsed = read.parsed(target)
    names: list[Any]
    if parsed.words is not None:
        if classes is False:
            word = next(word for word in parsed.words if word is not None)
            raise ValueError(f"target {target!r} must hold numbers, got words such as {word!r}")
        names = list(_words(read, target))
        if meant := read.meant(target, names):
            raise ValueError(f"target {meant}")
    else:
        values = np.asarray(parsed.numbers)
        values = np.unique(values[~np.isnan(values)])
        whole = bool((values == values.round()).all())
        if classes is None and not parsed.bools:
            if whole and len(values) > 2:
                raise ValueError(
                    f"target {target!r} holds {len(values)} different whole numbers from "
                    f"{values[0]:g} to {values[-1]:g}: say classes=True if they name classes, or "
                    "classes=False if their size is to be predicted"
                )
            classes = whole and len(values) == 2
        if classes is False:
            return ()
        if not whole:
            raise ValueError(
                f"target {target!r} must hold words, bools or whole numbers for classes=True, got "
                f"{values[values != values.round()][0]:g}"
            )
        names = [bool(v) for v in values] if parsed.bools else [int(v) for v in values]
    if len(names) < 2:
        raise ValueError(f"target {target!r} must hold at least two classes, got {names}")
    return tuple(names)


def _kept(
    raw: Array, unknown: npt.NDArray[np.bool_], reading: Reading, read: Cells
) -> npt.NDArray[np.int64]:
    """Return the rows that are used, or say where the gaps are."""
    gaps = np.isnan(raw)
    whole = ~(gaps.any(axis=1) | unknown)
    if reading.gaps == "refuse" and not whole.all():
        of_input = [column.name for column in reading.columns for _ in column.words or (0,)]
        where = {reading.target: unknown}
        for name, here in zip(of_input, gaps.T, strict=True):
            where[name] = where.get(name, False) | here
        counts = {name: int(here.sum()) for name, here in where.items() if here.any()}
        first = int(np.argmin(whole))
        raise ValueError(
            f"there are gaps, the first in {read.place(first)}; by column {counts}: gaps='drop' "
            f"keeps the {whole.sum()} of {len(raw)} rows without, gaps='mean' fills inputs with "
            "their mean, and leave_out leaves columns out"
        )
    kept = np.flatnonzero(whole if reading.gaps == "drop" else ~unknown)
    if not kept.size:
        raise ValueError(f"gaps={reading.gaps!r} leaves no row: each has a gap; use leave_out")
    return kept


def _learned(plain: Reading, raw: Array, scale: bool) -> Reading:
    """Return the reading with the means and scales of the rows to train on."""
    known = ~np.isnan(raw)
    if not known.any(axis=0).all():
        name = plain.names[int(np.argmin(known.any(axis=0)))]
        raise ValueError(f"{name!r} holds nothing but gaps in the rows to train on: leave it out")
    fill = np.where(known, raw, 0).sum(axis=0) / known.sum(axis=0)
    shift, spread = np.zeros_like(fill), np.ones_like(fill)
    if scale:
        filled = np.where(known, raw, fill)
        shift = filled.mean(axis=0)
        varies = filled.max(axis=0) > filled.min(axis=0)  # a deviation of rounding alone is none
        shift = np.where(varies, shift, filled[0])
        spread = np.where(varies, filled.std(axis=0), 1.0)
    return replace(plain, fill=fill, shift=shift, scale=spread)


def _data(inputs: Array, answers: Any, reading: Reading) -> Dataset | RegressionData:
    if reading.classes:
        return Dataset(inputs, answers, len(reading.classes), reading)
    return RegressionData(inputs, answers, reading)
