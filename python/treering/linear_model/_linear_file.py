"""What a linear model keeps in a file: a row of coefficients for each output."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from treering._model_file import ModelFileMixin, expect


class LinearFileMixin(ModelFileMixin):
    """Saving of models that multiply columns by coefficients."""

    coef_: Any
    intercept_: Any
    n_features_in_: int

    _kept_attributes: ClassVar[tuple[str, ...]] = (
        "coef_",
        "intercept_",
        "n_iter_",
        "rank_",
        "singular_",
        "solver_",
        "dual_gap_",
    )

    def _check_restored(self, _predictor: None) -> None:
        coefficients: Any = vars(self).get("coef_")
        intercept: Any = vars(self).get("intercept_")
        expect("coef_", isinstance(coefficients, np.ndarray) and coefficients.dtype.kind == "f")
        shape = np.shape(coefficients)
        expect("coef_", len(shape) in (1, 2) and shape[-1] == self.n_features_in_)
        kinds = (float, np.floating, np.ndarray)
        expect("intercept_", isinstance(intercept, kinds))
        expect("intercept_", np.asarray(intercept).dtype.kind == "f")
        # A constant 0, or one for each output; a column of one output has one in a row.
        expect("intercept_", np.shape(intercept) in {(), shape[:-1] or (1,)})
