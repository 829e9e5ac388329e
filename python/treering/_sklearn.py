"""What treering takes of scikit-learn without a promise that it stays: in this file and no other.

Each has no public way that does the same. `tests/test_private_names.py` holds the reasons, and
fails where one is used elsewhere; with a later scikit-learn this file is what may need a change.
"""

from typing import Any

from sklearn.base import _fit_context as fit_context
from sklearn.utils import _safe_indexing as safe_indexing
from sklearn.utils._param_validation import Interval, RealNotInt, StrOptions
from sklearn.utils.extmath import _approximate_mode as approximate_mode
from sklearn.utils.validation import _check_sample_weight as check_sample_weight
from sklearn.utils.validation import _num_samples as num_samples

__all__ = [
    "Interval",
    "RealNotInt",
    "StrOptions",
    "approximate_mode",
    "check_arguments",
    "check_sample_weight",
    "fit_and_score",
    "fit_context",
    "named_scorers",
    "num_samples",
    "report_failures",
    "safe_indexing",
    "score_model",
    "scores_answers",
    "translate_train_sizes",
    "validate_shuffle_split",
]


def check_arguments(function: Any, **given: Any) -> None:
    """Refuse arguments that scikit-learn's function of the same name refuses."""
    from sklearn.utils._param_validation import validate_parameter_constraints

    validate_parameter_constraints(
        function._skl_parameter_constraints, given, caller_name=function.__name__
    )


def fit_and_score(*args: Any, **keywords: Any) -> Any:
    """Fit and score one candidate on one split, as scikit-learn's searches do."""
    from sklearn.model_selection._validation import _fit_and_score

    return _fit_and_score(*args, **keywords)


def report_failures(outcomes: list[Any], error_score: Any, *, of_callable: bool) -> None:
    """Warn of fits that failed, or raise if all did, and put their scores in place."""
    from sklearn.model_selection._validation import (
        _insert_error_scores,
        _warn_or_raise_about_fit_failures,
    )

    _warn_or_raise_about_fit_failures(outcomes, error_score)
    if of_callable:
        _insert_error_scores(outcomes, error_score)


def score_model(*args: Any) -> Any:
    """Return a model's score, or a dict of scores, with what searches do where scoring fails."""
    from sklearn.model_selection._validation import _score

    return _score(*args)


def named_scorers(scorer: Any) -> dict[str, Any] | None:
    """Return the scorers of several metrics by their names; None for one scorer."""
    from sklearn.metrics._scorer import _MultimetricScorer

    return scorer._scorers if isinstance(scorer, _MultimetricScorer) else None


def scores_answers(scorer: Any) -> bool:
    """Whether a scorer looks at nothing but what a model answers for the rows."""
    from sklearn.metrics._scorer import _BaseScorer, _PassthroughScorer

    named = named_scorers(scorer)
    if named is not None:
        return all(map(scores_answers, named.values()))
    return isinstance(scorer, (_BaseScorer, _PassthroughScorer))


def translate_train_sizes(train_sizes: Any, most: int) -> Any:
    """Turn sizes of training sets into numbers of rows, with scikit-learn's errors."""
    from sklearn.model_selection._validation import _translate_train_sizes

    return _translate_train_sizes(train_sizes, most)


def validate_shuffle_split(*args: Any, **keywords: Any) -> tuple[int, int]:
    """Turn sizes of a split into numbers of rows; imported late, so that trees load quickly."""
    from sklearn.model_selection._split import _validate_shuffle_split

    train, test = _validate_shuffle_split(*args, **keywords)
    return int(train), int(test)
