"""Files of every format revision load, and predict what they predicted when they were written."""

import json
from inspect import signature
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import treering
from treering import linear_model
from treering._core.drift import ReferenceColumn
from treering._core.ensemble import Forest
from treering._core.tree import Tree
from treering.drift import Reference, stream
from treering.drift._reference import REVISION
from treering.profile import Profile

GOLDEN = Path(__file__).parent / "golden"
REVISIONS = sorted(int(path.name) for path in GOLDEN.iterdir() if path.name.isdigit())


def written_revision() -> int:
    return int.from_bytes(ReferenceColumn(np.zeros(1)).to_bytes()[8:10], "little")


def recorded() -> list[tuple[Path, dict]]:
    """Every model file of every revision, and what is known of it."""
    found = []
    for revision in REVISIONS:
        record = json.loads((GOLDEN / f"{revision}.json").read_text(encoding="utf-8"))
        found += [
            (GOLDEN / str(revision) / f"{name}.treering", model)
            for name, model in record["models"].items()
        ]
    return found


def test_every_revision_has_its_files() -> None:
    assert list(range(1, written_revision() + 1)) == REVISIONS
    for revision in REVISIONS:
        folder = GOLDEN / str(revision)
        models, parts = set(folder.glob("*.treering")), set(folder.glob("*.part"))
        assert models
        assert parts
        files = [path.read_bytes() for path in models | parts]
        assert {int.from_bytes(data[8:10], "little") for data in files} == {revision}
        assert {int.from_bytes(data[10:12], "little") for data in files} == {1, 2, 3, 4, 5, 6, 7}
        assert sum(map(len, files)) < 60_000


def test_the_golden_files_name_every_class_that_can_be_loaded() -> None:
    from treering.persistence._composites import COMPOSITES
    from treering.persistence._load import CLASSES

    known = {name for names in CLASSES.values() for name in names}
    composed = {"Pipeline", "VotingClassifier", "VotingRegressor"}  # the others are in a Pipeline
    assert {model["class"] for _, model in recorded()} == known | composed
    steps = repr(treering.load(GOLDEN / "1" / "pipeline.treering"))
    assert all(cls.__name__ in steps or cls.__name__ in composed for cls in COMPOSITES)


@pytest.mark.parametrize(
    ("path", "model"), recorded(), ids=lambda value: getattr(value, "stem", "")
)
def test_models_predict_what_was_recorded(path: Path, model: dict) -> None:
    loaded = treering.load(path)
    assert type(loaded).__name__ == model["class"]
    parameters, defaults = loaded.get_params(deep=False), signature(type(loaded)).parameters
    written = {
        name: value for name, value in parameters.items() if f"{name!r}: " in model["parameters"]
    }
    assert repr(written) == model["parameters"]
    # Parameters that came later have the value that leaves everything as it was.
    assert all(
        parameters[name] is defaults[name].default for name in parameters.keys() - written.keys()
    )
    has_text = any(isinstance(value, str) for row in model["rows"] for value in row)
    rows = np.array(model["rows"], dtype=object if has_text else float)
    if model["names"] is not None:
        rows = pd.DataFrame(rows, columns=model["names"])
    assert model["answers"]
    for method, expected in model["answers"].items():
        found = getattr(loaded, method)(rows)
        found = found if isinstance(found, list) else [found]
        assert len(found) == len(expected)
        for one, values in zip(found, expected, strict=True):
            answers = np.array(values, dtype=one.dtype)
            name = type(loaded).__name__
            if one.dtype.kind == "f" and (name in linear_model.__all__ or name.startswith("Hist")):
                # Products of rows and coefficients are summed as numpy's BLAS likes, and
                # exponentials are those of the machine's library.
                np.testing.assert_allclose(one, answers, rtol=1e-13, atol=1e-13, strict=True)
            else:
                np.testing.assert_array_equal(one, answers, strict=True)


@pytest.mark.parametrize("revision", REVISIONS)
def test_what_pickles_hold_can_be_read(revision: int) -> None:
    folder = GOLDEN / str(revision)
    forest = Forest.from_bytes((folder / "forest.part").read_bytes())
    tree = Tree.from_bytes((folder / "tree.part").read_bytes())
    assert (len(forest), tree.node_count) == (3, forest.tree(0).node_count)
    assert ReferenceColumn.from_bytes((folder / "reference.part").read_bytes()).size == 40
    single = ReferenceColumn.from_bytes((folder / "reference_single.part").read_bytes())
    assert single.size + single.missing == 40


@pytest.mark.parametrize("revision", REVISIONS)
def test_profiles_and_detectors_say_what_they_said(revision: int) -> None:
    folder = GOLDEN / str(revision)
    profile = Profile.from_bytes((folder / "profile.part").read_bytes())
    assert (profile.rows, profile.parts, profile["town"].distinct) == (47, 2, 4)
    assert profile["age"].missing + profile["age"].distinct <= 47
    assert -1 <= profile.correlation()["age"]["größe"] <= 1
    names = {path.stem.removeprefix("detector_") for path in folder.glob("detector_*.part")}
    assert names == {*stream.__all__} - {"Detector"}
    for path in folder.glob("detector_*.part"):
        detector = stream.Detector.from_bytes(path.read_bytes())
        assert detector.seen == 120
        assert detector.update_many(np.ones(200)).size > 0


def test_reference_tables_of_every_revision_are_read() -> None:
    found = sorted((GOLDEN / "1").glob("table_*.reference"))
    assert int(found[-1].stem.partition("_")[2]) == REVISION
    for path in found:
        reference = Reference.from_bytes(path.read_bytes())
        assert reference.rows == 40
        assert reference.compared[:3] == ("age", "income (€)", "größe")
