"""Examples to learn from, with a class or a number for each."""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, Self, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from minioptim._arguments import Array, numbers, read_only, whole
from minioptim._keywords import InOurWords
from minioptim.datasets.reading import Reading

Inputs: TypeAlias = Any
"""The inputs of examples: an array of float64, or a ``scipy.sparse.csr_array`` of them."""
Labels: TypeAlias = npt.NDArray[np.int64]
"""The classes of examples: an array of int64."""
Answers: TypeAlias = Any
"""What examples are to be answered with: labels, or targets, an array of float64."""

RECODED = "recode them with names, labels = np.unique(labels, return_inverse=True)"

Kind = TypeVar("Kind", bound="Examples")


class Examples(InOurWords, ABC):
    """What all examples are: rows of inputs, each with its answer, that can be split.

    Attributes
    ----------
    inputs : array or scipy.sparse.csr_array of shape (n, p)
        One example per row.
    reading : Reading or None
        How a table was read, if they come from one: see `table`.
    """

    inputs: Inputs
    reading: Reading | None

    @property
    @abstractmethod
    def answers(self) -> Answers:
        """What is to be predicted for each example, shape (n,)."""

    def __len__(self) -> int:
        return int(self.inputs.shape[0])

    @abstractmethod
    def part(self, indices: npt.NDArray[np.int64]) -> Self:
        """Return some of the examples, in the order of their indices."""

    def split(self, test: int, seed: int = 0) -> Split[Self]:
        """Return two disjoint data sets, drawn at random without regard to the labels.

        Parameters
        ----------
        test : int, from 1 to n - 1
            How many examples go to the second set; the others go to the first.
        seed : int, >= 0
            Seed of the permutation, whose first ``test`` entries go to the test set.

        Raises
        ------
        TypeError, ValueError
            ``test`` or ``seed`` is not a whole number in its range.
        """
        train, tested = split_order(len(self), test, seed)
        return Split(self.part(train), self.part(tested))


@dataclass(frozen=True, eq=False, repr=False)
class Dataset(Examples):
    """Examples with their classes.

    Parameters
    ----------
    inputs : array-like or scipy.sparse array of shape (n, p)
        One example per row, in finite numbers. Stored as float64, or as a ``csr_array`` if sparse.
        An array that already has this type is not copied, because data may be large.
    labels : array-like of int, shape (n,)
        The class of each example, in 0, ..., classes - 1.
    classes : int, >= 2
        The number of classes, k.
    reading : Reading, optional
        How the table was read that they come from; `table` gives it.

    Raises
    ------
    TypeError, ValueError
        There are no examples, the shapes do not fit, the inputs hold a NaN or an infinity, or the
        labels are not whole numbers from 0 to classes - 1.

    Examples
    --------
    >>> data = Dataset([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], labels=[0, 1, 1], classes=2)
    >>> data
    Dataset(3 examples, 2 inputs, 2 classes)
    >>> data.split(test=1)
    Split(train=Dataset(2 examples, 2 inputs, 2 classes), test=Dataset(1 examples, 2 inputs, 2 classes))
    """  # noqa: E501

    inputs: Inputs
    labels: Labels
    classes: int
    reading: Reading | None = None

    def __post_init__(self) -> None:
        inputs = as_inputs(self.inputs)
        classes = whole("classes", self.classes, at_least=2)
        labels = _as_labels(self.labels, n=inputs.shape[0], classes=classes)
        object.__setattr__(self, "inputs", inputs)
        object.__setattr__(self, "labels", labels)
        object.__setattr__(self, "classes", classes)

    def __repr__(self) -> str:
        n, p = self.inputs.shape
        return f"Dataset({n} examples, {p} inputs, {self.classes} classes)"

    @property
    def answers(self) -> Labels:
        """The labels."""
        return self.labels

    def part(self, indices: npt.NDArray[np.int64]) -> Dataset:
        """Return some of the examples, in the order of their indices."""
        return Dataset(self.inputs[indices], self.labels[indices], self.classes, self.reading)


