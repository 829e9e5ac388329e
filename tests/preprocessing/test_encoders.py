"""Encoders give what scikit-learn's give, from every container of text."""

import ctypes

import numpy as np
import pytest
import sklearn.preprocessing
from scipy import sparse
from sklearn.compose import make_column_transformer

import treering
from treering.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from treering.preprocessing import _text_columns as text_columns

WORDS = np.array(["<1H OCEAN", "INLAND", "NEAR BAY", "ISLAND", "", "日本", "naïve"], dtype=object)


def texts(rows=200, seed=0, missing=()):
    rng = np.random.default_rng(seed)
    weights = np.arange(1.0, len(WORDS) + 1)
    table = rng.choice(WORDS, (rows, 2), p=weights / weights.sum())
    for place, value in enumerate(missing):
        table[place::17, place % 2] = value
    return table


@pytest.fixture
def read(monkeypatch):
    """Note which tables the core has read."""
    tables = []
    original = text_columns.read_texts

    def note(encoder, X):
        table = original(encoder, X)
        tables.append(table is not None)
        return table

    monkeypatch.setattr(text_columns, "read_texts", note)
    return tables


def dense(rows):
    return rows.toarray() if sparse.issparse(rows) else np.asarray(rows)


def assert_same(ours, theirs, X, *others):
    ours, theirs = ours.fit(X), theirs.fit(X)
    for mine, expected in zip(ours.categories_, theirs.categories_, strict=True):
        assert mine.dtype == expected.dtype
        assert mine.tolist()[:-1] == expected.tolist()[:-1]
        assert str(mine[-1]) == str(expected[-1])
    np.testing.assert_array_equal(ours.get_feature_names_out(), theirs.get_feature_names_out())
    for rows in (X, *others):
        mine, expected = ours.transform(rows), theirs.transform(rows)
        assert type(mine) is type(expected)
        np.testing.assert_array_equal(dense(mine), dense(expected))
        try:
            undone = theirs.inverse_transform(expected)
        except IndexError:
            continue  # scikit-learn's fails on missing values beside infrequent categories
        again = ours.inverse_transform(mine)
        np.testing.assert_array_equal(np.asarray(again, dtype=str), np.asarray(undone, dtype=str))


ONE_HOT = [
    {},
    {"sparse_output": False, "dtype": np.float32},
    {"drop": "first"},
    {"drop": "if_binary"},
    {"min_frequency": 30, "handle_unknown": "infrequent_if_exist"},
    {"max_categories": 3},
]
ORDINAL = [
    {},
    {"dtype": np.int32},
    {"min_frequency": 0.1, "handle_unknown": "use_encoded_value", "unknown_value": -1},
    {"max_categories": 3},
]
CASES = [("OneHotEncoder", options) for options in ONE_HOT]
CASES += [("OrdinalEncoder", options) for options in ORDINAL]


@pytest.mark.parametrize(("name", "options"), CASES)
@pytest.mark.parametrize("missing", [(), (None,), (np.nan,), (None, np.nan)], ids=str)
def test_arrays_of_objects(name, options, missing, read):
    if missing and options.get("dtype") is np.int32:
        options = options | {"encoded_missing_value": -7}
    X = texts(missing=missing)
    kinds = (getattr(treering.preprocessing, name), getattr(sklearn.preprocessing, name))
    assert_same(*(kind(**options) for kind in kinds), X, X[::-3])
    assert read
    assert all(read)


@pytest.mark.parametrize(("name", "options"), CASES)
@pytest.mark.parametrize("library", ["pandas", "pandas objects", "polars"])
@pytest.mark.parametrize("missing", [False, True])
def test_tables(name, options, library, missing, read):
    if missing and options.get("dtype") is np.int32:
        options = options | {"encoded_missing_value": -7}
    library, _, objects = library.partition(" ")
    module = pytest.importorskip(library)
    X = texts(missing=(None,) if missing else ())
    table = module.DataFrame({"a": X[:, 0].tolist(), "b": X[:, 1].tolist()})
    if objects:
        table = table.astype(object)
    kinds = (getattr(treering.preprocessing, name), getattr(sklearn.preprocessing, name))
    assert_same(*(kind(**options) for kind in kinds), table, table[3:50])
    assert read
    assert all(read)


