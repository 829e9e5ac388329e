"""Numbers of one output or of several."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray


class NumbersMixin:
    """Labels and results of a regressor."""

    n_outputs_: int

    def _learn_numbers(self: Any, y: NDArray[Any]) -> NDArray[np.float64]:
        """Check y, and return it as a row of numbers for each row."""
        if self.criterion == "friedman_mse":
            warnings.warn(
                "criterion='friedman_mse' is deprecated and means 'squared_error', whose splits "
                "are the same",
                FutureWarning,
                stacklevel=4,
            )
        try:
            numbers = np.asarray(y, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise ValueError(f"y must hold numbers ({error})") from error
        self.n_outputs_ = 1 if numbers.ndim == 1 else numbers.shape[1]
        return np.ascontiguousarray(numbers.reshape(len(numbers), self.n_outputs_))

    def _shape_numbers(self, answers: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return one number for each row, or a row of them for several outputs."""
        return answers[:, 0] if self.n_outputs_ == 1 else answers
