"""Whatever a path leads to, the answer is a model or an error that teaches."""

import os
import pickle
import re
import sys
import warnings
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path

import joblib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_iris

import treering
from damage import content, resealed, sealed, with_parts
from treering import ModelFileError
from treering.drift import Reference
from treering.ensemble import RandomForestClassifier, RandomForestRegressor
from treering.linear_model import LinearRegression
from treering.preprocessing import (
    MinMaxScaler,
    OrdinalEncoder,
    RobustScaler,
    SimpleImputer,
    StandardScaler,
)
from treering.tree import DecisionTreeClassifier, DecisionTreeRegressor

X, Y = load_iris(return_X_y=True)
SMALL = {"max_depth": 2, "random_state": 0}
GOLDEN = sorted((Path(__file__).parent / "golden").glob("*/*.treering"))


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("models")
    models = {
        "forest": RandomForestClassifier(2, **SMALL).fit(X, Y),
        "numbers": RandomForestRegressor(2, **SMALL).fit(X, Y),
        "tree": DecisionTreeClassifier(**SMALL).fit(X, Y),
        "number": DecisionTreeRegressor(**SMALL).fit(X, Y),
        "scaler": StandardScaler().fit(X),
        "minmax": MinMaxScaler().fit(X),
        "robust": RobustScaler().fit(X),
        "imputer": SimpleImputer().fit(X),
        "filled": SimpleImputer(add_indicator=True).fit(np.where(X > 7, np.nan, X)),
        "encoder": OrdinalEncoder().fit(X),
        "linear": LinearRegression().fit(X, Y),
    }
    return {
        name: model.save(folder / f"{name}.treering").read_bytes() for name, model in models.items()
    }


def refusal(path: Path) -> str:
    with pytest.raises(ModelFileError) as caught:
        treering.load(path)
    message = str(caught.value)
    assert str(path) in message
    return message


def refusal_of(data: bytes, folder: Path) -> str:
    path = folder / "given.treering"
    path.write_bytes(data)
    return refusal(path)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "it is empty"),
        (b"T", "does not begin with TREERING"),
        (b"TREERING", "it ends after 8 bytes, the shortest has 24"),
        (b"a,b\n1,2\n", "does not begin with TREERING"),
        (b'{"a": 1}', "it is JSON"),
        (pickle.dumps(RandomForestClassifier(2)), "it is a pickle, which treering never opens"),
        (b"PK\x03\x04 and more", "it is a zip archive"),
        (Reference(X).to_bytes(), "it is a reference table.*Reference.from_bytes"),
        (
            RandomForestClassifier(2).fit(X, Y)._forest.to_bytes(),
            "the trees of a forest, not a mod",
        ),
        (DecisionTreeClassifier().fit(X, Y).tree_.to_bytes(), "the nodes of a tree, not a model"),
        (sealed(b"", kind=77), "something of kind 77, which a newer treering wrote"),
        (sealed(b"", revision=2), "format revision 2, and this treering reads revision 1; a newer"),
        (sealed(b"", revision=0), "format revision 0, .* no treering wrote it"),
        (sealed(b""), "cannot be decoded"),
        (b"TREERING" + b"\xff" * 40, "format revision 65535"),
    ],
    # Written out: texts made from the data would differ from one process to the next.
    ids=[
        "empty",
        "too short",
        "magic only",
        "csv",
        "json",
        "pickle",
        "zip",
        "reference",
        "forest",
        "tree",
        "unknown kind",
        "newer revision",
        "revision 0",
        "empty payload",
        "revision 65535",
    ],
)
def test_other_files_are_told_from_models(data, message, tmp_path) -> None:
    assert re.search(message, refusal_of(data, tmp_path))


def test_what_joblib_wrote_is_told_from_models(tmp_path) -> None:
    model = RandomForestClassifier(2).fit(X, Y)
    joblib.dump(model, tmp_path / "plain.joblib")
    joblib.dump(model, tmp_path / "packed.joblib", compress=("zlib", 3))
    joblib.dump(model, tmp_path / "gzip.joblib", compress=("gzip", 3))
    assert "it is a pickle" in refusal(tmp_path / "plain.joblib")
    assert "compressed" in refusal(tmp_path / "packed.joblib")
    assert "compressed" in refusal(tmp_path / "gzip.joblib")
    with zipfile.ZipFile(tmp_path / "model.zip", "w") as archive:
        archive.writestr("model", b"x")
    assert "zip archive" in refusal(tmp_path / "model.zip")


