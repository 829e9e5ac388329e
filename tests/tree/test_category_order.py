"""The order of categories, beside an independent computation of it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.decomposition import PCA
from sklearn.model_selection import cross_val_score
from sklearn.preprocessing import OrdinalEncoder, StandardScaler

from categorical_data import (
    CITIES,
    CLASSES,
    FRAME,
    GAPS,
    GRADE,
    KINDS,
    NUMBERS,
    SIZE,
    answers,
    by_hand,
    content,
    labels,
    model,
)
from treering.ensemble import RandomForestClassifier, RandomForestRegressor
from treering.tree import DecisionTreeClassifier, DecisionTreeRegressor

WEIGHTS = np.random.default_rng(3).integers(0, 4, len(GAPS)).astype(float)


def mean_targets(column, targets, weights):
    """Weighted mean of the targets for each category, one row each; and the categories' weights."""
    table = pd.DataFrame(np.asarray(targets, dtype=float))
    rows = {}
    totals = {}
    for category in pd.unique(column):
        if pd.isna(category):
            continue
        chosen = column == category
        totals[category] = weights[chosen].sum()
        rows[category] = np.average(table[chosen], axis=0, weights=weights[chosen])
    return pd.DataFrame(rows).T, pd.Series(totals)


def along_first_component(means, totals):
    """Scores by scikit-learn's PCA, with whole weights as so many rows."""
    repeated = np.repeat(means.to_numpy(), totals.astype(int), axis=0)
    loadings = PCA(1, svd_solver="full").fit(repeated).components_[0]
    largest = np.flatnonzero(np.isclose(np.abs(loadings), np.abs(loadings).max()))[0]
    return means @ (loadings * np.sign(loadings[largest]))


def expected_order(column, targets, weights):
    means, totals = mean_targets(column, targets, weights)
    scores = means[0] if means.shape[1] == 1 else along_first_component(means, totals)
    return [category for _, category in sorted(zip(scores, means.index, strict=True))]


def shares(classes):
    return pd.get_dummies(pd.Series(classes)).to_numpy(dtype=float)


TWO = np.where(CLASSES == "high", "yes", "no")
PAIRS = np.column_stack([NUMBERS, 1000 * SIZE + 100 * NUMBERS])
BOTH = np.column_stack([CLASSES, TWO])
CASES = {
    "one number": (DecisionTreeRegressor, NUMBERS, NUMBERS[:, None]),
    "two classes": (DecisionTreeClassifier, TWO, shares(TWO)[:, 1:]),
    "three classes": (DecisionTreeClassifier, CLASSES, shares(CLASSES)),
    "two numbers": (DecisionTreeRegressor, PAIRS, PAIRS),
    "classes twice": (DecisionTreeClassifier, BOTH, np.hstack([shares(CLASSES), shares(TWO)])),
}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_categories_are_in_the_order_of_their_targets(case, weighted) -> None:
    kind, y, targets = CASES[case]
    weights = WEIGHTS if weighted else np.ones(len(y))
    if case == "two numbers":
        targets = StandardScaler().fit(targets, sample_weight=weights).transform(targets)
    fitted = model(kind).fit(FRAME, y, sample_weight=weights if weighted else None)
    assert fitted.is_categorical_.tolist() == [False, True, True]
    assert fitted.categories_[0] is None
    for column, values in ((1, GAPS), (2, GRADE)):
        assert fitted.categories_[column].tolist() == expected_order(values, targets, weights)
    assert fitted.categories_[1].dtype == object
    assert fitted.categories_[2].dtype == np.float64


def test_weights_of_classes_count() -> None:
    """They change the first component of three classes, though not the order of two shares."""
    importance = {"low": 10.0, "middle": 0.0, "high": 1.0}
    weights = np.array([importance[each] for each in CLASSES])
    for kind in (DecisionTreeClassifier, RandomForestClassifier):
        by_class = model(kind, class_weight=importance).fit(FRAME, CLASSES)
        by_row = model(kind).fit(FRAME, CLASSES, sample_weight=weights)
        assert by_class.categories_[1].tolist() == by_row.categories_[1].tolist()
    plain = model(DecisionTreeClassifier).fit(FRAME, CLASSES)
    by_class = model(DecisionTreeClassifier, class_weight=importance).fit(FRAME, CLASSES)
    assert plain.categories_[1].tolist() != by_class.categories_[1].tolist()


def test_equal_targets_leave_categories_sorted() -> None:
    column = np.array(["d", "b", "a", "c"] * 5, dtype=object)[:, None]
    for y in (np.zeros(20), np.tile([1.0, 1, 1, 0], 5)):
        fitted = DecisionTreeRegressor(categorical_features=[0]).fit(column, y)
        known = fitted.categories_[0].tolist()
        assert known == (["a", "b", "c", "d"] if not y.any() else ["c", "a", "b", "d"])


