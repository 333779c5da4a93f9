"""The data sets: what they hold, and what happens when a download goes wrong."""

import hashlib
import io
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.datasets import load_digits

from minioptim.datasets import Dataset, bag_of_words, digits, imdb, mnist, mnist_sample, sources

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
        (lambda: imdb(vocabulary=0), ValueError, "vocabulary must be at least 1, got 0"),
        (lambda: mnist(path=3), TypeError, "path must be a folder's path, got 3"),
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


# --- Data that is downloaded ----------------------------------------------------------------
# The files here are small ones of the real ones' layout, from a server on this machine.


def file_of(**arrays):
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


IMAGES = np.arange(3 * 28 * 28, dtype=np.uint8).reshape(3, 28, 28)
MNIST_FILE = file_of(
    x_train=IMAGES,
    y_train=np.array([5, 0, 9], dtype=np.uint8),
    x_test=IMAGES[:2],
    y_test=np.array([7, 2], dtype=np.uint8),
)


def reviews(*ranks):
    array = np.empty(len(ranks), dtype=object)
    array[:] = ranks
    return array


IMDB_FILE = file_of(
    x_train=reviews([1, 2, 1, 5], [4, 4, 900], []),
    y_train=np.array([1, 0, 1]),
    x_test=reviews([3], [6, 1]),
    y_test=np.array([0, 1]),
)


class Server:
    """Serves files by name; those named in `cut` end in the middle."""

    def __init__(self):
        self.files, self.cut, self.asked = {}, set(), []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                name = self.path.lstrip("/")
                outer.asked.append(name)
                if name not in outer.files:
                    self.send_error(404)
                    return
                content = outer.files[name]
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content[: len(content) // 2] if name in outer.cut else content)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def server(monkeypatch):
    """Put a local server in the place of the real one, with small files of the same names."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = Server()
    for constant, content in (("MNIST", MNIST_FILE), ("IMDB", IMDB_FILE)):
        source = getattr(sources, constant)
        server.files[source.name] = content
        small = source._replace(
            url=server.url + source.name, sha256=hashlib.sha256(content).hexdigest()
        )
        monkeypatch.setattr(sources, constant, small)
    yield server
    server.close()


def test_the_real_sources_are_the_files_that_keras_publishes():
    folder = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
    for source in (sources.MNIST, sources.IMDB):
        assert source.url == folder + source.name
        assert len(bytes.fromhex(source.sha256)) == 32


def test_mnist_is_downloaded_once_and_scaled(server, tmp_path):
    for _ in range(2):
        train, test = mnist(tmp_path / "new folder")
        np.testing.assert_array_equal(train.inputs, IMAGES.reshape(3, 784) / 255)
        np.testing.assert_array_equal(train.labels, [5, 0, 9])
        np.testing.assert_array_equal(test.inputs, IMAGES[:2].reshape(2, 784) / 255)
        np.testing.assert_array_equal(test.labels, [7, 2])
        assert train.classes == test.classes == 10
    assert server.asked == ["mnist.npz"]
    assert [file.name for file in (tmp_path / "new folder").iterdir()] == ["mnist.npz"]


def test_imdb_counts_the_most_frequent_words_alone(server, tmp_path):
    train, test = imdb(vocabulary=5, path=str(tmp_path))
    assert train.inputs.toarray().tolist() == [[2, 1, 0, 0, 1], [0, 0, 0, 2, 0], [0] * 5]
    assert test.inputs.toarray().tolist() == [[0, 0, 1, 0, 0], [1, 0, 0, 0, 0]]
    assert isinstance(train.inputs, sparse.csr_array)
    assert train.labels.tolist() == [1, 0, 1]
    assert test.labels.tolist() == [0, 1]
    assert imdb(path=tmp_path).train.inputs.shape == (3, 10_000)
    assert server.asked == ["imdb.npz"]


def test_without_a_path_the_users_cache_folder_is_used(server, tmp_path, monkeypatch):
    import pooch

    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / project)
    mnist()
    assert (tmp_path / "minioptim" / "mnist.npz").read_bytes() == MNIST_FILE
    assert server.asked == ["mnist.npz"]


def test_a_download_cut_short_is_an_error_and_leaves_nothing(server, tmp_path):
    server.cut.add("mnist.npz")
    with pytest.raises((ConnectionError, ValueError), match=r"mnist\.npz.*by hand and put it into"):
        mnist(tmp_path)
    assert list(tmp_path.iterdir()) == []
    server.cut.clear()
    assert len(mnist(tmp_path).train) == 3


def test_a_file_with_other_content_is_never_opened_nor_kept(server, tmp_path, monkeypatch):
    server.files["imdb.npz"] = MNIST_FILE
    monkeypatch.setattr(np, "load", lambda *_, **__: pytest.fail("the file was opened"))
    with pytest.raises(ValueError, match=r"not imdb\.npz: its SHA-256 is not .* by hand"):
        imdb(path=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_spoilt_file_in_the_folder_is_replaced(server, tmp_path):
    (tmp_path / "mnist.npz").write_bytes(MNIST_FILE[:100])
    assert len(mnist(tmp_path).train) == 3
    assert (tmp_path / "mnist.npz").read_bytes() == MNIST_FILE
    assert server.asked == ["mnist.npz"]


def test_a_missing_file_or_server_is_an_error_with_advice(server, tmp_path):
    del server.files["mnist.npz"]
    with pytest.raises(ConnectionError, match=r"not download mnist\.npz: 404 .* put it into '"):
        mnist(tmp_path)
    server.close()
    with pytest.raises(ConnectionError, match=r"not download imdb\.npz: .* put it into '"):
        imdb(path=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_put_there_by_hand_needs_no_server(server, tmp_path):
    (tmp_path / "imdb.npz").write_bytes(IMDB_FILE)
    assert len(imdb(path=tmp_path).test) == 2
    assert server.asked == []


def test_a_path_that_is_a_file_is_refused(server, tmp_path):
    file = tmp_path / "mnist.npz"
    file.write_bytes(MNIST_FILE)
    with pytest.raises(NotADirectoryError, match=r"path must be a folder, got the file"):
        mnist(file)
    assert server.asked == []


@pytest.mark.parametrize(
    ("call", "package"), [(bag_of_words, "scipy"), (mnist, "pooch"), (imdb, "pooch")]
)
def test_without_the_extra_the_error_says_how_to_install_it(monkeypatch, call, package):
    for name in ("scipy", "scipy.sparse", "pooch"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=rf"{package}: pip install minioptim\[data\]"):
        call()
    assert len(digits().train) == 1437  # needs neither
