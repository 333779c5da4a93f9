"""Data sets that need no download: real digits, and synthetic documents."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt

from minioptim._arguments import whole, within
from minioptim.datasets.base import Dataset, Inputs, Split, needed


def digits() -> Split[Dataset]:
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


def mnist_sample() -> Split[Dataset]:
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
    return Dataset(flattened(images) / largest, labels, classes=10)


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
    return Dataset(word_counts(words, vocabulary), labels, classes=2)


def flattened(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return each image as a row, of its pixels row by row.

    Raises
    ------
    ValueError
        There is no image.

    Examples
    --------
    >>> flattened(np.zeros((5, 28, 28), dtype=np.uint8)).shape
    (5, 784)
    """
    return images.reshape(len(images), -1)


def word_counts(documents: Sequence[Any] | npt.NDArray[np.int64], vocabulary: int) -> Inputs:
    """Return how often each word occurs in each document, leaving out words >= ``vocabulary``.

    Raises
    ------
    ImportError
        SciPy is not installed.

    Examples
    --------
    >>> word_counts([[0, 1, 0], [5], []], vocabulary=3).toarray().tolist()
    [[2.0, 1.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    """
    sparse = needed("scipy.sparse")
    rows = np.repeat(np.arange(len(documents)), [len(words) for words in documents])
    words = np.concatenate([np.asarray(words, dtype=np.int64) for words in documents])
    known = words < vocabulary
    entries = (np.ones(known.sum()), (rows[known], words[known]))
    counts = sparse.csr_array(entries, shape=(len(documents), vocabulary))
    counts.sum_duplicates()
    return counts
