"""Scores before labels come, beside NannyML: CBPE of two and of three classes, DLE of regression.

Data are of the kind and the size of those that NannyML ships; figures are the estimates of the ten
windows, of accuracy or of the mean absolute error.
"""

from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benches.peers.case import OURS, SEED, Case, Peer, Task, size

WINDOWS = 10
NAMES = ("red", "green", "blue")
COLUMNS = [f"c{place}" for place in range(7)]
METRICS = ("accuracy", "precision", "recall", "f1", "specificity", "roc_auc")
ERRORS = {
    "mae": "mean_absolute_error",
    "mse": "mean_squared_error",
    "rmse": "root_mean_squared_error",
    "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_log_error",
    "rmsle": "root_mean_squared_log_error",
}


def classes(count: int, shift: float, seed: int) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Labels, and probabilities that are too sure of them, to two digits as those of NannyML."""
    random = np.random.default_rng(seed)
    rows = size(50_000)
    scores = random.normal(0, 1.5, (rows, count)) + shift * np.arange(count)
    chances = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    labels = (chances.cumsum(axis=1) < random.random((rows, 1))).sum(axis=1)
    sure = np.exp(1.5 * scores)
    return labels, (sure / sure.sum(axis=1, keepdims=True)).round(2)


def prices(low: float, seed: int) -> Any:
    """Columns, true and predicted values; the first column says how far off predictions are."""
    random = np.random.default_rng(seed)
    rows = size(60_000)
    values = random.random((rows, len(COLUMNS)))
    values[:, 0] = low + (1 - low) * values[:, 0]
    frame = import_module("pandas").DataFrame(values, columns=COLUMNS)
    frame["y_pred"] = 10 + 3 * values[:, 1]
    frame["y_true"] = frame["y_pred"] + values[:, 0] * random.normal(size=rows)
    return frame


def _frame(count: int, shift: float, seed: int) -> Any:
    labels, proba = classes(count, shift, seed)
    frame = import_module("pandas").DataFrame({"y_true": np.array(NAMES)[labels]})
    if count == 2:
        frame["y_true"] = labels
        frame["y_pred"] = (proba[:, 1] > 0.5).astype(int)
        frame["share"] = proba[:, 1]
        return frame
    frame["y_pred"] = np.array(NAMES)[proba.argmax(axis=1)]
    for place, name in enumerate(NAMES):
        frame[name] = proba[:, place] / proba.sum(axis=1)
    return frame


def _ours(count: int) -> Task:
    before, now = _frame(count, 0.0, SEED), _frame(count, 0.5, SEED + 1)
    estimator = import_module("treering.performance").CBPE
    shares = "share" if count == 2 else sorted(NAMES)
    names = [{"f1": "f1_score"}.get(metric, metric) for metric in METRICS]

    def run(_: int) -> Any:
        cbpe = estimator(metrics=names, average="binary" if count == 2 else "macro")
        cbpe.fit(before["y_true"], before[shares])
        return cbpe.estimate(now[shares], y_pred=now["y_pred"], window=len(now) // WINDOWS)

    return Task(run, lambda history: [float(value) for value in history.values("accuracy")])


def _nannyml(count: int) -> Task:
    before, now = _frame(count, 0.0, SEED), _frame(count, 0.5, SEED + 1)
    nannyml = import_module("nannyml")
    kind = "binary" if count == 2 else "multiclass"
    shares = "share" if count == 2 else {name: name for name in NAMES}

    def run(_: int) -> Any:
        estimator = nannyml.CBPE(
            problem_type=f"classification_{kind}",
            y_true="y_true",
            y_pred="y_pred",
            y_pred_proba=shares,
            metrics=list(METRICS),
            chunk_size=len(now) // WINDOWS,
        )
        return estimator.fit(before).estimate(now.drop(columns="y_true"))

    return Task(run, lambda result: _estimates(result, "accuracy"))


def _estimates(result: Any, metric: str) -> list[float]:
    table = result.filter(period="analysis").to_df(multilevel=False)
    return [float(value) for value in table[f"{metric}_value"]]


def _our_errors() -> Task:
    before, now = prices(0.0, SEED), prices(0.5, SEED + 1)
    estimator = import_module("treering.performance").DLE

    def run(_: int) -> Any:
        dle = estimator(metrics=list(ERRORS.values()))
        dle.fit(before[COLUMNS], before["y_true"], before["y_pred"])
        return dle.estimate(now[COLUMNS], now["y_pred"], window=len(now) // WINDOWS)

    def figures(history: Any) -> list[float]:
        return [float(value) for value in history.values("mean_absolute_error")]

    return Task(run, figures)


def _nannyml_errors() -> Task:
    before, now = prices(0.0, SEED), prices(0.5, SEED + 1)
    nannyml = import_module("nannyml")

    def run(_: int) -> Any:
        estimator = nannyml.DLE(
            feature_column_names=COLUMNS,
            y_true="y_true",
            y_pred="y_pred",
            metrics=list(ERRORS),
            chunk_size=len(now) // WINDOWS,
        )
        return estimator.fit(before).estimate(now.drop(columns="y_true"))

    return Task(run, lambda result: _estimates(result, "mae"))


def _table(seed: int) -> Any:
    random = np.random.default_rng(seed)
    names = [f"c{place}" for place in range(20)]
    values = random.standard_normal((size(100_000), 20))
    values[:, 1] += 0.3 * (seed - SEED) * values[:, 0]
    return import_module("pandas").DataFrame(values, columns=names)


def _our_domain() -> Task:
    before, now = _table(SEED), _table(SEED + 1)
    classify = import_module("treering.drift").domain_classifier

    def run(_: int) -> Any:
        step = len(now) // WINDOWS
        return [
            classify(before, now[start : start + step]) for start in range(0, step * WINDOWS, step)
        ]

    return Task(run, lambda reports: [report.auc for report in reports])


def _nannyml_domain() -> Task:
    before, now = _table(SEED), _table(SEED + 1)
    nannyml = import_module("nannyml")

    def run(_: int) -> Any:
        calculator = nannyml.DomainClassifierCalculator(
            feature_column_names=list(before.columns), chunk_size=len(now) // WINDOWS
        )
        return calculator.fit(before).calculate(now)

    def figures(result: Any) -> list[float]:
        table = result.filter(period="analysis").to_df(multilevel=False)
        return [float(value) for value in table["domain_classifier_auroc_value"]]

    return Task(run, figures)


def _peer(prepare: Any, target: float) -> Peer:
    return Peer(
        "NannyML",
        prepare,
        target=target,
        environment={"NML_DISABLE_USAGE_LOGGING": "1"},  # it would wait for a network
        interpreter="TREERING_NANNYML_PYTHON",
    )


CASES = (
    Case(
        "CBPE, two classes, 50k and 50k",
        (Peer(OURS, lambda: _ours(2)), _peer(lambda: _nannyml(2), 10.0)),
    ),
    Case(
        "CBPE, three classes, 50k and 50k",
        (Peer(OURS, lambda: _ours(3)), _peer(lambda: _nannyml(3), 10.0)),
    ),
    Case(
        "DLE, 60k and 60k x 7",
        (Peer(OURS, _our_errors), _peer(_nannyml_errors, 10.0)),
    ),
    Case(
        "domain classifier, ten windows of 10k beside 100k x 20",
        (Peer(OURS, _our_domain), _peer(_nannyml_domain, 5.0)),
    ),
)
