"""Which way a metric is better, and how far it may go the other way."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Mapping
from typing import Any

from treering._checks import as_float, is_number, names_of

# Words of a name that say "lower is better".
_LOSSES = frozenset(
    [
        "brier",
        "cer",
        "cost",
        "costs",
        "deviance",
        "divergence",
        "drift",
        "duration",
        "ece",
        "eer",
        "emd",
        "entropy",
        "err",
        "error",
        "errors",
        "fdr",
        "fn",
        "fnr",
        "fp",
        "fpr",
        "hamming",
        "hinge",
        "huber",
        "kl",
        "kld",
        "l1",
        "l2",
        "latency",
        "loss",
        "losses",
        "mad",
        "mae",
        "mape",
        "mase",
        "mce",
        "medae",
        "misclassification",
        "mpe",
        "mse",
        "msle",
        "nll",
        "nrmse",
        "perplexity",
        "pinball",
        "ppl",
        "psi",
        "rmsd",
        "rmse",
        "rmsle",
        "runtime",
        "smape",
        "wape",
        "wasserstein",
        "wer",
        "wmape",
    ]
)
# Words that say "higher is better".
_GAINS = frozenset(
    [
        "acc",
        "accuracy",
        "ap",
        "auc",
        "aupr",
        "auprc",
        "auroc",
        "correlation",
        "dice",
        "explained",
        "f1",
        "f2",
        "fbeta",
        "gain",
        "gini",
        "gmean",
        "hit",
        "hits",
        "iou",
        "jaccard",
        "kappa",
        "lift",
        "map",
        "matthews",
        "mcc",
        "mrr",
        "ndcg",
        "npv",
        "pearson",
        "ppv",
        "precision",
        "profit",
        "r2",
        "recall",
        "revenue",
        "roc",
        "score",
        "sensitivity",
        "spearman",
        "specificity",
        "tn",
        "tnr",
        "tp",
        "tpr",
    ]
)
# The same at the end of words that are written together: logloss, crossentropy.
_LOSS_ENDINGS = ("loss", "error", "entropy", "deviance", "divergence")
# What makes a rate or a count one of mistakes, after "false" or "miss".
_MISTAKES = frozenset(
    {"alarm", "alarms", "discovery", "negative", "negatives", "omission", "positive", "positives"}
)
_WORD = re.compile(r"[A-Z]+(?![a-z])[0-9]*|[A-Z]?[a-z]+[0-9]*|[0-9]+|@")
_DEFAULT_THRESHOLD = 0.95
# Smaller shares of the line are what rounding leaves, not a change for the worse.
_ROUNDING = 1e-11


def is_loss(name: str) -> bool | None:
    """Tell by the words of a metric's name whether lower is better; None if they do not say.

    Words are divided by anything but letters and digits, and by capitals inside. Those after "at"
    only say where a metric is taken: the recall at a false positive rate is a recall.
    """
    words = [word.lower() for word in _WORD.findall(name)]
    words = words[: next((i for i, word in enumerate(words) if i and word in {"at", "@"}), None)]
    pairs = list(itertools.pairwise(words))
    loss = (
        any(word in _LOSSES or word.endswith(_LOSS_ENDINGS) for word in words)
        or any(first == "false" and second in _MISTAKES for first, second in pairs)
        or ("miss", "rate") in pairs
        or ("fall", "out") in pairs
    )
    if words[:1] == ["d2"] or "skill" in words:  # shares of a loss that is explained
        return False
    if ("predictive", "value") in pairs:  # negative ones too
        return False
    is_negated = not {"neg", "negated"}.isdisjoint(words) or any(
        word == "negative" and before not in {"false", "true"}
        for before, word in zip(["", *words], words, strict=False)
    )
    if "likelihood" in words:
        return is_negated
    if loss:
        return not is_negated
    is_gain = (
        not _GAINS.isdisjoint(words)
        or any(first == "true" and second in _MISTAKES for first, second in pairs)
        or ("business", "value") in pairs
    )
    return False if is_gain and not is_negated else None


class Directions:
    """Which metrics are better when lower: as said, or else as told by their names."""

    def __init__(
        self, lower_is_better: Collection[str], higher_is_better: Collection[str], known: set[str]
    ) -> None:
        self._lower = set(names_of("lower_is_better", lower_is_better))
        self._higher = set(names_of("higher_is_better", higher_is_better))
        for argument, names in (
            ("lower_is_better", self._lower),
            ("higher_is_better", self._higher),
        ):
            if unknown := sorted(names - known):
                raise ValueError(
                    f"{argument} names {', '.join(map(repr, unknown))}, which is no metric here; "
                    f"the metrics are {', '.join(sorted(known))}"
                )
        if both := sorted(self._lower & self._higher):
            raise ValueError(
                f"{', '.join(map(repr, both))} cannot be in both lower_is_better and "
                "higher_is_better"
            )

    def is_loss(self, name: str) -> bool:
        """Tell whether lower is better."""
        return name in self._lower or (name not in self._higher and is_loss(name) is True)

    def is_assumed(self, name: str) -> bool:
        """Tell whether neither the caller nor the name says which way is better."""
        return name not in self._lower | self._higher and is_loss(name) is None


def limits_of(thresholds: Any, known: set[str], *, argument: str) -> dict[str, float]:
    """Return the threshold of each metric."""
    limits = dict.fromkeys(known, _DEFAULT_THRESHOLD)
    if isinstance(thresholds, Mapping):
        given = {str(name): value for name, value in thresholds.items()}
        if unknown := sorted(set(given) - known):
            raise ValueError(
                f"{argument} names {', '.join(map(repr, unknown))}, which is no metric here; the "
                f"metrics are {', '.join(sorted(known))}"
            )
        told = {name: f"the threshold for {name}" for name in given}
    else:
        given = dict.fromkeys(known, thresholds)
        told = dict.fromkeys(known, argument)
    for name, value in given.items():
        expected = (
            f"{told[name]} must be a number above 0 and at most 1, the share of the baseline that "
            "is still good"
        )
        if not is_number(value):
            raise TypeError(f"{expected}; got {value!r}, of type {type(value).__name__}")
        limit = as_float(told[name], value)
        if not 0 < limit <= 1:
            raise ValueError(f"{expected}; got {value!r}")
        limits[name] = limit
    return limits


def alert_lines(
    metrics: Collection[str],
    baseline: Mapping[str, float],
    threshold: Any,
    *,
    lower_is_better: Collection[str] = (),
    higher_is_better: Collection[str] = (),
) -> dict[str, float]:
    """Where the alerts of the metrics that have a baseline are raised."""
    known = {*metrics, *baseline}
    limits = limits_of(threshold, known, argument="threshold")
    directions = Directions(lower_is_better, higher_is_better, known)
    return {
        name: line_of(base, limits[name], loss=directions.is_loss(name))
        for name, base in baseline.items()
    }


def line_of(baseline: float, threshold: float, *, loss: bool) -> float:
    """Return the value beyond which a metric is worse than its threshold allows."""
    if baseline >= 0:
        return baseline / threshold if loss else baseline * threshold
    margin = abs(baseline) * ((1 / threshold - 1) if loss else (1 - threshold))
    return baseline + margin if loss else baseline - margin


def is_beyond(value: float, line: float, *, loss: bool) -> bool:
    """Tell whether a value is on the bad side of a line by more than rounding."""
    slack = _ROUNDING * abs(line)
    return value > line + slack if loss else value < line - slack