@pytest.mark.parametrize("name", ["forest", "tree", "scaler"])
def test_truncated_and_lengthened_files_are_refused(name, files, tmp_path) -> None:
    data = files[name]
    for length in range(20, len(data), max(1, len(data) // 40)):
        assert "truncated" in refusal_of(data[:length], tmp_path) or length < 24
    assert "has bytes added" in refusal_of(data + b"\0", tmp_path)


def test_an_altered_byte_is_noticed(files, tmp_path) -> None:
    data = files["tree"]
    for place in range(0, len(data), 7):
        altered = bytearray(data)
        altered[place] ^= 1
        refusal_of(bytes(altered), tmp_path)


# ---- files that are whole, and wrong


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        (
            "forest",
            {"class_name": "ensemble.Boosting"},
            "holds 'ensemble.Boosting', which treering",
        ),
        ("forest", {"class_name": "os.system"}, "holds 'os.system'"),
        ("forest", {"class_name": "ensemble.load"}, "holds 'ensemble.load'"),
        ("forest", {"class_name": ""}, "holds ''"),
        ("forest", {"class_name": "tree.DecisionTreeClassifier"}, "parameters 'bootstrap'"),
        ("tree", {"class_name": "tree.DecisionTreeRegressor"}, "parameters 'class_weight'"),
        ("number", {"class_name": "tree.DecisionTreeClassifier"}, "criterion"),
        ("scaler", {"class_name": "preprocessing.MinMaxScaler"}, "parameters 'with_mean'"),
        ("forest", {"parameters": {"later": 1}}, "its parameters 'later' are ones that treering"),
        ("forest", {"parameters": {7: 1}}, "its parameters '7'"),
        ("forest", {"parameters": {"n_estimators": "many"}}, "n_estimators"),
        ("forest", {"parameters": {"criterion": [1]}}, "criterion"),
        ("tree", {"parameters": {"random_state": [1, 2]}}, "random_state"),
        (
            "forest",
            {"attributes": {"predict": 1}},
            "no RandomForestClassifier has the attr.*'predict",
        ),
        ("forest", {"attributes": {"_sampling": 3}}, "its _sampling is not one"),
        ("forest", {"attributes": {"_sampling": (0, 1, None)}}, "its number of rows"),
        ("forest", {"attributes": {"_sampling": (9, True, None)}}, "its number of draws"),
        ("forest", {"attributes": {"_sampling": (9, 1, np.zeros(8))}}, "its sample_weight"),
        *[
            (
                "forest",
                {"attributes": {"_sampling": (2, 1, np.array(weights))}},
                "its sample_weight",
            )
            for weights in ([-1.0, 1.0], [np.nan, 1.0], [np.inf, 1.0])
        ],
        (
            "forest",
            {"attributes": {"_sampling": (2, 1, np.ones(2, np.float16))}},
            "its sample_weight",
        ),
        ("tree", {"attributes": {"max_features_": 0}}, "its max_features is not"),
        ("forest", {"outputs": 1}, "it has other columns or outputs|its trees have other"),
        ("forest", {"outputs": [np.arange(2)]}, "its trees have other columns or outputs"),
        ("forest", {"outputs": [np.arange(3), np.arange(3)]}, "its trees have other"),
        ("forest", {"columns": 3, "names": None}, "its trees have other columns"),
        ("numbers", {"outputs": 2}, "its trees have other columns or outputs"),
        ("scaler", {"columns": 5}, "its scale is not one|its mean is not one"),
        ("scaler", {"attributes": {"mean_": None}}, "its mean is not one that a fit sets"),
        ("scaler", {"attributes": {"mean_": np.arange(4)}}, "its mean"),
        ("scaler", {"attributes": {"scale_": "wide"}}, "its scale"),
        ("scaler", {"attributes": {"n_samples_seen_": "all"}}, "its n_samples_seen"),
        ("scaler", {"attributes": {"_mean_rest": [0.0]}}, "its _mean_rest"),
        (
            "scaler",
            {"attributes": {"_sklearn_output_config": {"transform": "x"}}},
            "its set_output",
        ),
        ("scaler", {"attributes": {"_sklearn_output_config": 3}}, "its set_output"),
        ("robust", {"attributes": {"_sklearn_output_config": 3}}, "its set_output"),
        ("imputer", {"attributes": {"_sklearn_output_config": 3}}, "its set_output"),
        ("encoder", {"attributes": {"_sklearn_output_config": 3}}, "its set_output"),
        *[
            ("encoder", {"attributes": {"categories_": [np.array(numbers)] * 4}}, "its categories")
            for numbers in ([9.0, 1.0, 2.0], [1.0, 1.0], [np.nan, 1.0], [np.nan, np.nan], [2, 1])
        ],
        *[
            ("encoder", {"parameters": {"dtype": dtype}}, "its dtype|does not hold together")
            for dtype in (("<f8", (3000, 3000)), b"<f8", None, "(3000,3000)f8", "O", "f8,f8")
        ],
        *[
            ("filled", {"attributes": {"indicator_": features}}, "its indicator|not hold together")
            for features in (
                "abc",
                [0],
                np.array([-1]),
                np.array([1, 0]),
                np.array([0, 0]),
                np.array([4]),
                np.array([[0]]),
            )
        ],
        ("minmax", {"attributes": {"data_max_": np.zeros((2, 2))}}, "its data_max"),
        ("minmax", {"parameters": {"feature_range": [1, 2]}}, "feature_range"),
    ],
    ids=str,
)
def test_parts_that_do_not_belong_together_are_refused(
    name, changes, message, files, tmp_path
) -> None:
    try:
        data = with_parts(files[name], **changes)
        found = refusal_of(data, tmp_path)
    except ModelFileError as error:  # the writer itself refuses it: its reader does so too
        found = str(error)
    assert re.search(message, found), found


