"""Tables as data: each kind of column, what must be decided, and new rows treated alike."""

import warnings

import numpy as np
import pytest
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from minioptim import Adam, minimize
from minioptim.datasets import Dataset, RegressionData, Split, digits, table, table_like
from minioptim.losses import LeastSquares, SoftmaxRegression

PENGUINS = """\
species,island,bill,mass,tagged
Adelie,Torgersen,39.1,3750,True
Adelie,Biscoe,,3800,False
Gentoo,Biscoe,46.1,4500,TRUE
Gentoo,Biscoe,50,5700,false
Adelie,Dream,39.5,NA,True

Gentoo,"Biscoe",48.7,4450,True
"""

GAPPY = {"a": [1.0, None, 3.0, 5.0], "b": [1, 2, 3, 4], "y": ["u", "v", "u", "v"]}


class Frame:
    """Columns by name, as data frames have them."""

    def __init__(self, **columns):
        self.held = columns

    def keys(self):
        return self.held.keys()

    def __getitem__(self, name):
        return self.held[name]


class NamedColumns:
    """Columns by name that are listed in another way."""

    def __init__(self, **columns):
        self.held, self.columns = columns, list(columns)

    def __getitem__(self, name):
        return self.held[name]


class NAType:
    """What stands for a gap in a data frame, and is neither true nor false."""

    def __bool__(self):
        raise TypeError("boolean value of NA is ambiguous")


@pytest.fixture
def penguins(tmp_path):
    path = tmp_path / "penguins.csv"
    path.write_text(PENGUINS, encoding="utf-8")
    return path


# --- From a file ----------------------------------------------------------------------------


def test_a_file_s_rows_become_numbers_and_classes(penguins):
    data = table(penguins, target="species", words="columns", gaps="drop")
    assert isinstance(data, Dataset)
    assert data.reading.classes == ("Adelie", "Gentoo")
    assert data.reading.names == (
        *("island=Biscoe", "island=Dream", "island=Torgersen"),
        *("bill", "mass", "tagged"),
    )
    expected = [
        [0, 0, 1, 39.1, 3750, 1],
        [1, 0, 0, 46.1, 4500, 1],
        [1, 0, 0, 50, 5700, 0],
        [1, 0, 0, 48.7, 4450, 1],
    ]
    # Dream's only row has a gap, so its column is 0 in the rows that are left.
    np.testing.assert_array_equal(data.inputs, expected)
    assert data.labels.tolist() == [0, 1, 1, 1]


