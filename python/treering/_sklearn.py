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
    "check_sample_weight",
    "fit_context",
    "num_samples",
    "safe_indexing",
    "validate_shuffle_split",
]


def validate_shuffle_split(*args: Any, **keywords: Any) -> tuple[int, int]:
    """Turn sizes of a split into numbers of rows; imported late, so that trees load quickly."""
    from sklearn.model_selection._split import _validate_shuffle_split

    train, test = _validate_shuffle_split(*args, **keywords)
    return int(train), int(test)
