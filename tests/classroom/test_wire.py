import base64
import json

import numpy as np
import pytest

from classroom.wire import DEEPEST, MOST_ENTRIES, MOST_KEYS, NotPlainError, decode, encode


def sent(value):
    return decode(json.loads(json.dumps(encode(value))))


@pytest.mark.parametrize(
    "value", [None, True, 3, 0.1, 1e-320, "ä", [1, [2.5]], (1, (2,), []), {"a": (1,), 2: None}]
)
def test_plain_data_arrive_as_they_were(value):
    assert sent(value) == value
    assert type(sent(value)) is type(value)


@pytest.mark.parametrize(
    "array",
    [np.arange(6.0).reshape(2, 3), np.array(1.5), np.zeros((0, 2)), np.array([True]), np.arange(3)],
)
def test_arrays_arrive_as_they_were(array):
    got = sent(array)
    np.testing.assert_array_equal(got, array)
    assert (got.dtype, got.shape) == (array.dtype, array.shape)


def test_a_pair_of_which_one_is_longer_arrives_as_a_list():
    pair = np.empty(2, dtype=object)
    pair[:] = [np.array([1.0, 2.0]), 3.0]
    first, second = sent(pair)
    assert (first.tolist(), second) == ([1.0, 2.0], 3.0)


def test_the_gradients_of_a_whole_run_arrive():
    assert sent(np.zeros((60, 3466))).shape == (60, 3466)


def test_not_a_number_and_infinity_arrive():
    got = sent(np.array([np.nan, np.inf]))
    assert np.isnan(got[0])
    assert got[1] == np.inf


class Liar(np.ndarray):
    def __array_function__(self, *_):
        return True

    def __eq__(self, other):
        return True

    __hash__ = None


def test_a_subclass_arrives_as_what_it_holds():
    got = sent(np.array([1.0]).view(Liar))
    assert type(got) is np.ndarray
    assert sent(type("Number", (float,), {"__eq__": lambda *_: True, "__hash__": None})(2.0)) == 2.0
    assert sent(np.float64(2.0)) == 2.0


def nested(depth):
    value = 0.0
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [
        print,
        object,
        np.zeros((MOST_ENTRIES, 2, 0)),
        dict.fromkeys(range(MOST_KEYS + 1)),
        1j,
        np.array([1j]),
        np.array(["a"]),
        {1, 2},
        2**70,
        nested(DEEPEST + 5),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_is_not_plain_is_refused(value):
    with pytest.raises(NotPlainError):
        encode(value)


def test_a_list_that_holds_itself_is_refused():
    loop = []
    loop.append(loop)
    with pytest.raises(NotPlainError):
        encode(loop)


def array(content=bytes(8), dtype="<f8", shape=(1,)):
    """A message; by default it is in order, and holds the number 0."""
    return {
        "array": base64.b64encode(content).decode(),
        "dtype": dtype,
        "shape": list(shape),
    }


def test_the_message_that_is_spoilt_below_is_in_order():
    assert decode(array()) == np.zeros(1)


@pytest.mark.parametrize(
    "message",
    [
        [1],
        {},
        {"pickle": "gASV"},
        {"list": 3},
        {"dict": [[{"list": []}, 1]]},
        {"dict": [1]},
        # Keys of one hash, of which each is compared with all before it.
        {"dict": [[k * (2**61 - 1), 0] for k in range(MOST_KEYS + 1)]},
        array(shape=[2]),
        array(bytes(7)),
        array(b"", shape=[0, 10**12]),
        array(b"", shape=[-1]),
        # No entries, but as nested lists it is a list of so many empty ones.
        array(b"", shape=[MOST_ENTRIES, 2, 0]),
        array(b"", shape=[0] * (DEEPEST + 1)),
        array(bytes(MOST_ENTRIES + 1), dtype="|b1", shape=[MOST_ENTRIES + 1]),
        array(shape=[1.0]),
        {**array(), "array": [0.0]},
        {**array(), "array": "AAAA AAAAAA="},
        {**array(), "array": "ä"},
        array(dtype="|O"),
        array(dtype="no such"),
        array(bytes(16), dtype="f8,f8"),
        array(bytes(16), dtype="<c16"),
        array(bytes(4), dtype="<U1"),
    ],
    ids=lambda message: repr(message)[:60],
)
def test_a_message_of_another_form_is_refused(message):
    with pytest.raises(NotPlainError):
        decode(message)


def test_a_truth_value_is_true_or_false_whatever_its_byte():
    got = decode(array(bytes([0, 1, 2, 255]), dtype="|b1", shape=[4]))
    assert got.view(np.uint8).tolist() == [0, 1, 1, 1]


def test_what_arrives_can_be_written():
    got = sent(np.zeros(2))
    got += 1
    assert got.tolist() == [1, 1]


def test_a_long_double_arrives_as_a_number_of_the_usual_length():
    assert sent(np.array([0.5], dtype=np.longdouble)).dtype == np.float64