def test_models_without_their_trees_are_refused(files, tmp_path) -> None:
    message = refusal_of(with_parts(files["forest"], predictor=None), tmp_path)
    assert "its forest is not one" in message
    tree = DecisionTreeClassifier(**SMALL).fit(X, Y).tree_
    message = refusal_of(with_parts(files["forest"], predictor=tree), tmp_path)
    assert "its forest is not one" in message
    message = refusal_of(with_parts(files["scaler"], predictor=tree), tmp_path)
    assert "its trees have other columns or outputs" in message
    tree = DecisionTreeRegressor(**SMALL).fit(X, Y).tree_
    message = refusal_of(with_parts(files["linear"], predictor=tree), tmp_path)
    assert "its predictor is not one" in message


def test_a_file_of_fewer_parameters_has_defaults(files, tmp_path) -> None:
    """As one that was written before a parameter was invented."""
    from treering._core import persistence

    names = ("class_name", "version", "columns", "names", "outputs", "parameters", "attributes")
    parts = dict(zip((*names, "predictor"), persistence.read_model(files["forest"]), strict=True))
    del parts["version"], parts["parameters"]["verbose"]
    path = tmp_path / "older.treering"
    path.write_bytes(persistence.write_model(**parts))
    assert treering.load(path).verbose == 0


def test_keys_that_occur_twice_and_texts_that_are_none_are_refused(files, tmp_path) -> None:
    data = files["tree"]
    doubled = content(data).replace(b"max_depth", b"ccp_alpha")
    assert "a mapping has a key twice" in refusal_of(resealed(sealed(doubled)), tmp_path)
    broken = content(data).replace(b"max_depth", b"max_\xff\xfe\xfd\xfc\xfb")
    assert "not UTF-8" in refusal_of(resealed(sealed(broken)), tmp_path)


# ---- files that are altered, and sealed again


def used(data: bytes, path: Path) -> bool:
    """Whether it loads; if so, it also predicts, is shown, and can be saved."""
    path.write_bytes(data)
    try:
        model = treering.load(path)
    except (ModelFileError, MemoryError):
        return False
    repr(model)
    columns = getattr(model, "n_features_in_", 3)  # a pipeline asks its first step
    rows = np.linspace(-3, 3, 5 * min(columns, 50)).reshape(5, -1)
    for method in ("predict", "predict_proba", "transform", "apply"):
        if hasattr(model, method):
            with warnings.catch_warnings(), suppress(ValueError, TypeError, OverflowError):
                warnings.simplefilter("ignore")  # rows without names, odd numbers to scale by
                getattr(model, method)(rows)
    return True


