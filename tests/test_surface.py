"""What carries a name of scikit-learn or SciPy has its whole public face, exceptions argued."""

import importlib
import inspect
from numbers import Integral
from typing import Any

import numpy as np
import pytest
from sklearn import config_context
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier as SklearnForest
from sklearn.tree import DecisionTreeClassifier as SklearnTree

from treering.ensemble import RandomForestClassifier
from treering.tree import DecisionTreeClassifier

PEERS = (
    ("ensemble", "sklearn.ensemble"),
    ("metrics", "sklearn.metrics"),
    ("model_selection", "sklearn.model_selection"),
    ("preprocessing", "sklearn.impute"),
    ("preprocessing", "sklearn.preprocessing"),
    ("stats", "scipy.stats"),
    ("tree", "sklearn.tree"),
)

# Attributes of fitted estimators that are of another kind than the peer's, and why
EXCEPTIONS = {
    "estimator": "the tree of the forest is treering's",
    "estimator_": "the tree of the forest is treering's",
    "estimators_samples_": "the rows of a tree are drawn when they are asked for",
    "estimators_": "the trees of the forest are treering's",
    "tree_": "the nodes lie in the Rust core; they have scikit-learn's names",
}

# Protocols that are not named by words, but that users write
OPERATORS = {"__call__", "__contains__", "__getitem__", "__iter__", "__len__"}


# Names that mean something else here, and why
OTHERS = {
    "stats.anderson_ksamp": "without `midrank`, which SciPy 1.19 takes away, and what it returns",
    "stats.describe": "of a whole table, as pandas' method; SciPy's takes an axis of one array",
}


def pairs() -> list[tuple[str, Any, Any]]:
    found = []
    for room, peer in PEERS:
        ours, theirs = importlib.import_module(f"treering.{room}"), importlib.import_module(peer)
        names = [
            name
            for name in ours.__all__
            if hasattr(theirs, name) and f"{room}.{name}" not in OTHERS
        ]
        assert names, f"{room} shares no name with {peer}"
        found += [(f"{room}.{name}", getattr(ours, name), getattr(theirs, name)) for name in names]
    return found


def parameters(thing: Any) -> dict[str, tuple[Any, Any]]:
    """Name to kind and default, in order."""
    try:
        signature = inspect.signature(thing)
    except (TypeError, ValueError):
        return {}
    return {
        name: (one.kind, str(one.default) if isinstance(one.default, np.ndarray) else one.default)
        for name, one in signature.parameters.items()
    }


def face(thing: Any) -> set[str]:
    return {name for name in dir(thing) if not name.startswith("_") or name in OPERATORS}


def lacking(ours: Any, theirs: Any) -> list[str]:
    """Parameters of theirs that ours lacks or treats otherwise."""
    mine, peers = parameters(ours), parameters(theirs)
    different = [one for one in peers if mine.get(one) != peers[one]]
    if not different and [one for one in mine if one in peers] != list(peers):
        different = ["the order of parameters"]
    return different


@pytest.mark.parametrize(
    ("ours", "theirs"), [pytest.param(*pair[1:], id=pair[0]) for pair in pairs()]
)
def test_signatures_are_the_peers(ours, theirs) -> None:
    assert lacking(ours, theirs) == []
    if inspect.isclass(ours):
        assert face(theirs) - face(ours) == set()
        for method in sorted(face(theirs)):
            found = lacking(getattr(ours, method), getattr(theirs, method))
            assert found == [], method


# Parameters beyond the peers, which change nothing until they are set
OURS_ALONE = {"max_bins": None, "categorical_features": None}


@pytest.mark.parametrize("kind", [DecisionTreeClassifier, RandomForestClassifier])
def test_fitted_estimators_have_the_peers_attributes(kind) -> None:
    peer = next(theirs for _, ours, theirs in pairs() if ours is kind)
    options = {"oob_score": True} if kind is RandomForestClassifier else {}
    X, y = load_iris(return_X_y=True, as_frame=True)
    ours, theirs = kind(**options).fit(X, y), peer(**options).fit(X, y)
    assert face(theirs) - face(ours) == set()
    assert ours.get_params() == {**theirs.get_params(), **OURS_ALONE}
    for name in sorted(face(theirs)):
        mine, peers = getattr(ours, name), getattr(theirs, name)
        if not callable(peers) or name in EXCEPTIONS:
            assert same_kind(mine, peers) is (name not in EXCEPTIONS), name


def same_kind(mine: Any, peers: Any) -> bool:
    if isinstance(mine, list) and isinstance(peers, list):
        return len(mine) == len(peers) and all(map(same_kind, mine, peers))
    if isinstance(peers, Integral):  # scikit-learn's tree counts in numpy's, its forest in Python's
        return isinstance(mine, Integral)
    return type(mine) is type(peers) and all(
        getattr(mine, trait, None) == getattr(peers, trait, None) for trait in ("shape", "dtype")
    )


def test_trees_take_from_the_forest_what_scikit_learns_take() -> None:
    """But random_state: a tree of ours derives from the forest's seed and its own place."""
    X, y = load_iris(return_X_y=True)
    theirs = importlib.import_module("sklearn.ensemble").RandomForestClassifier(2).fit(X, y)
    ours = RandomForestClassifier(2, max_depth=3).fit(X, y)
    assert set(theirs.estimator_params) - set(ours.estimator_params) == {"random_state"}
    assert [tree.max_depth for tree in ours] == [3, 3]
    assert type(ours.estimator) is DecisionTreeClassifier


def test_a_lacking_parameter_would_be_seen() -> None:
    def theirs(X: Any, *, deep: bool = True) -> None: ...
    def without(X: Any) -> None: ...
    def other_default(X: Any, *, deep: bool = False) -> None: ...

    assert lacking(without, theirs) == ["deep"]
    assert lacking(other_default, theirs) == ["deep"]
    assert lacking(theirs, theirs) == []


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(DecisionTreeClassifier, SklearnTree), (RandomForestClassifier, SklearnForest)],
)
def test_the_same_metadata_can_be_routed(ours: Any, theirs: Any) -> None:
    def requests(estimator: Any) -> Any:
        return estimator.get_metadata_routing()._serialize()

    assert requests(ours()) == requests(theirs())
    assert "check_input" not in str(requests(ours()))
    with config_context(enable_metadata_routing=True):
        assert requests(ours().set_fit_request(sample_weight=True)) == requests(
            theirs().set_fit_request(sample_weight=True)
        )
        with pytest.raises(TypeError, match="check_input"):
            ours().set_fit_request(check_input=True)
