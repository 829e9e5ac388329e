"""How far two samples are apart, by the shares of their values in bins."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from treering._checks import as_float, is_number, shown
from treering._core import stats as _native
from treering.stats._bins import bin_samples, counts_in_bins

_SMOOTHING = 0.5
"""What is added to each bin unless somebody asks for more, or less."""

_KINDS = {"kl_divergence": "kl"}
"""What the core calls a distance otherwise than its function is called."""


def psi(reference: Any, current: Any, *, bins: int = 10, smoothing: float = 0.5) -> float:
    """Return the population stability index of two samples.

    The sum over all bins of (c - r) ln(c / r), of the shares r of the reference and c of the
    current sample. Of two samples of n and m rows of one distribution in k bins it is about
    (k - 1) (1 / n + 1 / m): a fixed threshold such as 0.1 says little about some hundred rows.

    Parameters
    ----------
    reference, current : array_like
        The samples: numbers, or texts, truth values and categories; see `bin_samples`.
    bins : int, default 10
        How many bins numbers are divided into.
    smoothing : float, default 0.5
        How many observations are added to each bin of both samples.

    Returns
    -------
    float
        0 for equal shares; there is no upper limit.

    Raises
    ------
    ValueError
        If a sample is empty, or a parameter outside its range.
    TypeError
        If one sample holds numbers and the other does not.

    Examples
    --------
    >>> from treering.stats import psi
    >>> round(psi(["a"] * 60 + ["b"] * 40, ["a"] * 40 + ["b"] * 60), 3)
    0.159
    """
    return _distance(reference, current, bins, smoothing, "psi")


def kl_divergence(reference: Any, current: Any, *, bins: int = 10, smoothing: float = 0.5) -> float:
    """Return the divergence of Kullback and Leibler.

    The sum over all bins of r ln(r / c): how much the reference surprises whoever expects the
    current sample, in nats. It is not symmetric.

    Parameters
    ----------
    reference, current : array_like
        The samples: numbers, or texts, truth values and categories; see `bin_samples`.
    bins : int, default 10
        How many bins numbers are divided into.
    smoothing : float, default 0.5
        How many observations are added to each bin of both samples.

    Returns
    -------
    float
        0 for equal shares; there is no upper limit.

    Raises
    ------
    ValueError
        If a sample is empty, or a parameter outside its range.
    TypeError
        If one sample holds numbers and the other does not.

    References
    ----------
    .. [1] S. Kullback and R. A. Leibler, "On information and sufficiency", Annals of Mathematical
       Statistics 22 (1951).

    Examples
    --------
    >>> from treering.stats import kl_divergence
    >>> round(kl_divergence(["a"] * 60 + ["b"] * 40, ["a"] * 40 + ["b"] * 60), 4)
    0.0795
    """
    return _distance(reference, current, bins, smoothing, "kl")


def jensen_shannon(
    reference: Any, current: Any, *, bins: int = 10, smoothing: float = 0.5
) -> float:
    """Return the distance of Jensen and Shannon.

    The root of the mean of both divergences from the middle of the two samples, by base 2.

    Parameters
    ----------
    reference, current : array_like
        The samples: numbers, or texts, truth values and categories; see `bin_samples`.
    bins : int, default 10
        How many bins numbers are divided into.
    smoothing : float, default 0.5
        How many observations are added to each bin of both samples.

    Returns
    -------
    float
        0 for equal shares, 1 for samples with nothing in common.

    Raises
    ------
    ValueError
        If a sample is empty, or a parameter outside its range.
    TypeError
        If one sample holds numbers and the other does not.

    References
    ----------
    .. [1] D. M. Endres and J. E. Schindelin, "A new metric for probability distributions", IEEE
       Transactions on Information Theory 49 (2003).

    Examples
    --------
    >>> from treering.stats import jensen_shannon
    >>> round(jensen_shannon(["a"] * 60 + ["b"] * 40, ["a"] * 40 + ["b"] * 60), 4)
    0.1687
    """
    return _distance(reference, current, bins, smoothing, "jensen_shannon")


def hellinger(reference: Any, current: Any, *, bins: int = 10, smoothing: float = 0.5) -> float:
    """Return Hellinger's distance of two samples.

    The root of 1 - sum of sqrt(r c), over all bins.

    Parameters
    ----------
    reference, current : array_like
        The samples: numbers, or texts, truth values and categories; see `bin_samples`.
    bins : int, default 10
        How many bins numbers are divided into.
    smoothing : float, default 0.5
        How many observations are added to each bin of both samples.

    Returns
    -------
    float
        0 for equal shares, 1 for samples with nothing in common.

    Raises
    ------
    ValueError
        If a sample is empty, or a parameter outside its range.
    TypeError
        If one sample holds numbers and the other does not.

    Examples
    --------
    >>> from treering.stats import hellinger
    >>> round(hellinger(["a"] * 60 + ["b"] * 40, ["a"] * 40 + ["b"] * 60), 4)
    0.1407
    """
    return _distance(reference, current, bins, smoothing, "hellinger")


def total_variation(
    reference: Any, current: Any, *, bins: int = 10, smoothing: float = 0.5
) -> float:
    """Return the total variation distance of two samples.

    Half of the sum of |r - c| over all bins: the share of values that would have to move.

    Parameters
    ----------
    reference, current : array_like
        The samples: numbers, or texts, truth values and categories; see `bin_samples`.
    bins : int, default 10
        How many bins numbers are divided into.
    smoothing : float, default 0.5
        How many observations are added to each bin of both samples.

    Returns
    -------
    float
        0 for equal shares, 1 for samples with nothing in common.

    Raises
    ------
    ValueError
        If a sample is empty, or a parameter outside its range.
    TypeError
        If one sample holds numbers and the other does not.

    Examples
    --------
    >>> from treering.stats import total_variation
    >>> round(total_variation(["a"] * 60 + ["b"] * 40, ["a"] * 40 + ["b"] * 60, smoothing=0), 4)
    0.2
    """
    return _distance(reference, current, bins, smoothing, "total_variation")


def l_infinity(reference: Any, current: Any, *, bins: int = 10, smoothing: float = 0.5) -> float:
    """Return the greatest difference of the shares in a bin.

    The greatest |r - c| of all bins.

    Parameters
    ----------
    reference, current : array_like
        The samples: numbers, or texts, truth values and categories; see `bin_samples`.
    bins : int, default 10
        How many bins numbers are divided into.
    smoothing : float, default 0.5
        How many observations are added to each bin of both samples.

    Returns
    -------
    float
        0 for equal shares, 1 for samples that each lie in one bin, and not in the same.

    Raises
    ------
    ValueError
        If a sample is empty, or a parameter outside its range.
    TypeError
        If one sample holds numbers and the other does not.

    Examples
    --------
    >>> from treering.stats import l_infinity
    >>> round(l_infinity(["a"] * 60 + ["b"] * 40, ["a"] * 40 + ["b"] * 60, smoothing=0), 4)
    0.2
    """
    return _distance(reference, current, bins, smoothing, "l_infinity")


def cramers_v(reference: Any, current: Any, *, bins: int = 10, smoothing: float = 0.5) -> float:
    """Return Cramer's V of two samples.

    The effect size of the chi-squared test of the counts in all bins, which does not grow with the
    sizes of the samples. Without smoothing it is `chi2_2samp`'s.

    Parameters
    ----------
    reference, current : array_like
        The samples: numbers, or texts, truth values and categories; see `bin_samples`.
    bins : int, default 10
        How many bins numbers are divided into.
    smoothing : float, default 0.5
        How many observations are added to each bin of both samples.

    Returns
    -------
    float
        0 for equal shares, 1 for samples with nothing in common.

    Raises
    ------
    ValueError
        If a sample is empty, or a parameter outside its range.
    TypeError
        If one sample holds numbers and the other does not.

    Examples
    --------
    >>> from treering.stats import cramers_v
    >>> round(cramers_v(["a"] * 60 + ["b"] * 40, ["a"] * 40 + ["b"] * 60, smoothing=0), 4)
    0.2
    """
    return _distance(reference, current, bins, smoothing, "cramers_v")


def _distance(reference: Any, current: Any, bins: int, smoothing: float, kind: str) -> float:
    binned = bin_samples(reference, current, bins=bins)
    if not is_number(smoothing):
        raise TypeError(f"smoothing must be a number; got {shown(smoothing)}")
    return _of_bins(binned.reference, binned.current, as_float("smoothing", smoothing), kind)


def distance_of_counts(name: str, before: Mapping[str, int], now: Mapping[str, int]) -> float:
    """Return what the function of this name finds in two samples of these categories."""
    _, then, after = counts_in_bins(before, now)
    return _of_bins(then, after, _SMOOTHING, _KINDS.get(name, name))


def _of_bins(before: Sequence[int], now: Sequence[int], smoothing: float, kind: str) -> float:
    then, after = (np.array(counts, dtype=np.int64) for counts in (before, now))
    return _native.divergence(then, after, smoothing, kind)
