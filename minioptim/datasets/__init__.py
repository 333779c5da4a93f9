"""Labelled examples to learn from: real digits, synthetic documents, and the papers' own data.

`digits` and `mnist_sample` come with the package. `bag_of_words` makes sparse documents of any
size. `mnist`, `mnist_5k`, `fashion_mnist`, `imdb` and `film_sentences` are downloaded once, known
by their SHA-256, and kept in a cache folder, or are read from the folder that you name. `table`
reads your own: a CSV file, or columns such as a pandas data frame. A data set knows nothing of
models. What comes with the package needs only NumPy, and so do tables; the others need the extra
``data``.
"""

from minioptim.datasets.base import (
    Answers,
    Dataset,
    Examples,
    Inputs,
    Labels,
    RegressionData,
    Split,
    as_inputs,
)
from minioptim.datasets.published import fashion_mnist, film_sentences, imdb, mnist, mnist_5k
from minioptim.datasets.reading import Reading
from minioptim.datasets.sources import bag_of_words, digits, mnist_sample
from minioptim.datasets.tabular import table, table_like

__all__ = [
    "Answers",
    "Dataset",
    "Examples",
    "Inputs",
    "Labels",
    "Reading",
    "RegressionData",
    "Split",
    "as_inputs",
    "bag_of_words",
    "digits",
    "fashion_mnist",
    "film_sentences",
    "imdb",
    "mnist",
    "mnist_5k",
    "mnist_sample",
    "table",
    "table_like",
]