@dataclass(frozen=True, eq=False, repr=False)
class RegressionData(Examples):
    """Examples with the number to predict for each.

    Parameters
    ----------
    inputs : array-like or scipy.sparse array of shape (n, p)
        One example per row, as for `Dataset`.
    targets : array-like of shape (n,)
        The finite number that belongs to each example. Copied as float64.
    reading : Reading, optional
        How the table was read that they come from; `table` gives it.

    Raises
    ------
    TypeError, ValueError
        There are no examples, the shapes do not fit, or a number is a NaN or an infinity.

    Examples
    --------
    >>> data = RegressionData([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], targets=[0.5, 2.0, 2.5])
    >>> data
    RegressionData(3 examples, 2 inputs)
    """

    inputs: Inputs
    targets: Array
    reading: Reading | None = None

    def __post_init__(self) -> None:
        inputs = as_inputs(self.inputs)
        targets = numbers("targets", self.targets)
        n = inputs.shape[0]
        if targets.shape != (n,):
            raise ValueError(
                f"targets must have shape ({n},), one for each input, got {targets.shape}"
            )
        if not np.isfinite(targets).all():
            wrong = targets[~np.isfinite(targets)]
            raise ValueError(
                f"targets must be finite, got {wrong[0]} and {len(wrong) - 1} more such"
            )
        object.__setattr__(self, "inputs", inputs)
        object.__setattr__(self, "targets", read_only(targets.copy()))

    def __repr__(self) -> str:
        n, p = self.inputs.shape
        return f"RegressionData({n} examples, {p} inputs)"

    @property
    def answers(self) -> Array:
        """The targets."""
        return self.targets

    def part(self, indices: npt.NDArray[np.int64]) -> RegressionData:
        """Return some of the examples, in the order of their indices."""
        return RegressionData(self.inputs[indices], self.targets[indices], self.reading)


class Split(NamedTuple, Generic[Kind]):
    """A data set to train on and one to test on.

    >>> from minioptim.datasets import digits
    >>> train, test = digits()
    >>> len(train), len(test)
    (1437, 360)
    """

    train: Kind
    test: Kind


def split_order(
    n: int, test: int, seed: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return which of n examples are to train on, and which to test on, drawn at random.

    Raises
    ------
    TypeError, ValueError
        ``test`` or ``seed`` is not a whole number in its range.

    Examples
    --------
    >>> train, test = split_order(5, test=2, seed=0)
    >>> len(train), len(test)
    (3, 2)
    """
    if isinstance(test, (float, np.floating)) and 0 < test < 1:
        raise TypeError(
            f"test must be a whole number of examples, got {test}: a share of {test} of the {n} "
            f"is test={round(n * test)}"
        )
    test = whole("test", test, at_least=1)
    if test >= n:
        raise ValueError(f"test must leave some of the {n} examples for training, got {test}")
    order = np.random.default_rng(whole("seed", seed, at_least=0)).permutation(n)
    return order[test:], order[:test]


def as_inputs(values: Any) -> Inputs:
    """Return examples as a float64 array or ``csr_array`` of shape (n, p), copied only if needed.

    Raises
    ------
    TypeError, ValueError
        The values are not finite real numbers, there are no examples, or the shape is wrong.
    """
    inputs: Inputs
    if hasattr(values, "tocsr"):
        _check_real("inputs", values.dtype)
        if values.ndim == 2:
            inputs = needed("scipy.sparse").csr_array(values, dtype=np.float64)
            entries = inputs.data
        else:
            inputs, entries = values, values.data
    else:
        try:
            array = np.asarray(values)
        except ValueError as error:
            raise ValueError(
                "inputs must have shape (n, p), got rows of several lengths"
            ) from error
        _check_real("inputs", array.dtype)
        inputs = entries = np.ascontiguousarray(array, dtype=np.float64).view()
        inputs.setflags(write=False)
    if inputs.ndim != 2 or 0 in inputs.shape:
        raise ValueError(f"inputs must have shape (n, p) with n, p >= 1, got {inputs.shape}")
    if not np.isfinite(entries).all():
        wrong = entries[~np.isfinite(entries)]
        raise ValueError(f"inputs must be finite, got {wrong[0]} and {len(wrong) - 1} more such")
    return inputs


def _as_labels(values: Any, n: int, classes: int) -> Labels:
    try:
        labels = np.asarray(values)
    except ValueError as error:
        raise ValueError(f"labels must have shape ({n},), got {values!r}") from error
    if labels.dtype.kind not in "iu":
        raise TypeError(
            f"labels must be whole numbers, got an array of type {labels.dtype}: {RECODED}"
        )
    if labels.shape != (n,):
        raise ValueError(f"labels must have shape ({n},), one for each input, got {labels.shape}")
    wrong = labels[(labels < 0) | (labels >= classes)]
    if wrong.size:
        raise ValueError(
            f"labels must lie in 0, ..., {classes - 1} for {classes} classes, got {wrong[0]}. "
            f"To number them from 0, {RECODED}"
        )
    labels = labels.astype(np.int64)
    labels.setflags(write=False)
    return labels


def _check_real(name: str, dtype: np.dtype[Any]) -> None:
    if dtype.kind not in "iuf":
        way_out = (
            " (datasets.table reads columns of words, bools and gaps)"
            if dtype.kind in "bOUS"
            else ""
        )
        raise TypeError(f"{name} must be real numbers, got an array of type {dtype}{way_out}")


def needed(module: str) -> Any:
    """Import a module of the extra ``data``, or say how to install it.

    Raises
    ------
    ImportError
        It is not installed.

    Examples
    --------
    >>> needed("math").pi > 3
    True
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise ImportError(f"this needs {package}: pip install minioptim[data]") from error
