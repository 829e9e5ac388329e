"""The same forest in the words of each library.

scikit-learn-intelex is called through its own classes; nothing of scikit-learn is patched. Its
forests always look for splits among bins, 256 of them unless told otherwise; with as many bins as
rows they are exact.

LightGBM and XGBoost draw rows and columns without replacement, so that a tree sees 63.2 % of the
rows, as many as a bootstrap has different ones. They are told to split while anything can be split,
within the leaves and the depth that a case names.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from typing import Any, Literal

import numpy as np
from sklearn.metrics import roc_auc_score

from benches.peers.case import OURS, THREADS, Peer, Score, Task, size
from benches.peers.data import Data

INTELEX = "scikit-learn-intelex"
BINS = 255

# Different rows of a bootstrap, as a share of all.
DISTINCT = 0.632

Kind = Literal["Classifier", "Regressor"]
# Makes an untrained model from a seed and from what it will be trained on.
Maker = Callable[[int, Data], Any]


@dataclass(frozen=True)
class Forest:
    """What is asked of every library; `options` are parameters by scikit-learn's names."""

    kind: Kind = "Classifier"
    trees: int = 100
    max_features: float | Literal["sqrt"] = "sqrt"
    threads: int = THREADS
    options: Mapping[str, Any] = field(default_factory=dict)

    def share(self, columns: int) -> float:
        """The columns that a node looks at, as a share of all."""
        return int(columns**0.5) / columns if self.max_features == "sqrt" else self.max_features


def forest(library: str, what: Forest, seed: int, data: Data, *, bins: int | None = None) -> Any:
    """treering, scikit-learn or scikit-learn-intelex, which share their names.

    `bins` of -1 are as many as there are rows.
    """
    make = getattr(import_module(f"{library}.ensemble"), f"RandomForest{what.kind}")
    binned = {} if bins is None else {"max_bins": len(data.y) if bins == -1 else bins}
    return make(
        n_estimators=size(what.trees, 3),
        max_features=what.max_features,
        n_jobs=what.threads,
        random_state=seed,
        **binned,
        **what.options,
    )


def lightgbm(what: Forest, leaves: int, seed: int, data: Data) -> Any:
    return getattr(import_module("lightgbm"), f"LGBM{what.kind}")(
        boosting_type="rf",
        n_estimators=size(what.trees, 3),
        num_leaves=max(2, min(leaves, len(data.y) // 2)),
        min_child_samples=1,
        min_sum_hessian_in_leaf=0.0,
        bagging_freq=1,
        bagging_fraction=DISTINCT,
        feature_fraction_bynode=what.share(data.X.shape[1]),
        max_bin=BINS,
        histogram_pool_size=1024,
        n_jobs=what.threads,
        random_state=seed,
        verbose=-1,
    )


def xgboost(what: Forest, depth: int, seed: int, data: Data) -> Any:
    return getattr(import_module("xgboost"), f"XGBRF{what.kind}")(
        tree_method="hist",
        n_estimators=size(what.trees, 3),
        max_depth=depth,
        min_child_weight=0.0,
        subsample=DISTINCT,
        colsample_bynode=what.share(data.X.shape[1]),
        max_bin=BINS,
        n_jobs=what.threads,
        random_state=seed,
    )


def no_bins(name: str = "ensemble.RandomForestClassifier") -> str | None:
    """Why treering cannot be asked for bins here."""
    room, _, estimator = name.partition(".")
    make = getattr(import_module(f"treering.{room}"), estimator)
    if "max_bins" in inspect.signature(make).parameters:
        return None
    return f"{estimator} of this treering has no parameter max_bins"


def fit(
    name: str,
    make: Maker,
    load: Callable[[], Data],
    scores: tuple[Score, ...],
    *,
    needs: tuple[str, ...] = (),
    target: float | None = None,
    environment: Mapping[str, str] | None = None,
) -> Peer:
    """A peer that trains one model in every round, the round's number being the seed."""

    def prepare() -> Task:
        data = load()
        make(0, data)  # imports the library
        return Task(
            run=lambda seed: make(seed, data).fit(data.X, data.y),
            figures=lambda model: judge(model, data, scores),
        )

    return Peer(name, prepare, environment or {}, needs, target)


def treering_forest(
    what: Forest, load: Callable[[], Data], scores: tuple[Score, ...], *, bins: int | None = None
) -> Peer:
    return fit(OURS, partial(forest, "treering", what, bins=bins), load, scores)


def sklearn_forest(
    what: Forest, load: Callable[[], Data], scores: tuple[Score, ...], target: float | None
) -> Peer:
    return fit("scikit-learn", partial(forest, "sklearn", what), load, scores, target=target)


def intelex_forest(
    what: Forest,
    load: Callable[[], Data],
    scores: tuple[Score, ...],
    target: float | None,
    *,
    bins: int | None = None,
) -> Peer:
    mode = {None: "256 bins, its default", -1: "exact"}.get(bins, f"{bins} bins")
    return fit(
        f"{INTELEX}, {mode}",
        partial(forest, "sklearnex", what, bins=bins),
        load,
        scores,
        needs=("sklearnex",),
        target=target,
    )


def boosters(
    what: Forest,
    load: Callable[[], Data],
    scores: tuple[Score, ...],
    *,
    leaves: int,
    depth: int,
) -> tuple[Peer, ...]:
    """LightGBM and XGBoost as forests; a depth of 0 has no limit."""
    deep = "any depth" if depth == 0 else f"depth {depth}"
    return (
        fit(
            f"LightGBM, at most {leaves:,} leaves",
            partial(lightgbm, what, leaves),
            load,
            scores,
            needs=("lightgbm",),
        ),
        fit(f"XGBoost, {deep}", partial(xgboost, what, depth), load, scores, needs=("xgboost",)),
    )


def judge(model: Any, data: Data, scores: tuple[Score, ...]) -> list[float]:
    """What a trained model scores on the held-out rows."""
    if type(model).__module__.startswith("sklearnex.") and not hasattr(model, "_onedal_estimator"):
        raise RuntimeError(f"{INTELEX} left this work to scikit-learn")
    return [SCORES[score](model, data) for score in scores]


def accuracy(model: Any, data: Data) -> float:
    """Share of right answers."""
    return float(np.mean(model.predict(data.X_test) == data.y_test))


def _auc(model: Any, data: Data) -> float:
    return float(roc_auc_score(data.y_test, model.predict_proba(data.X_test)[:, 1]))


def _rmse(model: Any, data: Data) -> float:
    return float(np.sqrt(np.mean((model.predict(data.X_test) - data.y_test) ** 2)))


def nodes(model: Any, _: Data | None = None) -> float:
    """Nodes of all trees, inner ones and leaves."""
    if hasattr(model, "booster_"):
        lines = model.booster_.model_to_string().splitlines()
        leaves = [int(line.partition("=")[2]) for line in lines if line.startswith("num_leaves=")]
        return float(sum(2 * count - 1 for count in leaves))
    if hasattr(model, "get_booster"):
        return float(sum(tree.count(":") for tree in model.get_booster().get_dump()))
    trees = getattr(model, "estimators_", [model])
    return float(sum(tree.tree_.node_count for tree in trees))


SCORES: Mapping[Score, Callable[[Any, Data], float]] = {
    "accuracy": accuracy,
    "AUC": _auc,
    "RMSE": _rmse,
    "nodes": nodes,
}
