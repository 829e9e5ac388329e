"""Boosted trees beside scikit-learn's, of rows that are drawn and of rows that are unequal."""

import numpy as np
import pytest
from sklearn.metrics import root_mean_squared_error

from boosted import FILLED, X, Y, beside, theirs
from treering.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor


@pytest.mark.parametrize("seed", range(3))
def test_rare_large_counts_leave_the_others_their_means(seed) -> None:
    random = np.random.default_rng(seed)
    rows = random.normal(size=(5000, 3))
    means = np.exp(rows[:, 1])
    order = np.argsort(rows[:, 0])
    counts = random.poisson(means).astype(float)
    counts[order[-25:]] = random.poisson(1e4, 25)
    model = HistGradientBoostingRegressor(loss="poisson", max_iter=300, early_stopping=False)
    ours, other = beside(model, rows, counts)
    others = order[:-60]
    errors = [np.median(np.abs(raw[others, 0] - np.log(means[others]))) for raw in (ours, other)]
    assert errors[0] < 1.1 * errors[1]


def test_rows_of_small_weights_are_learned_beside_large_ones() -> None:
    weights = np.where(FILLED[:, 0] > 1.2, 1e10, 1.0)
    ours, other = beside(HistGradientBoostingRegressor(max_iter=300, random_state=0), X, Y, weights)
    light = weights == 1
    errors = [root_mean_squared_error(Y[light], raw[light]) for raw in (ours, other)]
    assert errors[0] < 1.25 * errors[1] < 0.8 * np.std(Y[light])


def random_task(seed):
    """Return a model, rows, labels and weights: everything about them is drawn."""
    random = np.random.default_rng(seed)
    count, columns = int(random.choice([100, 400, 1500])), int(random.integers(1, 6))
    rows = random.normal(size=(count, columns))
    categorical = []
    for column in range(columns):
        values = rows[:, column]
        match random.integers(0, 7):
            case 0:
                values[:] = random.integers(0, random.integers(2, 30), count)
                categorical.append(column)
            case 1:
                values[:] = 1.0
            case 2:
                values[random.random(count) < 0.3] = np.nan
            case 3:
                values[:] = np.round(values, 1)
    filled = np.nan_to_num(rows, posinf=3, neginf=-3)
    y = filled @ random.normal(size=columns) + np.sin(3 * filled[:, 0])
    y += 0.3 * random.normal(size=count)
    params = {
        "max_iter": int(random.integers(1, 12)),
        "max_leaf_nodes": [2, 3, 8, 31, None][random.integers(5)],
        "max_depth": [None, 1, 2, 5][random.integers(4)],
        "min_samples_leaf": int(random.choice([5, 20])),
        "l2_regularization": float(random.choice([0, 1e-3, 1, 100])),
        "learning_rate": float(random.choice([0.01, 0.1, 0.3])),
        "max_bins": int(random.choice([40, 63, 255])),
        "categorical_features": categorical or None,
        "random_state": int(seed),
    }
    kind = random.integers(0, 3)
    if kind != 2 and random.random() < 0.4:
        params["monotonic_cst"] = [
            0 if column in categorical else int(random.integers(-1, 2)) for column in range(columns)
        ]
    if not categorical and random.random() < 0.3:
        params["interaction_cst"] = str(random.choice(["pairwise", "no_interactions"]))
    if random.random() < 0.3:
        params |= {"early_stopping": True, "n_iter_no_change": 2, "validation_fraction": 0.3}
    weights = random.random(count) + 0.1
    if kind == 0:
        loss = str(random.choice(["squared_error", "absolute_error", "poisson", "gamma"]))
        params["loss"] = loss
        y = np.exp(np.clip(y / 3, -5, 5)) if loss in ("gamma", "poisson") else y
        return HistGradientBoostingRegressor(**params), rows, y, weights
    y = np.digitize(y, [np.median(y)] if kind == 1 else np.quantile(y, [0.3, 0.7]))
    return HistGradientBoostingClassifier(**params), rows, y, weights


@pytest.mark.parametrize("seed", range(25))
def test_whatever_is_drawn_grows_the_trees_of_scikit_learn(seed) -> None:
    model, rows, y, weights = random_task(seed)
    other = theirs(model).fit(rows, y, weights)
    model.fit(rows, y, weights)
    # scikit-learn takes infinite values where no column is categorical.
    ends = [np.nan, 99.0] if model.categorical_features else [np.nan, 99.0, np.inf, -np.inf]
    for asked in (rows, rows[::-1], np.repeat(np.c_[ends], rows.shape[1], axis=1)):
        expected = other._raw_predict(asked)
        assert np.abs(model._raw_predict(asked) - expected).max() <= 1e-5 * max(
            1, np.abs(expected).max()
        )
    assert model.n_iter_ == other.n_iter_
    assert model.train_score_ == pytest.approx(np.asarray(other.train_score_), rel=1e-5, abs=1e-7)
