"""How far two samples are apart, in the unit of their values."""

from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from treering._core import stats as _native
from treering.stats._samples import float_array, is_wide, number_array


def wasserstein_distance(
    u_values: ArrayLike,
    v_values: ArrayLike,
    u_weights: ArrayLike | None = None,
    v_weights: ArrayLike | None = None,
) -> float:
    """Return how far values of one sample have to be moved to make the other, on average.

    Also called the earth mover's distance, or Wasserstein-1: the area between both distribution
    functions. Signature and results are those of `scipy.stats.wasserstein_distance`.

    Parameters
    ----------
    u_values, v_values : array_like
        The samples, one-dimensional; sizes may differ.
    u_weights, v_weights : array_like or None, default None
        A weight for each value; SciPy's function computes weighted distances.

    Returns
    -------
    float
        In the unit of the values; NaN if a sample contains NaN, infinite if the samples have
        different shares of an infinity.

    Raises
    ------
    ValueError
        If a sample is empty or has more than one dimension.
    TypeError
        If a sample does not hold numbers.

    Examples
    --------
    >>> from treering.stats import wasserstein_distance
    >>> wasserstein_distance([0, 1, 3], [5, 6, 8])
    5.0
    """
    return _distance("wasserstein", (u_values, v_values), (u_weights, v_weights))


def energy_distance(
    u_values: ArrayLike,
    v_values: ArrayLike,
    u_weights: ArrayLike | None = None,
    v_weights: ArrayLike | None = None,
) -> float:
    """Return the energy distance of two samples.

    The root of twice the squared difference of both distribution functions, integrated over the
    values. Signature and results are those of `scipy.stats.energy_distance`.

    Parameters
    ----------
    u_values, v_values : array_like
        The samples, one-dimensional; sizes may differ.
    u_weights, v_weights : array_like or None, default None
        A weight for each value; SciPy's function computes weighted distances.

    Returns
    -------
    float
        In the root of the unit of the values; NaN if a sample contains NaN, infinite if the
        samples have different shares of an infinity.

    Raises
    ------
    ValueError
        If a sample is empty or has more than one dimension.
    TypeError
        If a sample does not hold numbers.

    References
    ----------
    .. [1] G. J. Szekely, "E-statistics: the energy of statistical samples" (2002).

    Examples
    --------
    >>> from treering.stats import energy_distance
    >>> energy_distance([0, 8], [0, 8, 8])
    0.6666666666666667
    """
    return _distance("energy", (u_values, v_values), (u_weights, v_weights))


def _distance(kind: str, values: tuple[ArrayLike, ArrayLike], weights: tuple[Any, Any]) -> float:
    samples = []
    for given, name in zip(values, ("u_values", "v_values"), strict=True):
        sample = number_array(given, name)
        if sample.ndim != 1:
            raise ValueError(f"{name} must have one dimension; got {sample.ndim}")
        if sample.size == 0:
            raise ValueError(f"{name} is empty; expected at least one observation")
        samples.append(sample)
    if any(weight is not None for weight in weights):
        weighted = getattr(import_module("scipy.stats"), f"{kind}_distance")
        return float(weighted(*samples, *weights))
    first, second = (float_array(sample) for sample in _near_zero(samples))
    return _native.distance(first, second, kind)


def _near_zero(samples: list[Any]) -> list[Any]:
    """Move whole numbers that double precision would round next to zero, where it holds them."""
    are_whole = all(sample.dtype.kind in "iu" for sample in samples)
    if not (are_whole and any(map(is_wide, samples))):
        return samples
    least = min(int(sample.min()) for sample in samples)
    most = max(int(sample.max()) for sample in samples)
    if most - least >= 2**63:
        return samples
    return [np.subtract(sample, least, dtype=object).astype(np.int64) for sample in samples]
