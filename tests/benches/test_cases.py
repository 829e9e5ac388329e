"""Every case of every workload, tiny, with the peers that are installed here."""

import itertools
import json
import math
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from benches.peers import data, peak, predict
from benches.peers.case import OURS, QUICK, Peer, size
from benches.peers.models import BINS, Forest, forest, no_bins, nodes
from benches.peers.same_trees import as_xgboost
from benches.peers.workloads import WORKLOADS, cases
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A smoke run: few rows and trees, and a folder for what workers share."""
    monkeypatch.setenv(QUICK, "1")
    monkeypatch.setenv(predict.SHARED, str(tmp_path))
    monkeypatch.setenv(data.FOLDER, str(tmp_path))
    words = itertools.islice(itertools.product(*data.GRADES.values()), 280)
    lines = ['"carat","cut","color","clarity","depth","table","price","x","y","z"']
    lines += [
        f'{at / 100},"{cut}","{color}","{clarity}",61.5,55,{at},3.95,3.98,2.43'
        for at, (cut, color, clarity) in enumerate(words)
    ]
    folder = tmp_path / "diamonds"
    folder.mkdir()
    (folder / "diamonds.csv").write_text("\n".join(lines), encoding="utf-8")
    names = "longitude latitude total_rooms total_bedrooms population households median_income"
    lines = [",".join([*names.split(), "median_house_value", "ocean_proximity"])]
    lines += [
        f"{at},37.8,{900 + at},{at if at % 9 else ''},{3 * at},{1 + at},8.3,{1000 * at},"
        f"{('INLAND', 'ISLAND')[at % 2]}"
        for at in range(280)
    ]
    folder = tmp_path / "california_housing"
    folder.mkdir()
    (folder / "housing.csv").write_text("\n".join(lines), encoding="utf-8")


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("workload", WORKLOADS)
def test_every_case_runs_with_what_is_installed(workload: str) -> None:
    ran = set()
    for case in cases(workload):
        if case.obstacle() is not None:
            continue
        for peer in case.peers:
            if peer.missing() is not None:
                continue
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                task = peer.prepare()
                figures = task.figures(task.run(0))
            assert figures, (case.name, peer.name)
            assert not case.scores or len(figures) == len(case.scores)
            assert all(map(math.isfinite, figures)), (case.name, peer.name)
            ran.add(peer.name)
    assert OURS in ran
    peers = [peer for case in cases(workload) for peer in case.peers[1:]]
    beside = any(name.startswith(("scikit-learn", "SciPy", "pandas")) for name in ran)
    assert beside or all(peer.interpreter for peer in peers)


def test_every_workload_has_cases_that_begin_with_treering() -> None:
    for workload in WORKLOADS:
        names = [case.name for case in cases(workload)]
        assert names
        assert len(set(names)) == len(names)
        for case in cases(workload):
            peers = [peer.name for peer in case.peers]
            assert peers[0] == OURS
            assert len(set(peers)) == len(peers)
            # A cell of the table cannot hold the sign between cells.
            assert "|" not in "".join((case.name, *peers))


def test_the_targets_of_forests_stand_beside_their_peers() -> None:
    found = {
        (workload, case.name, peer.name): peer.target
        for workload in ("forest", "regressor", "small", "tree", "predict")
        for case in cases(workload)
        for peer in case.peers
    }
    assert found["forest", "100k x 50, exact", "scikit-learn"] == 6
    assert found["forest", "100k x 50, 255 bins", "scikit-learn-intelex, 255 bins"] == 1.5
    assert found["regressor", "friedman1, all columns, 255 bins", "scikit-learn"] == 9
    assert found["small", "iris", "scikit-learn"] == 25
    assert found["tree", "classifier", "scikit-learn"] == 10
    assert found["predict", "100k rows, forest of 100k x 50", "scikit-learn"] == 8
    limits = [case.limit for case in cases("predict")]
    assert limits == [None, None, 25e-6]


def test_a_peer_with_an_interpreter_of_its_own_is_found_by_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    peer = Peer("Evidently", cases("drift")[0].peers[1].prepare, interpreter="OTHER_PYTHON")
    monkeypatch.delenv("OTHER_PYTHON", raising=False)
    assert "name a Python that has Evidently by OTHER_PYTHON" in (peer.missing() or "")
    monkeypatch.setenv("OTHER_PYTHON", sys.executable)
    assert (peer.missing(), peer.python) == (None, sys.executable)


def test_a_smoke_run_is_small_and_a_real_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(QUICK, raising=False)
    assert (size(100_000), size(100, 3)) == (100_000, 100)
    monkeypatch.setenv(QUICK, "1")
    assert (size(100_000), size(1_000), size(50), size(100, 3)) == (1_000, 200, 50, 3)


@pytest.mark.usefixtures("small")
def test_diamonds_are_graded_from_worst_to_best() -> None:
    assert data.no_diamonds() is None
    found = data.diamonds()
    assert found.X.shape[1] == 9
    assert set(np.concatenate((found.y, found.y_test))) == set(range(5))
    # The second column is the color, of which J is the worst.
    assert set(found.X[:, 1]) == set(range(7))


def test_missing_diamonds_say_what_to_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(data.FOLDER, raising=False)
    assert "set TREERING_DATA" in str(data.no_diamonds())
    monkeypatch.setenv(data.FOLDER, str(tmp_path))
    assert "has no diamonds/diamonds.csv" in str(data.no_diamonds())


def test_a_peer_says_what_must_be_installed() -> None:
    def prepare() -> None:
        raise AssertionError

    assert Peer("one", prepare, needs=("numpy", "no_such_module")).missing() == (
        "not installed: no_such_module"
    )
    assert Peer("other", prepare, needs=("numpy",)).missing() is None


def test_bins_are_asked_of_those_who_know_them() -> None:
    assert no_bins("tree.ExtraTreeClassifier") is None or "has no parameter max_bins" in str(
        no_bins("tree.ExtraTreeClassifier")
    )
    found = data.classification(300, 10)()
    if no_bins() is None:
        model = forest("treering", Forest(trees=3), 0, found, bins=BINS)
        assert model.get_params()["max_bins"] == BINS
    assert forest("sklearn", Forest(trees=3), 7, found).random_state == 7


def walked(model: dict[str, object], X: np.ndarray) -> np.ndarray:
    """The answers of a forest in XGBoost's format, by its rules: siblings are neighbours."""
    answers = np.zeros(len(X))
    for tree in model["learner"]["gradient_booster"]["model"]["trees"]:
        borders = np.array(tree["split_conditions"], dtype=np.float32)
        for at, row in enumerate(X.astype(np.float32)):
            node = 0
            while tree["left_children"][node] != -1:
                below = row[tree["split_indices"][node]] < borders[node]
                assert tree["right_children"][node] == tree["left_children"][node] + 1
                node = tree["left_children"][node] + (not below)
                assert tree["parents"][node] != node
            answers[at] += borders[node]
    return answers


def test_a_forest_in_the_format_of_xgboost_gives_the_same_answers() -> None:
    X, y = make_classification(300, 6, flip_y=0.2, random_state=0)
    # Ties on the border: thresholds between neighbours, and columns of few values.
    X[:, :3] = np.round(X[:, :3], 1)
    trained = RandomForestClassifier(5, random_state=0).fit(X, y)
    model = json.loads(as_xgboost(trained, "3.2.0"))
    written = model["learner"]["gradient_booster"]["model"]["trees"]
    assert sum(len(tree["left_children"]) for tree in written) == nodes(trained)
    np.testing.assert_allclose(walked(model, X), trained.predict_proba(X)[:, 1], atol=1e-6)


@pytest.mark.skipif(peak.unreadable() is not None, reason=str(peak.unreadable()))
def test_the_peak_of_a_call_is_what_it_held_at_once() -> None:
    def call() -> int:
        held = np.ones(10_000_000)  # 80 MB, given back before the call ends
        return len(held)

    grown, result = peak.during(call)
    assert result == 10_000_000
    assert 75e6 < grown < 160e6
    assert peak.during(lambda: None)[0] < 20e6
