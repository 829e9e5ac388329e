"""max_bins: columns cut into bins."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris, make_classification, make_friedman1
from sklearn.model_selection import cross_val_score as sklearn_cross_val_score
from sklearn.model_selection import train_test_split

from estimators import FORESTS, TREES
from treering.ensemble import (
    RandomForestClassifier,
    RandomForestRegressor,
)
from treering.model_selection import cross_val_score
from treering.tree import (
    DecisionTreeClassifier,
)

ALL = (*TREES, *FORESTS)


def arrays(tree):
    return (
        tree.feature.tolist(),
        tree.threshold.tolist(),
        tree.value.tolist(),
        tree.n_node_samples.tolist(),
    )


@pytest.mark.parametrize("cls", [DecisionTreeClassifier, RandomForestClassifier])
def test_few_distinct_values_give_the_same_trees(cls) -> None:
    X, y = load_iris(return_X_y=True)
    assert max(len(np.unique(column)) for column in X.T) < 50
    exact, binned = (cls(random_state=0, max_bins=bins).fit(X, y) for bins in (None, 50))
    for one, other in zip(
        getattr(exact, "estimators_", [exact]),
        getattr(binned, "estimators_", [binned]),
        strict=True,
    ):
        assert arrays(one.tree_) == arrays(other.tree_)


@pytest.mark.parametrize("cls", ALL)
@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize(("bins", "rows"), [(7, 600), (64, 200), (255, 600), (255, 3000)])
def test_training_rows_reach_the_leaves_that_they_grew(cls, missing, bins, rows) -> None:
    X, y = make_friedman1(rows, random_state=0)
    y = (y > np.median(y)).astype(int) if "Classifier" in cls.__name__ else y
    X = np.round(X, 3)
    if missing:
        X[np.random.RandomState(0).rand(*X.shape) < 0.1] = np.nan
    model = cls(random_state=0, max_bins=bins)
    if "Forest" in cls.__name__ or "Trees" in cls.__name__:
        model.set_params(n_estimators=3, bootstrap=False)
    model.fit(X, y)
    for tree in getattr(model, "estimators_", [model]):
        leaves = np.bincount(tree.apply(X), minlength=tree.tree_.node_count)
        is_leaf = tree.tree_.children_left < 0
        assert (leaves[is_leaf] == tree.tree_.n_node_samples[is_leaf]).all()


def test_bins_cost_little_quality() -> None:
    X, y = make_classification(6000, 20, n_informative=10, random_state=0)
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    exact, binned = (
        RandomForestClassifier(60, random_state=0, max_bins=bins)
        .fit(X_train, y_train)
        .score(X_test, y_test)
        for bins in (None, 255)
    )
    assert binned > exact - 0.02
    X, y = load_diabetes(return_X_y=True)
    scores = [
        cross_val_score(RandomForestRegressor(50, random_state=0, max_bins=bins), X, y).mean()
        for bins in (None, 32)
    ]
    assert scores[1] > scores[0] - 0.05


def test_the_number_of_threads_changes_nothing() -> None:
    X, y = make_classification(3000, 12, random_state=1)
    first, *others = (
        RandomForestClassifier(6, random_state=0, max_bins=32, n_jobs=jobs).fit(X, y)
        for jobs in (1, 2, 3, 7)
    )
    for other in others:
        assert first._forest.to_bytes() == other._forest.to_bytes()


@pytest.mark.parametrize("bins", [1, 256, 0, -3, 2.5, "255"])
def test_other_numbers_of_bins_are_refused(bins) -> None:
    with pytest.raises(ValueError, match="max_bins"):
        RandomForestClassifier(2, max_bins=bins).fit([[0.0], [1.0]], [0, 1])


def test_folds_are_binned_apart() -> None:
    X, y = make_classification(400, 5, random_state=2)
    model = RandomForestClassifier(5, random_state=0, max_bins=8)
    scores = cross_val_score(model, X, y, cv=3)
    assert scores.tolist() == sklearn_cross_val_score(model, X, y, cv=3).tolist()
