"""Data sets: real digits, synthetic documents, and the papers' own data."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

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


def mnist(path: str | os.PathLike[str] | None = None) -> Split[Dataset]:
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


def imdb(vocabulary: int = 10_000, path: str | os.PathLike[str] | None = None) -> Split[Dataset]:
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


def _flattened(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return images.reshape(len(images), -1)


def _counts(documents: Sequence[Any] | npt.NDArray[np.int64], vocabulary: int) -> Inputs:
    """Return how often each word occurs in each document, leaving out words >= ``vocabulary``."""
    sparse = needed("scipy.sparse")
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
    pooch = needed("pooch")
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
    except needed("requests").RequestException as error:  # pooch uses it to download
        raise ConnectionError(f"could not download {source.name}: {error}. {by_hand}") from error
    except ValueError as error:
        raise ValueError(
            f"the download is not {source.name}: its SHA-256 is not {source.sha256}. "
            f"The download may have been cut short. {by_hand}"
        ) from error
    return target / source.name