def test_rows_without_weight_do_not_count_and_their_categories_go_last() -> None:
    column = np.array([["a"], ["b"], ["c"], ["a"], ["b"]], dtype=object)
    y, weights = [5.0, 1.0, -9.0, -100.0, 2.0], [1.0, 1.0, 0.0, 0.0, 1.0]
    fitted = DecisionTreeRegressor(categorical_features=[0]).fit(column, y, weights)
    assert fitted.categories_[0].tolist() == ["b", "a", "c"]


def test_huge_targets_and_weights_leave_the_order_right() -> None:
    column = np.repeat(np.array(["a", "b", "c"], dtype=object), 4)[:, None]
    y = np.repeat([3.0, 1.0, 2.0], 4)
    for scale, weight in ((1e119, 1.0), (1e-300, 1.0), (1.0, 1e300), (1.0, 1e-300)):
        fitted = DecisionTreeRegressor(categorical_features=[0])
        fitted.fit(column, y * scale, np.full(12, weight))
        assert fitted.categories_[0].tolist() == ["b", "c", "a"]
        both = np.column_stack([y * scale, y])
        fitted.fit(column, both, np.full(12, weight))
        assert fitted.categories_[0].tolist() == ["b", "c", "a"]


def test_numbers_beyond_use_are_refused_as_ever() -> None:
    column = np.array([["a"], ["b"], ["c"]], dtype=object)
    for y in ([[1e200, 1], [0, 2], [1, 3]], [1e200, 0, 1]):
        with pytest.raises(ValueError, match="1e120"):
            DecisionTreeRegressor(categorical_features=[0]).fit(column, np.array(y))


# ---- what the order is for


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bins", [None, 4])
def test_trees_are_those_of_columns_recoded_by_hand(kind, bins) -> None:
    fitted = model(kind, max_bins=bins).fit(FRAME, labels(kind))
    rows = by_hand(fitted.categories_, FRAME)
    assert np.isnan(rows).sum() == FRAME["city"].isna().sum() > 0
    plain = model(kind, max_bins=bins, categorical_features=None).fit(rows, labels(kind))
    assert content(fitted) == content(plain)
    np.testing.assert_array_equal(answers(fitted, FRAME), answers(plain, rows))
    np.testing.assert_array_equal(fitted.apply(FRAME), plain.apply(rows))
    assert fitted.score(FRAME, labels(kind)) == plain.score(rows, labels(kind))
    for mine, theirs in zip(fitted.decision_path(FRAME), plain.decision_path(rows), strict=True):
        assert (mine != theirs).sum() == 0
    assert (plain.is_categorical_, plain.categories_) == (None, None)


@given(
    names=st.permutations(range(len(CITIES))),
    grades=st.permutations([-2.0, -1.0, 0.0, 1.0, 2.0, 3.0]),
    as_text=st.booleans(),
)
def test_what_categories_are_called_changes_nothing(names, grades, as_text) -> None:
    """Numbers differ for each category; three classes have a first component of their own."""
    renamed = FRAME.assign(
        city=[None if pd.isna(city) else f"c{names[list(CITIES).index(city)]}" for city in GAPS],
        grade=[grades[int(grade) + 2] for grade in GRADE],
    )
    if as_text:
        renamed["grade"] = renamed["grade"].map(str).astype(object)
    for kind in (DecisionTreeRegressor, DecisionTreeClassifier):
        first = model(kind).fit(FRAME, labels(kind))
        other = model(kind).fit(renamed, labels(kind))
        assert content(first) == content(other)
        np.testing.assert_array_equal(answers(first, FRAME), answers(other, renamed))


def test_shuffled_categories_are_learned_better_than_codes() -> None:
    """Sixty categories whose codes tell nothing, beside noise: trees of depth 4 need the order."""
    rng = np.random.default_rng(1)
    effect = rng.permutation(60)
    codes = rng.integers(0, 60, 1500)
    X = np.column_stack([codes, rng.normal(size=(1500, 3))])
    y = np.sin(effect[codes] / 12) + rng.normal(0, 0.3, 1500)
    options = {"max_depth": 4, "random_state": 0}
    ordered, plain = (
        cross_val_score(
            RandomForestRegressor(30, **options, categorical_features=given), X, y
        ).mean()
        for given in ([0], None)
    )
    assert ordered > 0.7
    assert ordered > plain + 0.1
    classes = (y > np.median(y)).astype(int)
    ordered, plain = (
        cross_val_score(
            DecisionTreeClassifier(**options, categorical_features=given), X, classes
        ).mean()
        for given in ([0], None)
    )
    assert ordered > plain + 0.05


def test_an_encoder_of_codes_gives_other_trees() -> None:
    """The order is not the alphabet's, or these tests would show nothing."""
    codes = OrdinalEncoder().fit_transform(FRAME[["city", "grade"]])
    coded = np.column_stack([SIZE, codes])
    plain = model(DecisionTreeRegressor, categorical_features=None).fit(coded, NUMBERS)
    ordered = model(DecisionTreeRegressor).fit(FRAME, NUMBERS)
    assert content(plain) != content(ordered)
