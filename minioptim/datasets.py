"""Labelled examples to learn from: real digits, synthetic documents, and the papers' own data.

`digits` and `mnist_sample` come with the package. `bag_of_words` makes sparse documents of any
size. `mnist` and `imdb` are downloaded once, checked against their SHA-256, and kept in a cache
folder. A data set knows nothing of models. What comes with the package needs only NumPy; the others
need the extra ``data``.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from minioptim._arguments import whole, within

Inputs: TypeAlias = Any  # an array of float64, or a scipy.sparse.csr_array of them
Labels: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
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

    def __len__(self) -> int:
        return int(self.inputs.shape[0])

    def split(self, test: int, seed: int = 0) -> Split:
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
        n = len(self)
        test = whole("test", test, at_least=1)
        if test >= n:
            raise ValueError(f"test must leave some of the {n} examples for training, got {test}")
        order = np.random.default_rng(whole("seed", seed, at_least=0)).permutation(n)
        return Split(self._part(order[test:]), self._part(order[:test]))

    def _part(self, indices: npt.NDArray[np.int64]) -> Dataset:
        return Dataset(self.inputs[indices], self.labels[indices], self.classes)


class Split(NamedTuple):
    """A data set to train on and one to test on.

    >>> train, test = digits()
    >>> len(train), len(test)
    (1437, 360)
    """

    train: Dataset
    test: Dataset


def digits() -> Split:
    """Return 1,797 handwritten digits as 8 x 8 grey values: 1,437 to train on, 360 to test on.

    Each input has 64 values in [0, 1], row by row: how many of 16 pixels were inked, divided by
    16. The split is ``split(test=360, seed=0)`` of the examples in the order of scikit-learn's
    ``load_digits``.

    References
    ----------
    Alpaydin and Kaynak (1998), Optical Recognition of Handwritten Digits, UCI Machine Learning
    Repository, https://doi.org/10.24432/C50P49, licence CC BY 4.0. These are its test examples,
    unchanged, as scikit-learn ships them.

    Examples
    --------
    >>> digits().train
    Dataset(1437 examples, 64 inputs, 10 classes)
    """
    return _embedded("digits.npz", largest=16).split(360, seed=0)


def mnist_sample() -> Split:
    """Return 6,000 of MNIST's handwritten digits: 5,000 to train on, 1,000 to test on.

    Each input holds the 28 x 28 grey values of an image, row by row, divided by 255: in [0, 1].
    They were drawn at random from MNIST's 10,000 test digits, so that an experiment on images of
    this size needs no download; error rates are not those of the whole data set. The split is
    ``split(test=1000, seed=0)``.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner (1998), Gradient-based learning applied to document
    recognition. The data are by LeCun, Cortes and Burges, licence CC BY-SA 3.0.

    Examples
    --------
    >>> mnist_sample().train
    Dataset(5000 examples, 784 inputs, 10 classes)
    """
    return _embedded("mnist_sample.npz", largest=255).split(1000, seed=0)


def _embedded(name: str, largest: int) -> Dataset:
    """Return a data set of digits that comes with the package, its grey values divided."""
    with (resources.files("minioptim") / "data" / name).open("rb") as file:
        arrays = np.load(file)
        images, labels = arrays["images"], arrays["labels"]
    return Dataset(_flattened(images) / largest, labels, classes=10)


def bag_of_words(
    n: int = 2000,
    vocabulary: int = 1000,
    length: int = 50,
    seed: int = 0,
    *,
    exponent: float = 1.0,
    telling: int = 20,
    strength: float = 0.5,
) -> Dataset:
    r"""Return synthetic documents of two classes as sparse counts of words.

    Words are drawn independently, with a frequency that falls with their rank r by Zipf's law. The
    two classes are equally likely and differ in the frequency of a few telling words:

    .. math:: P(r \mid c) \propto r^{-\mathrm{exponent}}\, (1 \pm \mathrm{strength})

    The telling words lie at ranks evenly spaced on a log scale, from 10 (or the first) to the
    last, and favour class 1 and class 0 in turn. Most of the words that tell the classes apart are
    therefore rare.

    Parameters
    ----------
    n : int, >= 1
        Number of documents.
    vocabulary : int, >= 1
        Number of words; column r - 1 counts the word of rank r.
    length : int, >= 1
        Words in each document, repetitions included: the sum of its row.
    seed : int, >= 0
        Seed of the random draws.
    exponent : float, >= 0
        How steeply frequencies fall; 1 is Zipf's own, 0 makes all words equally frequent.
    telling : int, >= 0
        How many telling words; fewer if some of the ranks coincide after rounding.
    strength : float in [0, 1]
        With 0 the classes do not differ; with 1 a telling word occurs in one class only.

    Returns
    -------
    Dataset
        With inputs of shape (n, vocabulary), a ``scipy.sparse.csr_array``.

    Raises
    ------
    TypeError, ValueError
        An argument has the wrong type or is out of range.
    ImportError
        SciPy is not installed.

    References
    ----------
    Zipf (1949), Human Behavior and the Principle of Least Effort, chapter 2.

    Examples
    --------
    >>> bag_of_words(n=500, vocabulary=200)
    Dataset(500 examples, 200 inputs, 2 classes)
    """
    n = whole("n", n, at_least=1)
    vocabulary = whole("vocabulary", vocabulary, at_least=1)
    length = whole("length", length, at_least=1)
    telling = whole("telling", telling, at_least=0)
    exponent = within("exponent", exponent, 0, np.inf)
    strength = within("strength", strength, 0, 1)
    rng = np.random.default_rng(whole("seed", seed, at_least=0))

    zipf = np.arange(1, vocabulary + 1, dtype=np.float64) ** -exponent
    ranks = np.unique(np.geomspace(min(10, vocabulary), vocabulary, telling).round()).astype(int)
    favour = np.zeros(vocabulary)
    favour[ranks - 1] = np.where(np.arange(len(ranks)) % 2 == 0, strength, -strength)

    labels = rng.integers(2, size=n)
    words = np.empty((n, length), dtype=np.int64)
    for label, sign in ((0, -1), (1, 1)):
        frequencies = zipf * (1 + sign * favour)
        if not frequencies.any():  # the only word occurs in the other class only
            raise ValueError(f"strength must leave each class a word, got {strength}")
        members = labels == label
        words[members] = rng.choice(
            vocabulary, size=(members.sum(), length), p=frequencies / frequencies.sum()
        )
    return Dataset(_counts(words, vocabulary), labels, classes=2)


class _Source(NamedTuple):
    """A file to download, and the hash that identifies it."""

    name: str
    url: str
    sha256: str


MNIST = _Source(
    "mnist.npz",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
    "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
)
IMDB = _Source(
    "imdb.npz",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/imdb.npz",
    "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f",
)


def mnist(path: str | os.PathLike[str] | None = None) -> Split:
    """Return MNIST: 60,000 handwritten digits to train on and 10,000 to test on.

    Each input holds the 28 x 28 grey values of an image, row by row, divided by 255: in [0, 1].
    The first call downloads the 11 MB file that Keras publishes.

    Parameters
    ----------
    path : str or path-like, optional
        The folder that holds ``mnist.npz``, or will; the user's cache folder by default.
        A file of this name with different content is replaced.

    Raises
    ------
    ConnectionError
        The file could not be downloaded. Nothing is left in the folder.
    ValueError
        The download is not the expected file. Nothing is left in the folder.
    ImportError
        pooch is not installed.
    TypeError, NotADirectoryError
        ``path`` is not a path, or not that of a folder.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner (1998), Gradient-based learning applied to document
    recognition.
    """
    with np.load(_fetch(MNIST, path), allow_pickle=False) as arrays:
        train, test = (
            Dataset(_flattened(arrays[f"x_{part}"]) / 255, arrays[f"y_{part}"], classes=10)
            for part in ("train", "test")
        )
    return Split(train, test)


def imdb(vocabulary: int = 10_000, path: str | os.PathLike[str] | None = None) -> Split:
    """Return film reviews as sparse counts of words: 25,000 to train on and 25,000 to test on.

    Class 1 is a favourable review. The first call downloads the 17 MB file that Keras publishes.

    Parameters
    ----------
    vocabulary : int, >= 1
        How many of the most frequent words to count; column r - 1 counts the word of rank r.
        Other words are left out. Kingma and Ba use 10,000.
    path : str or path-like, optional
        The folder that holds ``imdb.npz``, or will; the user's cache folder by default.
        A file of this name with different content is replaced.

    Raises
    ------
    ConnectionError, ValueError, ImportError, TypeError, NotADirectoryError
        As for `mnist`, or SciPy is missing, or ``vocabulary`` is not a whole number >= 1.

    References
    ----------
    Maas et al. (2011), Learning word vectors for sentiment analysis.
    """
    vocabulary = whole("vocabulary", vocabulary, at_least=1)
    # The reviews are stored as pickled lists, and a pickle can run any code: it is opened only
    # because the hash shows that it is the known file.
    with np.load(_fetch(IMDB, path), allow_pickle=True) as arrays:
        train, test = (
            # The file holds each word's rank, from 1. (Keras' loader then adds 3, to make room
            # for its markers of padding, start and words left out.)
            Dataset(
                _counts([np.asarray(review) - 1 for review in arrays[f"x_{part}"]], vocabulary),
                arrays[f"y_{part}"],
                classes=2,
            )
            for part in ("train", "test")
        )
    return Split(train, test)


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
            inputs = _needed("scipy.sparse").csr_array(values, dtype=np.float64)
            numbers = inputs.data
        else:
            inputs, numbers = values, values.data
    else:
        try:
            array = np.asarray(values)
        except ValueError as error:
            raise ValueError(
                "inputs must have shape (n, p), got rows of several lengths"
            ) from error
        _check_real("inputs", array.dtype)
        inputs = numbers = np.ascontiguousarray(array, dtype=np.float64).view()
        inputs.setflags(write=False)
    if inputs.ndim != 2 or 0 in inputs.shape:
        raise ValueError(f"inputs must have shape (n, p) with n, p >= 1, got {inputs.shape}")
    if not np.isfinite(numbers).all():
        wrong = numbers[~np.isfinite(numbers)]
        raise ValueError(f"inputs must be finite, got {wrong[0]} and {len(wrong) - 1} more such")
    return inputs


def _as_labels(values: Any, n: int, classes: int) -> Labels:
    try:
        labels = np.asarray(values)
    except ValueError as error:
        raise ValueError(f"labels must have shape ({n},), got {values!r}") from error
    if labels.dtype.kind not in "iu":
        raise TypeError(f"labels must be whole numbers, got an array of type {labels.dtype}")
    if labels.shape != (n,):
        raise ValueError(f"labels must have shape ({n},), one for each input, got {labels.shape}")
    wrong = labels[(labels < 0) | (labels >= classes)]
    if wrong.size:
        raise ValueError(
            f"labels must lie in 0, ..., {classes - 1} for {classes} classes, got {wrong[0]}"
        )
    labels = labels.astype(np.int64)
    labels.setflags(write=False)
    return labels


def _check_real(name: str, dtype: np.dtype[Any]) -> None:
    if dtype.kind not in "iuf":
        raise TypeError(f"{name} must be real numbers, got an array of type {dtype}")


def _flattened(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return images.reshape(len(images), -1)


def _counts(documents: Sequence[Any] | npt.NDArray[np.int64], vocabulary: int) -> Inputs:
    """Return how often each word occurs in each document, leaving out words >= ``vocabulary``."""
    sparse = _needed("scipy.sparse")
    rows = np.repeat(np.arange(len(documents)), [len(words) for words in documents])
    words = np.concatenate([np.asarray(words, dtype=np.int64) for words in documents])
    known = words < vocabulary
    entries = (np.ones(known.sum()), (rows[known], words[known]))
    counts = sparse.csr_array(entries, shape=(len(documents), vocabulary))
    counts.sum_duplicates()
    return counts


def _fetch(source: _Source, folder: str | os.PathLike[str] | None) -> Path:
    """Return the path of the source's file, downloaded if missing, after checking its hash.

    pooch downloads to a temporary file in the same folder and renames it once the hash is right,
    so a partial file never appears under the final name.
    """
    pooch = _needed("pooch")
    if folder is None:
        folder = pooch.os_cache("minioptim")
    if not isinstance(folder, (str, os.PathLike)):
        raise TypeError(f"path must be a folder's path, got {folder!r}")
    target = Path(folder).expanduser()
    if target.exists() and not target.is_dir():
        raise NotADirectoryError(f"path must be a folder, got the file {str(target)!r}")
    by_hand = f"Try again later, or download {source.url} by hand and put it into {str(target)!r}."
    try:
        pooch.retrieve(source.url, f"sha256:{source.sha256}", source.name, target)
    except _needed("requests").RequestException as error:  # pooch uses it to download
        raise ConnectionError(f"could not download {source.name}: {error}. {by_hand}") from error
    except ValueError as error:
        raise ValueError(
            f"the download is not {source.name}: its SHA-256 is not {source.sha256}. "
            f"The download may have been cut short. {by_hand}"
        ) from error
    return target / source.name


def _needed(module: str) -> Any:
    """Import a module of the extra ``data``, or say how to install it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise ImportError(f"this needs {package}: pip install minioptim[data]") from error