@given(
    which=st.integers(0, len(GOLDEN) - 1),
    flips=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=4),
    cut=st.one_of(st.none(), st.floats(0, 1)),
    splice=st.one_of(st.none(), st.tuples(st.integers(0, len(GOLDEN) - 1), *[st.floats(0, 1)] * 3)),
)
def test_altered_files_never_crash(tmp_path_factory, which, flips, cut, splice) -> None:
    data = bytearray(GOLDEN[which].read_bytes())
    if splice is not None:
        other, start, length, place = splice
        donor = GOLDEN[other].read_bytes()
        piece = donor[int(start * len(donor)) :][: int(length * 40)]
        at = int(place * len(data))
        data[at : at + len(piece)] = piece
    for place, byte in flips:
        data[int(place * len(data))] = byte
    if cut is not None:
        data = data[: max(24, int(cut * len(data)))]
    folder = tmp_path_factory.getbasetemp()
    used(resealed(bytes(data)), folder / "altered.treering")
    used(bytes(data), folder / "altered.treering")


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_every_byte_of_a_file_may_be_any_other(path, tmp_path, effort) -> None:
    data = path.read_bytes()
    loads = 0
    # Composites take longer to load: in full effort every few bytes, which pytest's limit allows.
    is_composite = b"sklearn." in data[:40]
    tries, most = (15, 600) if is_composite else (60, len(data))
    step = effort(max(1, len(data) // tries), max(1, len(data) // most))
    for place in range(20, len(data) - 4, step):
        for byte in (0, 1, 0x7F, 0x80, 0xFF):
            altered = bytearray(data)
            altered[place] = byte
            loads += used(resealed(bytes(altered)), tmp_path / "altered.treering")
    assert loads, "nothing got beyond the checksum"


def test_resealing_repairs_what_it_should(files) -> None:
    for data in files.values():
        assert resealed(data) == data
        assert zlib.crc32(data[:-4]) == int.from_bytes(data[-4:], "little")


# ---- paths


def test_paths_of_every_kind_are_read(files, tmp_path, monkeypatch) -> None:
    path = tmp_path / "iris [1].treering"
    path.write_bytes(files["tree"])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    for given_path in (path, str(path), "iris [1].treering", "~/iris [1].treering"):
        assert treering.load(given_path).n_features_in_ == 4
    (tmp_path / "link").symlink_to(path)
    assert treering.load(tmp_path / "link").n_features_in_ == 4


@pytest.mark.parametrize("given_path", [3, None, [], b"model", 1.5, RandomForestClassifier()])
def test_what_is_no_path_is_refused(given_path) -> None:
    with pytest.raises(TypeError, match="path must be the path of a file"):
        treering.load(given_path)


def test_missing_files_and_folders_are_named(tmp_path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        treering.load(tmp_path / "nowhere")
    with pytest.raises((IsADirectoryError, PermissionError), match=tmp_path.name):
        treering.load(tmp_path)
    with pytest.raises(ValueError, match="null"):
        treering.load("a\0b")


@pytest.mark.skipif(os.name != "posix", reason="pipes with names, and devices")
def test_pipes_and_devices_are_refused_at_once(tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "it is no regular file but a pipe" in refusal(tmp_path / "pipe")
    assert "a pipe or a device" in refusal(Path("/dev/zero"))
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OSError, match="loop"):
        treering.load(tmp_path / "loop")


@pytest.mark.skipif(sys.platform != "linux", reason="needs files with holes")
def test_a_huge_file_that_is_no_model_is_not_read(tmp_path) -> None:
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(1 << 40)
    assert "does not begin with TREERING" in refusal(tmp_path / "huge")
    with (tmp_path / "huge").open("r+b") as file:
        file.write(sealed(b"")[:20])
    assert "truncated" in refusal(tmp_path / "huge")


def test_nothing_is_run_that_a_file_says(files, tmp_path) -> None:
    """Modules that a file names are not imported, whatever it names."""
    module = tmp_path / "evil.py"
    module.write_text("raise SystemExit('was run')", encoding="utf-8")
    data = files["tree"]
    sys.path.insert(0, str(tmp_path))
    try:
        for name in ("evil.DecisionTreeClassifier", "evil", "..evil.X", "tree.__class__"):
            assert "holds" in refusal_of(with_parts(data, class_name=name), tmp_path)
        assert "evil" not in sys.modules
    finally:
        sys.path.remove(str(tmp_path))
