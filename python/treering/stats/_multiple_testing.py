"""P-values adjusted for the number of tests."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from treering._checks import float_array, one_of
from treering._core import stats as _native
from treering._corrections import CORRECTIONS, Correction


def adjust_pvalues(pvalues: ArrayLike, method: Correction = "fdr_bh") -> NDArray[np.float64]:
    """Adjust p-values for the number of tests made together.

    Reject where the adjusted p-value is below alpha: then the chance of any false rejection
    ('bonferroni', 'holm') or the expected share of false ones among the rejections ('fdr_bh',
    'fdr_by') is at most alpha.

    Parameters
    ----------
    pvalues : array_like of shape (n_tests,)
        The p-values. NaN means that no test was made: it stays NaN and is not counted.
    method : {'bonferroni', 'holm', 'fdr_bh', 'fdr_by'}, default 'fdr_bh'
        'holm' is never worse than 'bonferroni'. 'fdr_bh' (Benjamini and Hochberg) is for
        independent or positively dependent tests, 'fdr_by' (Benjamini and Yekutieli) for any.

    Returns
    -------
    ndarray of shape (n_tests,)
        The adjusted p-values, in the order given.

    Raises
    ------
    ValueError
        If a p-value is outside 0..1, the method is unknown, or the array is not one-dimensional.

    References
    ----------
    .. [1] S. Holm, "A simple sequentially rejective multiple test procedure" (1979).
    .. [2] Y. Benjamini and Y. Hochberg, "Controlling the false discovery rate" (1995).
    .. [3] Y. Benjamini and D. Yekutieli, "The control of the false discovery rate in multiple
       testing under dependency" (2001).

    Examples
    --------
    >>> from treering.stats import adjust_pvalues
    >>> adjust_pvalues([0.01, 0.04, float("nan")], method="holm")
    array([0.02, 0.04,  nan])
    """
    one_of("method", method, CORRECTIONS, optional=False)
    array = float_array("pvalues", pvalues)
    if array.ndim != 1:
        raise ValueError(
            f"pvalues must be one-dimensional; got {array.ndim} dimensions: flatten them first, "
            "so that all tests are counted"
        )
    return _native.adjust_pvalues(array, method)
