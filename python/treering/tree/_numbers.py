"""Numbers of one output or of several."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from treering._core.tree import Tree
from treering._validation import refuse_dates

# What a good split can be measured by
CRITERIA = {"squared_error", "absolute_error", "poisson"}


def current_criterion(criterion: str) -> str:
    """Replace a name that scikit-learn gives up, with its warning, when an estimator is made."""
    if isinstance(criterion, str) and criterion == "friedman_mse":
        warnings.warn(
            "criterion='friedman_mse' is deprecated and means 'squared_error', whose splits are "
            "the same",
            FutureWarning,
            stacklevel=3,
        )
        return "squared_error"
    return criterion


class NumbersMixin:
    """Labels and results of a regressor."""

    n_outputs_: int

    def _learn(self: Any, y: NDArray[Any]) -> tuple[NDArray[np.float64], None]:
        """Check y; return it as a row of numbers for each row, and no numbers of classes."""
        refuse_dates("y", y)
        try:
            numbers = np.asarray(y, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"y must hold numbers, of which a regressor learns the mean ({error}); for text "
                "and other classes use a classifier"
            ) from error
        if self.criterion == "poisson":
            _check_counts(numbers)
        self.n_outputs_ = 1 if numbers.ndim == 1 else numbers.shape[1]
        return np.ascontiguousarray(numbers.reshape(len(numbers), self.n_outputs_)), None

    def _shape_numbers(self, answers: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return one number for each row, or a row of them for several outputs."""
        return answers[:, 0] if self.n_outputs_ == 1 else answers


def _check_counts(numbers: NDArray[np.float64]) -> None:
    negative = np.argwhere(numbers < 0)
    if len(negative):
        place = tuple(negative[0])
        raise ValueError(
            "Some value(s) of y are negative which is not allowed for Poisson regression. Row "
            f"{place[0]} holds {numbers[place]}; expected numbers of 0 or more"
        )
    if not numbers.sum() > 0:
        raise ValueError(
            "Sum of y is not strictly positive which is necessary for Poisson regression. y holds "
            "zeros alone; expected a number above 0"
        )


def partial_dependence(
    trees: list[Tree], grid: ArrayLike, target_features: ArrayLike
) -> NDArray[np.float64]:
    """Return the mean answer of trees for every row of a grid of values for some columns."""
    values = np.asarray(grid, dtype=np.float32)
    columns = np.asarray(target_features, dtype=np.int64)
    sums = np.zeros(len(values))
    for tree in trees:
        tree.compute_partial_dependence(values, columns, sums)
    return sums / len(trees)