def test_a_column_of_numbers_may_be_the_target(penguins):
    data = table(str(penguins), "mass", gaps="drop", words="leave out", classes=False)
    assert isinstance(data, RegressionData)
    assert data.reading.names == ("bill", "tagged")
    assert repr(data.reading) == "Reading(2 inputs, target 'mass': a number)"
    np.testing.assert_array_equal(data.targets, [3750, 4500, 5700, 4450])


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("a,y\n1,2,3\n", {}, r"line 2 of .*\.csv has 3 cells where the first has 2"),
        ("a;y\n1;2\n", {}, r"has one column, 'a;y': is it delimiter=';'\?"),
        ("1.5,2\n1,2\n", {}, r"the first line of .* must name the columns, got \['1.5', '2'\]"),
        ("a,a,y\n1,2,3\n", {}, r"must name each column differently, got \['a'\]"),
        ("a,y\n", {}, "must hold a line of names and at least one row"),
        ("", {}, "must hold a line of names and at least one row"),
        ("a,y\n1,u\ninf,v\n", {}, "column 'a' must be finite, got inf in line 3"),
        ("a,y\n1,u\n\nten,v\n", {}, "column 'a' holds numbers beside the word 'ten' in line 4"),
        ('a,y\n"1,u\n', {}, "is no CSV file"),
        ("a,y\n1,u\n2,v\n", {"delimiter": ",,"}, "delimiter must be one character, got ',,'"),
        ("a,y\n3,1\n4,2\n5,3\n", {}, r"'y' holds 3 different whole numbers from 1 to 3: say clas"),
        ("a,y\n,1\n,2\n", {}, r"column 'a' holds nothing but gaps: leave_out=\['a'\]"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused(tmp_path, text, options, message):
    path = tmp_path / "data.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        table(path, "y", **options)


def test_a_file_with_other_marks_is_read(tmp_path):
    path = tmp_path / "data.csv"
    path.write_bytes("\ufeffGröße;Art\r\n1.5;ä\r\n1e3;ß\r\n".encode())
    data = table(path, "Art", delimiter=";")
    assert data.inputs.tolist() == [[1.5], [1000.0]]
    assert (data.reading.names, data.reading.classes) == (("Größe",), ("ß", "ä"))
    assert data.reading.inputs(path).tolist() == [[1.5], [1000.0]]
    path.write_text("a,y\n1_000,u\n2_000,v\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"words: 'a' \(2, such as '1_000'\)"):
        table(path, "y")
    path.write_bytes("Größe;Art\n1.5;ä\n".encode("latin-1"))
    with pytest.raises(ValueError, match="must be UTF-8"):
        table(path, "Art", delimiter=";")
    with pytest.raises(FileNotFoundError):
        table(tmp_path / "none.csv", "y")


# --- From columns ---------------------------------------------------------------------------


def test_columns_may_be_held_in_many_ways():
    a, y = [1.5, 2.5, 4.0], ["u", "v", "u"]
    structured = np.array(list(zip(a, y, strict=True)), dtype=[("a", "f8"), ("y", "U1")])
    for columns in (
        {"a": a, "y": y},
        {"a": np.array(a, dtype=np.float32), "y": np.array(y)},
        {"a": np.array(a, dtype=object), "y": np.array(y, dtype=object)},
        Frame(a=tuple(a), y=iter(y)),
        NamedColumns(a=a, y=y),
        structured,
    ):
        data = table(columns, "y")
        np.testing.assert_array_equal(data.inputs[:, 0], a)
        assert data.labels.tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("target", "classes", "names", "labels"),
    [
        (["b", "a", "c"], None, ("a", "b", "c"), [1, 0, 2]),
        ([3, 1, 2], True, (1, 2, 3), [2, 0, 1]),
        ([2.0, 1.0, 2.0], None, (1, 2), [1, 0, 1]),
        ([True, False, True], None, (False, True), [1, 0, 1]),
        (np.array([True, False, True]), None, (False, True), [1, 0, 1]),
        ([0, 1, 1], True, (0, 1), [0, 1, 1]),
    ],
)
def test_labels_of_any_kind_are_recoded_and_their_names_kept(target, classes, names, labels):
    data = table({"a": [1.0, 2.0, 3.0], "y": target}, "y", classes=classes)
    assert data.reading.classes == names
    assert list(map(type, data.reading.classes)) == list(map(type, names))
    assert data.labels.tolist() == labels
    assert data.classes == len(names)


@pytest.mark.parametrize("target", [[0.5, 1.0, 2.0], np.array([1.5, 2.5, 3.5])])
def test_numbers_with_decimals_are_predicted_as_numbers(target):
    np.testing.assert_array_equal(table({"a": [1, 2, 3], "y": target}, "y").targets, target)


@pytest.mark.parametrize("gap", [None, float("nan"), NAType(), "", " NA ", np.float32("nan")])
def test_every_gap_is_seen_and_never_a_number(gap):
    columns = {"a": [1.0, gap, 3.0], "b": [1, 2, 3], "y": ["u", "v", "u"]}
    with pytest.raises(ValueError, match=r"gaps, the first in row 1; by column \{'a': 1\}: gaps='"):
        table(columns, "y")
    np.testing.assert_array_equal(table(columns, "y", gaps="drop").inputs, [[1, 1], [3, 3]])
    filled = table(columns, "y", gaps="mean").inputs
    np.testing.assert_array_equal(filled, [[1, 1], [2, 2], [3, 3]])


def test_a_word_that_is_missing_is_the_mix_of_all_words_if_means_fill():
    columns = {"w": ["p", "q", None, "p"], "y": [1.5, 2, 3, 4]}
    data = table(columns, "y", words="columns", gaps="mean")
    np.testing.assert_allclose(data.inputs[2], [2 / 3, 1 / 3], rtol=1e-15)


def test_rows_without_a_target_are_dropped_on_request_alone():
    columns = {"a": [1, 2, 3], "y": ["u", None, "v"]}
    with pytest.raises(ValueError, match=r"by column \{'y': 1\}: gaps='drop' keeps the 2 of 3"):
        table(columns, "y")
    for gaps in ("drop", "mean"):
        assert table(columns, "y", gaps=gaps).inputs.tolist() == [[1], [3]]


# --- Scaling, and rows that come later ------------------------------------------------------


def many(n=60, seed=0):
    rng = np.random.default_rng(seed)
    return {
        "size": rng.normal(50, 20, size=n),
        "same": np.full(n, 0.1),
        "word": [str(word) for word in rng.choice(["p", "q", "r"], size=n)],
        "y": rng.normal(size=n),
    }


def test_words_and_scales_are_those_of_scikit_learn():
    columns = many()
    data = table(columns, "y", words="columns", scale=True, leave_out=["same"])
    words = OneHotEncoder(sparse_output=False).fit_transform(np.array(columns["word"])[:, None])
    raw = np.column_stack([columns["size"], words])
    np.testing.assert_allclose(data.inputs, StandardScaler().fit_transform(raw), rtol=1e-12)


def test_an_input_that_is_always_the_same_becomes_zero():
    data = table(many(), "y", words="leave out", scale=True)
    assert (data.inputs[:, data.reading.names.index("same")] == 0).all()


def test_a_test_set_is_drawn_as_by_split_and_has_no_part_in_means_and_scales():
    columns = many()
    columns["size"][::7] = np.nan
    options = {"words": "columns", "gaps": "mean"}
    plain = table(columns, "y", **options)
    both = table(columns, "y", scale=True, test=20, seed=3, **options)
    assert isinstance(both, Split)
    expected = plain.split(20, seed=3)
    for part, other in zip(both, expected, strict=True):
        np.testing.assert_array_equal(part.targets, other.targets)
    train = np.random.default_rng(3).permutation(60)[20:]
    known = columns["size"][train]
    known = known[~np.isnan(known)]
    assert both.train.reading.fill[0] == pytest.approx(known.mean())
    np.testing.assert_allclose(both.train.inputs.mean(axis=0), 0, atol=1e-14)
    assert abs(both.test.inputs.mean(axis=0)).max() > 0.01


def test_new_rows_and_other_tables_are_treated_as_the_first():
    columns = many()
    train = table(columns, "y", words="columns", scale=True, gaps="mean")
    again = table_like(columns, train)
    np.testing.assert_array_equal(again.inputs, train.inputs)
    np.testing.assert_array_equal(again.targets, train.targets)
    some = {name: list(columns[name][:3]) for name in ("word", "size", "same")}
    np.testing.assert_array_equal(train.reading.inputs(some), train.inputs[:3])
    some["size"][1] = None
    gap = train.reading.inputs(some)
    at = train.reading.names.index("size")
    assert gap[1, at] == pytest.approx(0, abs=1e-12)
    with pytest.raises(
        ValueError, match=r"'word' must hold words of \['p', 'q', 'r'\], got 'z' in"
    ):
        train.reading.inputs({**some, "word": ["p", "z", "q"]})
    with pytest.raises(ValueError, match="there is no column 'size'"):
        train.reading.inputs({"word": ["p"], "same": [1]})
    with pytest.raises(ValueError, match="column 'size' must hold numbers"):
        train.reading.inputs({**some, "size": ["a", "b", "c"]})


def test_a_gap_in_new_rows_is_refused_unless_means_fill():
    train = table(GAPPY, "y", gaps="drop")
    with pytest.raises(ValueError, match="gap at 'a' in row 1: leave the row out"):
        train.reading.inputs(GAPPY)
    assert len(table_like(GAPPY, train)) == 3


def test_a_class_that_was_not_in_training_is_refused():
    train = table({"a": [1, 2], "y": ["u", "v"]}, "y")
    with pytest.raises(
        ValueError, match=r"'y' must hold classes of \['u', 'v'\], got 'w' in row 1"
    ):
        table_like({"a": [1, 2], "y": ["u", "w"]}, train)
    with pytest.raises(TypeError, match="data must be what table returned"):
        table_like({"a": [1], "y": ["u"]}, digits().train)


def test_parts_keep_how_they_were_read():
    train, test = table({"a": [1, 2, 3], "y": ["u", "v", "u"]}, "y").split(1)
    assert train.reading.classes == test.reading.classes == ("u", "v")


# --- What is refused ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: table([[1, 2]], "y"), TypeError, "a CSV file's path, or a mapping .* got list"),
        (lambda: table({}, "y"), ValueError, "at least one row"),
        (lambda: table({"a": [], "y": []}, "y"), ValueError, "at least one row"),
        (lambda: table({"a": [1], "y": [1, 2]}, "y"), ValueError, "columns must be equally long"),
        (lambda: table({"a": 1, "y": [1]}, "y"), TypeError, "column 'a' must be a list of cells"),
        (lambda: table({"a": "abc", "y": [1]}, "y"), TypeError, "column 'a' must be a list"),
        (lambda: table({"a": np.eye(2), "y": [1, 2]}, "y"), ValueError, r"shape \(n,\), got \(2,"),
        (
            lambda: table(GAPPY, "z"),
            ValueError,
            r"no column 'z'; the columns are \['a', 'b', 'y'\]",
        ),
        (lambda: table({"y": ["u", "v"]}, "y"), ValueError, "no column is left for the inputs"),
        (lambda: table(GAPPY, "y", gaps="fill"), ValueError, "gaps must be one of .* got 'fill'"),
        (lambda: table(GAPPY, "y", words=True), ValueError, "words must be one of .* got True"),
        (lambda: table(GAPPY, "y", scale="yes"), TypeError, "scale must be True or False"),
        (lambda: table(GAPPY, "y", classes=2), TypeError, "classes must be True, False or None"),
        (lambda: table(GAPPY, "y", leave_out="a"), TypeError, "leave_out must be a list of names"),
        (lambda: table(GAPPY, "y", leave_out=["c"]), ValueError, "there is no column 'c'"),
        (lambda: table(GAPPY, "y", leave_out=["y"]), ValueError, "must not name the target 'y'"),
        (lambda: table(GAPPY, "y", classes=False), ValueError, "'y' must hold numbers, got words"),
        (lambda: table(GAPPY, "y", gaps="drop", test=3), ValueError, "some of the 3 .* got 3"),
        (
            lambda: table({"a": ["m", "f"], "y": [1.5, 2]}, "y"),
            ValueError,
            r"words: 'a' \(2, such as 'f'\)\. words='columns' makes .* leave_out=\['a'\] these",
        ),
        (
            lambda: table(
                {"a": [f"n{i}" for i in range(101)], "y": range(101)}, "y", classes=False
            ),
            ValueError,
            "there are columns of words: 'a'",
        ),
        (
            lambda: table(
                {"a": [f"n{i}" for i in range(101)], "y": np.arange(101) / 2}, "y", words="columns"
            ),
            ValueError,
            "column 'a' holds 101 different words, too many for an input each",
        ),
        (
            lambda: table({"a": [1j], "y": [1]}, "y"),
            TypeError,
            "numbers, words or bools, got 1j in",
        ),
        (
            lambda: table({"a": np.array(["2020-01-01"], "M8[D]"), "y": [1.5]}, "y"),
            TypeError,
            "column 'a' must hold numbers, words or bools, got",
        ),
        (lambda: table({"a": [1, 2], "y": ["u", "u"]}, "y"), ValueError, "at least two classes"),
        (
            lambda: table({"a": [1, 2], "y": [0.5, 2]}, "y", classes=True),
            ValueError,
            "whole numbers for classes=True, got 0.5",
        ),
        (
            lambda: table({"a": [1, None], "b": [None, 1], "y": [1.5, 2]}, "y", gaps="drop"),
            ValueError,
            "gaps='drop' leaves no row",
        ),
    ],
)
def test_what_must_be_decided_is_named_with_the_way_out(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("labels", [["a", "b"], [0.0, 1.0], [True, False], [1, 2]])
def test_labels_that_are_refused_are_taken_after_the_way_out_in_the_message(labels):
    with pytest.raises((TypeError, ValueError), match=r"np\.unique\(labels, return_inverse=True\)"):
        Dataset(np.eye(2), labels, 2)
    names, recoded = np.unique(labels, return_inverse=True)
    assert Dataset(np.eye(2), recoded, len(names)).labels.tolist() == [
        list(names).index(label) for label in labels
    ]


def test_columns_of_bools_and_of_objects_say_that_tables_are_read():
    for inputs in (np.eye(2) > 0, np.array([[1.5, True], [2.5, False]], dtype=object)):
        with pytest.raises(TypeError, match=r"datasets\.table"):
            Dataset(inputs, [0, 1], 2)


# --- To learn from --------------------------------------------------------------------------


def test_a_model_learns_from_a_scaled_table_and_predicts_new_rows():
    rng = np.random.default_rng(0)
    grams = np.concatenate([rng.normal(150, 20, 40), rng.normal(10, 2, 40)])
    columns = {"grams": grams, "fruit": ["apple"] * 40 + ["grape"] * 40}
    train, test = table(columns, "fruit", scale=True, test=20)
    model = SoftmaxRegression(train)
    x = minimize(model, Adam(lr=0.1), steps=100).final
    assert model.accuracy(x, test) == 1
    new = train.reading.inputs({"grams": [160, 8]})
    assert [train.reading.classes[i] for i in model.predict(x, new)] == ["apple", "grape"]


def test_a_regression_on_scaled_inputs_predicts_what_one_on_raw_inputs_does():
    columns = many()
    columns["y"] = 3 + 0.2 * np.array(columns["size"])
    data = table(columns, "y", words="leave out", leave_out=["same"], scale=True)
    model = LeastSquares(data)
    x = minimize(model, Adam(lr=0.1), steps=2000).final
    new = data.reading.inputs({"size": [0.0, 100.0]})
    np.testing.assert_allclose(model.predict(x, new), [3, 23], rtol=1e-6)


# ---------------------------------------------------------------- what looks like something else


def written(folder, text):
    """Return the path of a file of this text."""
    path = folder / "table.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_decimal_commas_are_read_where_they_are_announced(tmp_path):
    path = written(tmp_path, "size;y\n1,5;2,25\n-2;1,5e2\n+0,5;NA\n")
    data = table(path, "y", delimiter=";", decimal=",", gaps="drop")
    assert data.inputs.tolist() == [[1.5], [-2.0]]
    assert data.targets.tolist() == [2.25, 150.0]
    assert data.reading.inputs(written(tmp_path, "size\n3,5\n").as_posix()).tolist() == [[3.5]]
    again = table_like(written(tmp_path, "size;y\n3,5;1,0\n"), data)
    assert (again.inputs.tolist(), again.targets.tolist()) == ([[3.5]], [1.0])
    quoted = written(tmp_path, 'size,y\n"1,5",a\n"2,5",b\n')
    assert table(quoted, "y", decimal=",").inputs.tolist() == [[1.5], [2.5]]
    with pytest.raises(ValueError, match=r"decimal must be '\.' or ',', got ';'"):
        table(path, "y", decimal=";")


@pytest.mark.parametrize("words", ["refuse", "columns"])
@pytest.mark.parametrize(
    ("cells", "says"),
    [
        (["1,5", "2,5"], r"'a' looks like numbers with a comma, such as '1,5': decimal=',' reads"),
        (["1.000,5", "2,5"], "numbers with a comma, such as '1.000,5'"),
        (["1,000", "1,234,567"], "numbers with a comma, such as '1,000': .* if it stands before"),
        (["2024-01-02", "2024-1-3"], r"'a' looks like dates, such as '2024-01-02': make a number"),
        (["31.12.2024", "1.1.25 12:30"], "looks like dates, such as '1.1.25 12:30'"),
        (["12/31/2024", "1/2/2025"], r"or leave_out=\['a'\]"),
    ],
)
def test_words_that_look_like_numbers_or_dates_are_no_categories(tmp_path, words, cells, says):
    path = written(tmp_path, f"a;y\n{cells[0]};1.5\n{cells[1]};2\nNA;3\n")
    with pytest.raises(ValueError, match=says):
        table(path, "y", delimiter=";", words=words, gaps="drop")
    left = table({"a": cells, "b": [1, 2], "y": [0.5, 1]}, "y", words="leave out")
    assert left.reading.names == ("b",)
    with pytest.raises(ValueError, match="column 'a' looks like"):
        table({"a": cells, "y": [0.5, 1]}, "y", words="columns")


def test_words_that_only_look_alike_in_part_stay_words():
    cells = ["1,5", "a few", "2024-01-02", "3-4", "1.2.3"]
    data = table({"a": cells, "y": np.arange(5) / 2}, "y", words="columns")
    assert len(data.reading.names) == 5


def test_commas_beside_numbers_and_in_the_target_are_named_too(tmp_path):
    path = written(tmp_path, "a;y\n1;1,5\n2,5;2,5\n")
    with pytest.raises(ValueError, match=r"beside the word '2,5' .*numbers with a comma"):
        table(path, "y", delimiter=";", words="columns")
    path = written(tmp_path, "a;y\n1;1,5\n2;2,5\n")
    with pytest.raises(ValueError, match=r"^target 'y' looks like numbers with a comma"):
        table(path, "y", delimiter=";")
    with pytest.raises(ValueError, match=r"float\(cell\.replace\(',', '\.'\)\) makes one"):
        table({"a": ["1,5", "2,5"], "y": [0.5, 1]}, "y", words="columns")
    point = written(tmp_path, "a;y\n1.5;1\n2,5;2\n")
    with pytest.raises(ValueError, match="numbers beside the word '1.5'"):
        table(point, "y", delimiter=";", decimal=",")


@pytest.mark.parametrize(
    ("column", "warned"),
    [
        (np.arange(20), True),
        (np.random.default_rng(0).permutation(10**6)[:25], True),
        ([*range(24), None], True),
        (np.arange(19), False),  # too few to tell
        ([*range(24), 0], False),
        (np.arange(25) + 0.5, False),
        ([f"n{i}" for i in range(25)], False),
        ([True, False] * 12, False),
    ],
)
def test_a_column_that_may_number_the_rows_is_named(column, warned):
    n = len(column)
    columns = {"id": column, "size": np.linspace(0, 1, n), "y": np.linspace(0, 2, n)}
    options = {"target": "y", "words": "columns", "gaps": "mean"}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        data = table(columns, **options)
        assert "size" in data.reading.names
        assert table(columns, **options, leave_out=["id"]).reading.names == ("size",)
    assert [str(one.message) for one in caught] == warned * [
        "another whole number in each row: ['id']. If they number the rows, leave_out=['id']"
    ]
    assert all(one.filename == __file__ for one in caught)  # whose line is shown


def test_gaps_are_counted_by_the_columns_of_the_table():
    columns = {
        "city": ["Rome", None, "Lima", "Oslo"],
        "age": [1.5, None, None, 3],
        "y": [1, 2, 3, 4],
    }
    with pytest.raises(
        ValueError, match=r"by column \{'city': 1, 'age': 2\}: gaps='drop' keeps the 2"
    ):
        table(columns, "y", classes=False, words="columns")
    same = {"a": ["u", None, "v"], "y": ["u", "v", None]}
    with pytest.raises(ValueError, match=r"by column \{'y': 1, 'a': 1\}"):
        table(same, "y", words="columns")


# ---------------------------------------------------------------- rows, and what labels are called


def test_a_row_and_a_list_of_rows_are_read_as_columns_are():
    train = table({"cm": [1.0, 3.0], "new": [True, False], "kind": ["a", "b"]}, target="kind")
    inputs = train.reading.inputs
    assert inputs({"cm": 2, "new": True}).tolist() == [[2.0, 1.0]]
    rows = [{"cm": 2, "new": True, "more": "x"}, {"more": None, "new": False, "cm": 4.5}]
    assert inputs(rows).tolist() == [[2.0, 1.0], [4.5, 0.0]]
    assert len(table([{"a": 1.5, "y": "u"}, {"a": 2, "y": "v"}], "y")) == 2
    with pytest.raises(
        ValueError, match=r"row 1 must have the columns \['cm', 'new'\], got \['cm'\]"
    ):
        inputs([{"cm": 1, "new": True}, {"cm": 2}])
    with pytest.raises(ValueError, match=r"numbers or bools, as it did .* words such as 'True'"):
        inputs({"cm": 2.0, "new": "True"})


def test_labels_of_a_batch_are_named():
    data = table({"cm": [1.0, 3.0, 2.0], "kind": [7, 9, 9]}, target="kind")
    model = SoftmaxRegression(data)
    x = minimize(model, Adam(lr=[0.1, 0.2]), steps=200).final
    assert data.reading.named(model.predict(x, [[1.0], [3.0]])).tolist() == [[7, 9], [7, 9]]
    for wrong in ([2], [-1], [0.5], ["a"]):
        with pytest.raises(ValueError, match="labels must be whole numbers from 0 to 1, got"):
            data.reading.named(wrong)
    numbers = table({"cm": [1.0, 3.0], "y": [0.5, 1]}, target="y")
    with pytest.raises(ValueError, match="there are no classes: the target 'y' is a number"):
        numbers.reading.named([0])


def test_a_new_row_may_hold_a_gap_where_gaps_are_filled():
    columns = {"cm": [1.0, None, 3.0], "town": ["B", "C", None], "kind": ["x", "y", "x"]}
    reading = table(columns, "kind", gaps="mean", words="columns").reading
    filled = reading.inputs({"cm": [None, 2.0], "town": ["B", "C"]})
    for gap in (None, float("nan")):
        np.testing.assert_array_equal(reading.inputs({"cm": gap, "town": "B"})[0], filled[0])
    assert np.isfinite(reading.inputs({"cm": None, "town": None})).all()
    with pytest.raises(ValueError, match="holds nothing but gaps"):
        table({"cm": [None, None], "kind": ["x", "y"]}, "kind", gaps="mean")
