"""The ten forests of 20 trees by which oneDAL and scikit-learn were compared in May 2026.

Shapes, types and parameters are those of that comparison (rf_intelex, for scikit-learn 1.9): single
precision but for one, without bootstrap but for two. The data are generated here, to the same
description: normal columns with few or many that count, one column with a curve, and columns of few
values. Each is trained on one thread and on two; exactly, and with 255 bins.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from benches.peers.case import Case, Score
from benches.peers.data import Signal, signal
from benches.peers.models import (
    BINS,
    Forest,
    Kind,
    intelex_forest,
    no_bins,
    sklearn_forest,
    treering_forest,
)


def _cases(
    name: str,
    rows: int,
    columns: int,
    kind: Signal,
    *,
    classes: int | None = None,
    dtype: type[np.floating[Any]] = np.float32,
    **options: Any,
) -> tuple[Case, ...]:
    estimator: Kind = "Regressor" if classes is None else "Classifier"
    scores: tuple[Score, ...] = ("RMSE" if classes is None else "accuracy", "nodes")
    load = signal(rows, columns, kind, classes=classes, dtype=dtype)
    max_features = options.pop("max_features", 1.0)
    options = {"bootstrap": False} | options
    plain = Forest(estimator, trees=20, max_features=max_features, options=options)
    cases = []
    for threads in (1, 2):
        what = replace(plain, threads=threads)
        exact = (
            treering_forest(what, load, scores),
            sklearn_forest(what, load, scores, None),
            intelex_forest(what, load, scores, 1.0, bins=-1),
        )
        binned = (
            treering_forest(what, load, scores, bins=BINS),
            intelex_forest(what, load, scores, 1.0, bins=BINS),
        )
        on = f"{name}, {threads} thread{'s' * (threads - 1)}"
        cases += [
            Case(f"{on}, exact", exact, scores),
            Case(
                f"{on}, {BINS} bins",
                binned,
                scores,
                obstacle=lambda: no_bins(f"ensemble.RandomForest{estimator}"),
            ),
        ]
    return tuple(cases)


CASES = (
    *_cases("reg_1f_deep_full", 60_000, 1, "curve"),
    *_cases("reg_12f_full_deep", 24_000, 12, "few columns"),
    *_cases("reg_12f_shallow_bootstrap", 24_000, 12, "few columns", bootstrap=True, max_depth=10),
    *_cases(
        "reg_80f_sqrt_leaf8", 9_000, 80, "many columns", max_features="sqrt", min_samples_leaf=8
    ),
    *_cases("reg_12f_full_f64", 16_000, 12, "few columns", dtype=np.float64),
    *_cases("clf_12f_full_deep", 28_000, 12, "few columns", classes=3),
    *_cases(
        "clf_12f_shallow_bootstrap",
        28_000,
        12,
        "few columns",
        classes=3,
        bootstrap=True,
        max_depth=10,
    ),
    *_cases(
        "clf_96f_sqrt_leaf8",
        10_000,
        96,
        "many columns",
        classes=4,
        max_features="sqrt",
        min_samples_leaf=8,
    ),
    *_cases("reg_24f_low_card", 30_000, 24, "few values"),
    *_cases("clf_24f_low_card", 30_000, 24, "few values", classes=4),
)