def test_tables_of_pyarrow(read):
    arrow = pytest.importorskip("pyarrow")
    X = texts(missing=(None,))
    columns = [arrow.chunked_array([part.tolist() for part in np.array_split(c, 3)]) for c in X.T]
    for kind in (arrow.string(), arrow.large_string(), arrow.string_view()):
        table = arrow.table([column.cast(kind) for column in columns], names=["a", "b"])
        encoder = OrdinalEncoder().fit(table)
        expected = sklearn.preprocessing.OrdinalEncoder().fit_transform(X)
        np.testing.assert_array_equal(encoder.transform(table), expected)
    assert read
    assert all(read)


@pytest.mark.parametrize(
    "X",
    [
        np.array([[1, 2], [3, 2], [1, 9]]),
        np.array([[1.5, np.nan], [3, 2], [1, 9]]),
        np.array([["a", "b"], ["c", "b"]]),
        np.array([["a", 1], ["c", 2]], dtype=object),
        [["a", "b"], ["c", "b"]],
    ],
    ids=["whole", "floats", "fixed width", "mixed", "lists"],
)
@pytest.mark.parametrize("name", ["OneHotEncoder", "OrdinalEncoder"])
def test_other_tables_take_scikit_learns_path(name, X, read):
    kinds = (getattr(treering.preprocessing, name), getattr(sklearn.preprocessing, name))
    assert_same(*(kind() for kind in kinds), X)
    assert not any(read)


@pytest.mark.parametrize("name", ["OneHotEncoder", "OrdinalEncoder"])
def test_unknown_categories_are_named(name):
    X = texts()
    other = X.copy()
    other[5, 1] = "MOON"
    encoder = getattr(treering.preprocessing, name)().fit(X)
    with pytest.raises(ValueError, match=r"unknown categories \['MOON'\] in column 1 during"):
        encoder.transform(other)
    with pytest.raises(ValueError, match=r"3 features, but .* is expecting 2"):
        encoder.transform(np.column_stack([X, X[:, 0]]))
    with pytest.raises(ValueError, match="0 sample"):
        encoder.fit(X[:0])


@pytest.mark.parametrize(
    "options",
    [
        {"handle_unknown": "ignore"},
        {"handle_unknown": "ignore", "drop": "first"},
        {"handle_unknown": "infrequent_if_exist", "min_frequency": 30},
        {"handle_unknown": "warn"},
    ],
)
@pytest.mark.filterwarnings("ignore:Found unknown categories")
def test_unknown_categories_are_left_out(options):
    X = texts()
    other = X.copy()
    other[5, 1] = "MOON"
    ours = OneHotEncoder(**options).fit(X)
    theirs = sklearn.preprocessing.OneHotEncoder(**options).fit(X)
    np.testing.assert_array_equal(
        ours.transform(other).toarray(), theirs.transform(other).toarray()
    )
    if "drop" in options or options["handle_unknown"] == "warn":
        with pytest.warns(UserWarning, match=r"Found unknown categories in columns \[1\]"):
            ours.transform(other)


def test_categories_that_are_given(read):
    X = texts()
    given = [list(WORDS[::-1]), list(WORDS)]
    kinds = (OrdinalEncoder, sklearn.preprocessing.OrdinalEncoder)
    assert_same(*(kind(categories=given) for kind in kinds), X)
    assert read
    assert all(read)


