"""How well boosted trees predict rows held out, beside scikit-learn's and LightGBM's.

``python -m benches.boosting_quality`` prints, by data set, the mean over six splits: the area under
the ROC curve, or the root of the mean squared error; by how much the peers are better or worse, as
treering's mean less theirs; and how far treering's own scores are apart from split to split (their
standard deviation). A difference well within that spread tells nothing of the method.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import datasets
from sklearn.metrics import roc_auc_score, root_mean_squared_error
from sklearn.model_selection import train_test_split

SPLITS = 6
LIBRARIES = ("treering", "scikit-learn", "LightGBM")
CLASSES: dict[str, Callable[[], Any]] = {
    "breast cancer": lambda: datasets.load_breast_cancer(return_X_y=True),
    "moons": lambda: datasets.make_moons(3000, noise=0.35, random_state=0),
    "classification": lambda: datasets.make_classification(
        4000, 20, n_informative=10, flip_y=0.1, random_state=0
    ),
    "Hastie 10.2": lambda: datasets.make_hastie_10_2(4000, random_state=0),
    "Gaussian quantiles": lambda: datasets.make_gaussian_quantiles(
        n_samples=3000, n_features=8, n_classes=2, random_state=0
    ),
}
NUMBERS: dict[str, Callable[[], Any]] = {
    "diabetes": lambda: datasets.load_diabetes(return_X_y=True),
    "Friedman 1": lambda: datasets.make_friedman1(3000, noise=1.0, random_state=0),
    "Friedman 2": lambda: datasets.make_friedman2(3000, noise=50.0, random_state=0),
    "Friedman 3": lambda: datasets.make_friedman3(3000, noise=0.1, random_state=0),
}


def model(library: str, kind: str, seed: int) -> Any:
    """Return a model of 100 iterations and 31 leaves that looks at 255 bins."""
    if library == "LightGBM":
        short = {"Classifier": "LGBMClassifier", "Regressor": "LGBMRegressor"}[kind]
        return getattr(import_module("lightgbm"), short)(
            n_estimators=100, num_leaves=31, random_state=seed, verbose=-1
        )
    room = {"treering": "treering.ensemble", "scikit-learn": "sklearn.ensemble"}[library]
    return getattr(import_module(room), f"HistGradientBoosting{kind}")(
        max_iter=100, max_leaf_nodes=31, early_stopping=False, random_state=seed
    )


def scores(
    kind: str, X: NDArray[Any], y: NDArray[Any], libraries: tuple[str, ...] = LIBRARIES
) -> dict[str, NDArray[np.float64]]:
    """Return scores of each library, split by split."""
    found: dict[str, list[float]] = {}
    for seed in range(SPLITS):
        stratify = y if kind == "Classifier" else None
        X_train, X_test, y_train, y_test = train_test_split(
            X, y, random_state=seed, stratify=stratify
        )
        for library in libraries:
            fitted = model(library, kind, seed).fit(X_train, y_train)
            if kind == "Classifier":
                score = roc_auc_score(y_test, fitted.predict_proba(X_test)[:, 1])
            else:
                score = root_mean_squared_error(y_test, fitted.predict(X_test))
            found.setdefault(library, []).append(float(score))
    return {library: np.array(own) for library, own in found.items()}


def main() -> None:
    """Print a row for each data set."""
    print("| data | score | treering | scikit-learn, difference | LightGBM, difference | spread |")
    print("|---|---|---|---|---|---|")
    for kind, score, sets in (("Classifier", "AUC", CLASSES), ("Regressor", "RMSE", NUMBERS)):
        for name, load in sets.items():
            found = scores(kind, *load())
            own = found["treering"]
            cells = [name, score, f"{own.mean():.5g}"]
            for peer in LIBRARIES[1:]:
                apart = own.mean() - found[peer].mean()
                cells.append(f"{found[peer].mean():.5g}, {apart:+.1g}")
            print(f"| {' | '.join(cells)} | {own.std(ddof=1):.1g} |", flush=True)


if __name__ == "__main__":
    main()
