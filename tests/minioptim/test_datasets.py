"""The data sets: what they hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.datasets import load_digits

from minioptim.datasets import Dataset, bag_of_words, digits, mnist_sample

INPUTS = np.arange(12.0).reshape(6, 2)
LABELS = [0, 1, 2, 0, 1, 2]


# --- Dataset --------------------------------------------------------------------------------


def test_inputs_and_labels_are_kept_in_one_type():
    for inputs in (INPUTS, INPUTS.astype(np.uint8), INPUTS.tolist(), np.asfortranarray(INPUTS)):
        data = Dataset(inputs, np.array(LABELS, dtype=np.uint8), classes=3)
        np.testing.assert_array_equal(data.inputs, INPUTS)
        assert data.inputs.dtype == np.float64
        assert data.inputs.flags.c_contiguous
        assert data.labels.dtype == np.int64
    for make in (sparse.csr_array, sparse.coo_array, sparse.csc_matrix):
        data = Dataset(make(INPUTS.astype(int)), LABELS, classes=3)
        assert isinstance(data.inputs, sparse.csr_array)
        assert data.inputs.dtype == np.float64
        np.testing.assert_array_equal(data.inputs.toarray(), INPUTS)


def test_a_data_set_is_read_only_and_copies_what_it_was_given():
    inputs, labels = INPUTS.copy(), np.array(LABELS)
    data = Dataset(inputs, labels, classes=3)
    for array in (data.inputs, data.labels):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 7
    inputs[0], labels[0] = 7, 7


@given(test=st.integers(1, 5), seed=st.integers(0, 100))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_a_split_gives_every_example_to_one_side_with_its_label(test, seed):
    for inputs in (INPUTS, sparse.csr_array(INPUTS)):
        parts = Dataset(inputs, LABELS, classes=3).split(test, seed)
        assert (len(parts.train), len(parts.test)) == (6 - test, test)
        rows = [np.asarray(sparse.csr_array(part.inputs).toarray()) for part in parts]
        together = np.concatenate(rows)
        order = (together[:, 0] / 2).astype(int)
        assert sorted(order) == list(range(6))
        np.testing.assert_array_equal(together, INPUTS[order])
        labels = np.concatenate([part.labels for part in parts])
        np.testing.assert_array_equal(labels, np.array(LABELS)[order])


def test_a_split_depends_on_its_seed_alone():
    data = Dataset(np.arange(100.0)[:, None], [0] * 100, classes=2)
    first = data.split(30, seed=1).test.inputs
    np.testing.assert_array_equal(data.split(30, seed=1).test.inputs, first)
    assert not np.array_equal(data.split(30, seed=2).test.inputs, first)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Dataset(np.empty((0, 2)), [], 2), ValueError, r"n, p >= 1, got \(0, 2\)"),
        (lambda: Dataset(np.empty((2, 0)), [0, 1], 2), ValueError, r"n, p >= 1, got \(2, 0\)"),
        (lambda: Dataset([1.0, 2.0], [0, 1], 2), ValueError, r"shape \(n, p\) .* got \(2,\)"),
        (lambda: Dataset([[1.0], [2.0, 3.0]], [0, 1], 2), ValueError, "rows of several lengths"),
        (lambda: Dataset([["a"]], [0], 2), TypeError, "inputs must be real numbers"),
        (lambda: Dataset([[1j]], [0], 2), TypeError, "inputs must be real .* complex128"),
        (lambda: Dataset([[np.nan, np.inf]], [0], 2), ValueError, "finite, got nan and 1 more"),
        (
            lambda: Dataset(sparse.csr_array([[1.0, np.inf]]), [0], 2),
            ValueError,
            "inputs must be finite, got inf",
        ),
        (lambda: Dataset(sparse.coo_array([1.0]), [0], 2), ValueError, r"\(n, p\) .* got \(1,\)"),
        (lambda: Dataset(sparse.csr_array([[1j]]), [0], 2), TypeError, "inputs must be real"),
        (lambda: Dataset(INPUTS, [0, 1], 3), ValueError, r"labels must have shape \(6,\).*\(2,\)"),
        (lambda: Dataset(INPUTS, [0.0] * 6, 3), TypeError, "labels must be whole .* float64"),
        (lambda: Dataset(INPUTS, [True] * 6, 3), TypeError, "labels must be whole .* bool"),
        (lambda: Dataset(INPUTS, LABELS, 2), ValueError, "0, ..., 1 for 2 classes, got 2"),
        (lambda: Dataset(INPUTS, [-1] * 6, 2), ValueError, "for 2 classes, got -1"),
        (lambda: Dataset(INPUTS, [0] * 6, 1), ValueError, "classes must be at least 2, got 1"),
        (lambda: Dataset(INPUTS, LABELS, 3.0), TypeError, "classes must be a whole number"),
        (lambda: Dataset(INPUTS, LABELS, 3).split(6), ValueError, "some of the 6 .* got 6"),
        (lambda: Dataset(INPUTS, LABELS, 3).split(0), ValueError, "test must be at least 1"),
        (lambda: Dataset(INPUTS, LABELS, 3).split(0.2), TypeError, "test must be .* got 0.2"),
        (lambda: Dataset(INPUTS, LABELS, 3).split(1, seed=-1), ValueError, "seed must be at lea"),
        (lambda: bag_of_words(n=0), ValueError, "n must be at least 1, got 0"),
        (lambda: bag_of_words(vocabulary=2.5), TypeError, "vocabulary must be a whole number"),
        (lambda: bag_of_words(length=True), TypeError, "length must be a whole number, got True"),
        (lambda: bag_of_words(strength=1.5), ValueError, r"strength .* \[0, 1\], got 1.5"),
        (lambda: bag_of_words(exponent=np.nan), ValueError, "exponent must be .* got nan"),
        (lambda: bag_of_words(vocabulary=1, strength=1), ValueError, "leave each class a word"),
    ],
)
def test_bad_arguments_are_named_with_their_value(call, error, message):
    with pytest.raises(error, match=message):
        call()


# --- Data that needs no download ------------------------------------------------------------


def test_the_sample_of_mnist_is_of_mnist_s_size_and_kind():
    train, test = mnist_sample()
    assert (len(train), len(test), train.classes) == (5000, 1000, 10)
    both = np.concatenate([train.inputs, test.inputs])
    grey = both * 255
    assert (both.min(), both.max()) == (0, 1)
    np.testing.assert_array_equal(grey, grey.round())
    assert len(np.unique(both, axis=0)) == 6000
    # MNIST's test images have a mean of 0.1325 and a standard deviation of 0.3105.
    assert abs(both.mean() - 0.1325) < 0.001
    assert abs(both.std() - 0.3105) < 0.001
    # Of its 10,000 test digits 980 are zeros, 1,135 ones, and so on.
    there = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    here = np.bincount(np.concatenate([train.labels, test.labels]))
    assert np.all(np.abs(here - 0.6 * np.array(there)) < 45)


def test_the_digits_are_those_of_scikit_learn():
    theirs = load_digits()
    whole = Dataset(theirs.data / 16, theirs.target, classes=10)
    for ours, expected in zip(digits(), whole.split(test=360, seed=0), strict=True):
        np.testing.assert_array_equal(ours.inputs, expected.inputs)
        np.testing.assert_array_equal(ours.labels, expected.labels)
    train, test = digits()
    assert (len(train), len(test)) == (1437, 360)
    assert (train.inputs.min(), train.inputs.max()) == (0, 1)
    assert set(test.labels) == set(range(10))


def test_each_document_has_the_length_asked_for_in_whole_counts():
    data = bag_of_words(n=300, vocabulary=50, length=30)
    assert isinstance(data.inputs, sparse.csr_array)
    assert data.inputs.has_canonical_format
    np.testing.assert_array_equal(data.inputs.sum(axis=1), 30)
    np.testing.assert_array_equal(data.inputs.data % 1, 0)
    assert abs(data.labels.mean() - 0.5) < 0.1


@pytest.mark.parametrize("exponent", [0.0, 1.0, 1.5])
def test_word_frequencies_fall_with_the_rank_by_zipfs_law(exponent):
    data = bag_of_words(n=2000, vocabulary=100, length=100, exponent=exponent, strength=0.1)
    ranks = np.arange(1, 101)
    counts = data.inputs.sum(axis=0)
    slope, _ = np.polyfit(np.log(ranks), np.log(counts), deg=1)
    assert slope == pytest.approx(-exponent, abs=0.05)


def test_a_few_words_carry_the_class_and_the_others_do_not():
    data = bag_of_words(n=20_000, vocabulary=200, length=40, telling=6, strength=0.6)
    of_0, of_1 = (data.inputs[data.labels == label].sum(axis=0) for label in (0, 1))
    log_ratio = np.log(of_1 / of_1.sum()) - np.log(of_0 / of_0.sum())
    standard_error = np.sqrt(1 / of_0 + 1 / of_1)
    telling = np.abs(log_ratio) > 0.7
    assert telling.sum() == 6
    assert telling[[9, 199]].all()
    expected = np.log(1.6 / 0.4)  # how much likelier in one class than in the other
    np.testing.assert_allclose(np.abs(log_ratio[telling]), expected, atol=0.25)
    assert (np.sign(log_ratio[telling]) == [1, -1] * 3).all()
    assert (np.abs(log_ratio[~telling]) < 5 * standard_error[~telling] + 0.05).all()


def test_documents_depend_on_their_seed_alone():
    first, again, other = (bag_of_words(50, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.inputs.toarray(), again.inputs.toarray())
    np.testing.assert_array_equal(first.labels, again.labels)
    assert (first.inputs != other.inputs).nnz > 0


def test_small_vocabularies_and_none_telling_work_too():
    assert bag_of_words(5, vocabulary=1, length=3).inputs.toarray().tolist() == [[3]] * 5
    assert bag_of_words(5, vocabulary=4, length=3, telling=0).inputs.shape == (5, 4)