def test_within_a_column_transformer():
    pandas = pytest.importorskip("pandas")
    X = texts(missing=(None,))
    frame = pandas.DataFrame({"a": X[:, 0], "b": X[:, 1], "n": np.arange(200.0)})
    results = []
    for library in (treering.preprocessing, sklearn.preprocessing):
        both = make_column_transformer(
            (library.OneHotEncoder(sparse_output=False), ["a"]),
            (library.OrdinalEncoder(), ["b"]),
            (StandardScaler(), ["n"]),
        ).set_output(transform="pandas")
        results.append(both.fit_transform(frame))
    pandas.testing.assert_frame_equal(*results)


def test_columns_that_are_no_columns():
    arrow = pytest.importorskip("pyarrow")
    from treering._core.categories import CategoryTable

    with pytest.raises(ValueError, match="number of rows"):
        CategoryTable.read([np.array(["a"], object), np.array(["a", "b"], object)], True)
    table = CategoryTable.read([np.array(["a"], object)], True)
    with pytest.raises(ValueError, match="not as many lists"):
        table.find([])
    assert table.find([[1]]) is None
    assert CategoryTable.read([arrow.chunked_array([[1, 2]])], True) is None
    assert CategoryTable.read([np.array(["\ud800"], object)], True) is None
    buffers = [None, np.array([0, 1, 2], np.int32), b"a\xff"]
    buffers = [None if each is None else arrow.py_buffer(each) for each in buffers]
    broken = arrow.Array.from_buffers(arrow.string(), 2, buffers)
    assert CategoryTable.read([arrow.chunked_array([broken])], True) is None


@pytest.mark.parametrize("encoder", [OneHotEncoder(), OrdinalEncoder()], ids=repr)
def test_columns_of_pyarrow_that_do_not_hold_together(encoder) -> None:
    arrow = pytest.importorskip("pyarrow")

    def table(*offsets):
        """A table as a file may hold it: what a file says is not looked at when it is opened."""
        batch = arrow.record_batch({"a": arrow.array(["abcd", "efgh"])})
        sink = arrow.BufferOutputStream()
        with arrow.ipc.new_stream(sink, batch.schema) as writer:
            writer.write(batch)
        said, made = (np.array(each, np.int32).tobytes() for each in ((0, 4, 8), offsets))
        data = sink.getvalue().to_pybytes()
        assert said in data
        return arrow.ipc.open_stream(data.replace(said, made)).read_all()

    for broken in (table(0, 4, 200), table(0, 400, 8), table(0, -4, 8)):
        for rows in (broken, broken.to_pandas(types_mapper={arrow.string(): pandas_text()}.get)):
            with pytest.raises(arrow.ArrowInvalid):
                encoder.fit(rows)


def pandas_text():
    return pytest.importorskip("pandas").StringDtype("pyarrow", na_value=np.nan)


def test_columns_of_pyarrow_that_are_valid_and_odd(read) -> None:
    arrow = pytest.importorskip("pyarrow")
    compute = pytest.importorskip("pyarrow.compute")
    buffers = [None, None, arrow.py_buffer(b"")]
    empty = arrow.Array.from_buffers(arrow.string(), 0, buffers)
    latin = arrow.array([b"\xff", b"A"]).view(arrow.string())
    covered = compute.if_else(arrow.array([False, True]), latin, None)
    for column in (arrow.chunked_array([arrow.array(["x", "y"]), empty]), covered):
        table = arrow.table({"a": column})
        table.validate(full=True)
        ours, theirs = OrdinalEncoder(), sklearn.preprocessing.OrdinalEncoder()
        np.testing.assert_array_equal(ours.fit_transform(table), theirs.fit_transform(table))
    assert not any(read)


def test_streams_that_the_interface_forbids_are_refused() -> None:
    """Arrow's library panics at a stream without a way to its next piece."""
    from treering import InternalError
    from treering._core.categories import CategoryTable

    with pytest.raises(InternalError, match="internal fault"):
        CategoryTable.read([StreamWithoutPieces()], True)


