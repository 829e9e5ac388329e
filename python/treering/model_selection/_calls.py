"""The one doorway of cross-validation: fits that are shared, or scikit-learn."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sklearn.base import BaseEstimator, is_classifier
from sklearn.model_selection import check_cv
from sklearn.utils import indexable

from treering._jobs import check_jobs
from treering._sklearn import check_arguments
from treering._validation import checked_sparse
from treering.model_selection._candidates import CannotShareError, may_share
from treering.model_selection._shared_fits import SharedFits

Answer = TypeVar("Answer")

_METRICS = "treering.metrics"


@dataclass
class Call:
    """What a checked call asks to be split and fitted."""

    X: Any
    y: Any
    groups: Any
    # The splitter, or the splits once they are drawn
    cv: Any
    n_jobs: int | None

    def draw_splits(self) -> list[Any]:
        """Return the splits, and keep them: a splitter may draw others the next time."""
        splits = list(self.cv.split(self.X, self.y, self.groups))
        self.cv = splits
        return splits

    def fits(self) -> SharedFits:
        """Return fits on the splits, which this draws."""
        return SharedFits(self.X, self.y, self.draw_splits(), self.n_jobs)


def refuse_metrics(scoring: Any) -> None:
    """Refuse functions of `treering.metrics` as scorers, as scikit-learn does those of its own."""
    given = scoring.values() if isinstance(scoring, Mapping) else [scoring]
    for scorer in given:
        if callable(scorer) and str(getattr(scorer, "__module__", "")).startswith(_METRICS):
            raise ValueError(
                f"scoring is {scorer.__name__}, a metric of true and predicted values, where a "
                "scorer of an estimator and rows is expected: pass a name such as "
                "'neg_root_mean_squared_error', or sklearn.metrics.make_scorer(...) of it"
            )


def share_or_delegate(
    function: Callable[..., Any],
    shared: Callable[[Call], Answer],
    estimator: BaseEstimator,
    X: Any,
    y: Any,
    **options: Any,
) -> Answer:
    """Answer a call of a function of scikit-learn's from shared fits, or by that function.

    Parameters
    ----------
    function : callable
        Scikit-learn's function, which refuses what it refuses, and answers what cannot be shared.
    shared : callable
        Answers from shared fits; raises CannotShareError where it cannot.
    estimator, X, y : object
        What the call gives first.
    **options : object
        Everything else, by the names that `function` has for it.
    """
    check_jobs(options["n_jobs"])
    refuse_metrics(options.get("scoring"))
    X = checked_sparse(X)  # before SciPy takes rows of it
    if may_share(estimator, y, options["params"]):
        check_arguments(function, **options)
        X, y, groups = indexable(X, y, options["groups"])
        splitter = check_cv(options["cv"], y, classifier=is_classifier(estimator))
        call = Call(X, y, groups, splitter, options["n_jobs"])
        try:
            return shared(call)
        except CannotShareError:
            options["cv"] = call.cv
    by_scikit_learn: Answer = function(estimator, X, y, **options)
    return by_scikit_learn