class _Stream(ctypes.Structure):
    _fields_ = tuple(
        (name, ctypes.c_void_p) for name in ("schema", "next", "error", "release", "own")
    )


class _Schema(ctypes.Structure):
    _fields_ = (
        ("format", ctypes.c_char_p),
        ("name", ctypes.c_char_p),
        ("metadata", ctypes.c_void_p),
        ("flags", ctypes.c_int64),
        ("count", ctypes.c_int64),
        ("children", ctypes.c_void_p),
        ("dictionary", ctypes.c_void_p),
        ("release", ctypes.c_void_p),
        ("own", ctypes.c_void_p),
    )


@ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.POINTER(_Schema))
def _write_schema(_, out):
    out.contents.format, out.contents.name = b"u", b""
    out.contents.release = 0
    return 0


@ctypes.CFUNCTYPE(None, ctypes.POINTER(_Stream))
def _release(stream):
    stream.contents.release = None


class StreamWithoutPieces:
    def __init__(self):
        functions = [ctypes.cast(each, ctypes.c_void_p) for each in (_write_schema, _release)]
        self.stream = _Stream(functions[0], None, None, functions[1], None)

    def __arrow_c_stream__(self, requested_schema=None):
        new = ctypes.pythonapi.PyCapsule_New
        new.restype = ctypes.py_object
        new.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
        return new(ctypes.addressof(self.stream), b"arrow_array_stream", None)


@pytest.mark.parametrize("encoder", [OneHotEncoder(), OrdinalEncoder()], ids=repr)
def test_columns_of_the_same_name_are_named(encoder):
    pandas = pytest.importorskip("pandas")
    for rows in (np.array([["a", "b"]], dtype=object), np.zeros((2, 2))):
        with pytest.raises(ValueError, match=r"same name \('twin' 2 times\); give each column"):
            encoder.fit(pandas.DataFrame(rows, columns=["twin", "twin"]))
    table = pandas.DataFrame({"town": ["a", "b"]})
    with pytest.raises(
        ValueError, match=r"'z'\] in column 0 during transform \(column 0 is 'town'"
    ):
        encoder.fit(table).transform(table.replace("b", "z"))


@pytest.mark.parametrize(("name", "options"), CASES)
@pytest.mark.parametrize("missing", [(), (None,), (np.nan,)], ids=str)
def test_files(name, options, missing, tmp_path):
    if missing and options.get("dtype") is np.int32:
        options = options | {"encoded_missing_value": -7}
    if "dtype" in options:
        options = options | {"dtype": np.float64}
    X = texts(missing=missing)
    encoder = getattr(treering.preprocessing, name)(**options).fit(X)
    again = treering.load(encoder.save(tmp_path / "encoder.treering"))
    np.testing.assert_array_equal(dense(again.transform(X)), dense(encoder.transform(X)))
    np.testing.assert_array_equal(again.get_feature_names_out(), encoder.get_feature_names_out())


@pytest.mark.parametrize("encoder", [OneHotEncoder(), OrdinalEncoder()], ids=repr)
def test_fit_transform_reads_texts_once(encoder, read) -> None:
    rows = texts()
    out = encoder.fit_transform(rows)
    assert read == [True]
    again = encoder.fit(rows).transform(rows)
    assert read == [True] * 3
    np.testing.assert_array_equal(dense(out), dense(again))
    with pytest.raises(ValueError, match="unknown categories"):
        encoder.set_params(categories=[["INLAND"]] * 2).fit_transform(rows)
    assert not hasattr(encoder, "_texts_of_fit")


def test_what_could_not_be_loaded_is_not_saved(tmp_path):
    encoder = OrdinalEncoder(dtype=object).fit(np.array([["a"], ["b"]], dtype=object))
    with pytest.raises(TypeError, match="dtype is object, of which a file holds no values"):
        encoder.save(tmp_path / "encoder.treering")
