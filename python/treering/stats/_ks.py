"""The two-sample Kolmogorov-Smirnov test."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal, Self, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from treering._checks import one_of, whole_number
from treering._core import stats as _native
from treering._frames import backend_of
from treering._results import Result, field_names
from treering.stats._samples import FloatArray, exact_levels, float_array, number_array

_ALTERNATIVES = {"t": "two-sided", "l": "less", "g": "greater"}
_METHODS = ("auto", "exact", "asymp")
_NAN_POLICIES = ("propagate", "omit", "raise")


@dataclass(frozen=True, slots=True)
class KstestResult(Result):
    """The result of `ks_2samp`.

    Like SciPy's, it unpacks and indexes as ``(statistic, pvalue)``. For samples of more than one
    dimension the attributes are arrays.

    Parameters
    ----------
    statistic : float or ndarray
        The largest distance between both empirical distribution functions, from 0 to 1.
    pvalue : float or ndarray
        The p-value.
    statistic_location : float or ndarray
        The observation at which that distance is reached.
    statistic_sign : int, float or ndarray
        1 where the first sample's distribution function is above the second's there, -1 where it
        is below; NaN, as everything else, if the result is undefined.
    backend : str or None, default None
        The library that the samples came from; None for lists and arrays.

    Examples
    --------
    >>> from treering.stats import KstestResult
    >>> statistic, pvalue = KstestResult(0.5, 0.2, 3.0, 1)
    >>> pvalue
    0.2
    """

    statistic: Any
    pvalue: Any
    statistic_location: Any
    statistic_sign: Any
    backend: str | None = field(default=None, repr=False, compare=False)

    def __iter__(self) -> Iterator[Any]:
        yield self.statistic
        yield self.pvalue

    def __len__(self) -> int:
        return 2

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Any, ...]: ...
    def __getitem__(self, index: int | slice) -> Any:
        return (self.statistic, self.pvalue)[index]

    @classmethod
    def _table(cls, rows: Sequence[Self]) -> dict[str, Any]:
        """Return a row for each test; samples of more dimensions hold many."""
        names = field_names(cls, seen=True)
        return {
            name: np.concatenate([np.ravel(getattr(row, name)) for row in rows]) for name in names
        }


def ks_2samp(
    data1: ArrayLike,
    data2: ArrayLike,
    alternative: str = "two-sided",
    method: str = "auto",
    *,
    axis: int | None = 0,
    nan_policy: Literal["propagate", "omit", "raise"] = "propagate",
    keepdims: bool = False,
) -> KstestResult:
    """Test whether two samples come from one continuous distribution.

    Signature, defaults and results are those of `scipy.stats.ks_2samp`.

    Parameters
    ----------
    data1, data2 : array_like
        The samples; sizes may differ. Numbers of any width, lists, pandas or polars Series.
        Infinities are ordinary values, since only the order matters.
    alternative : {'two-sided', 'less', 'greater'}, default 'two-sided'
        What the test looks for, said about distribution functions: 'less' means that the first
        sample's lies below the second's somewhere, so its values tend to be the greater ones.
    method : {'auto', 'exact', 'asymp'}, default 'auto'
        How the p-value is computed; 'auto' means exact up to 10,000 values in the larger sample.
    axis : int or None, default 0
        The axis along which the observations lie; None flattens both samples first.
    nan_policy : {'propagate', 'omit', 'raise'}, default 'propagate'
        What to do about NaN: return NaN, leave them out, or raise ValueError.
    keepdims : bool, default False
        Whether the axis stays in the result, with length 1.

    Returns
    -------
    KstestResult
        The statistic and p-value, the statistic's location and sign.

    Raises
    ------
    ValueError
        If a sample is empty, a parameter is not one of those above, or there are NaN under
        ``nan_policy='raise'``.
    TypeError
        If a sample does not hold numbers.

    Warns
    -----
    RuntimeWarning
        If an exact p-value is not possible and the asymptotic one is returned, or if nothing is
        left of a sample after its NaN were omitted.

    Notes
    -----
    An exact p-value is not possible, as in SciPy, where the least common multiple of the sample
    sizes is too large, or in one-sided tests of different sizes where the number of possible
    orders overflows a double (some 1,000 values together).

    References
    ----------
    .. [1] J. L. Hodges, "The significance probability of the Smirnov two-sample test", Arkiv för
       Matematik 3 (1958).
    .. [2] R. Simard and P. L'Ecuyer, "Computing the two-sided Kolmogorov-Smirnov distribution",
       Journal of Statistical Software 39 (2011).
    .. [3] T. Viehmann, "Numerically more stable computation of the p-values for the two-sample
       Kolmogorov-Smirnov test" (2021).

    Examples
    --------
    >>> from treering.stats import ks_2samp
    >>> result = ks_2samp([1, 2, 3, 4], [3, 4, 5, 6])
    >>> result.statistic, result.statistic_location, result.statistic_sign
    (0.5, 2.0, 1)
    >>> round(result.pvalue, 4)
    0.7714
    """
    is_text = isinstance(alternative, str)
    name = _ALTERNATIVES.get(alternative[:1].lower(), alternative) if is_text else alternative
    one_of("alternative", name, _ALTERNATIVES.values(), optional=False)
    one_of("method", method, _METHODS, optional=False)
    one_of("nan_policy", nan_policy, _NAN_POLICIES, optional=False)
    numbers1, numbers2 = number_array(data1, "data1"), number_array(data2, "data2")
    backend = backend_of(data1, data2)
    levels = None
    if (ranked := exact_levels(numbers1, numbers2)) is not None:
        levels, numbers1, numbers2 = ranked
    first, second = float_array(numbers1), float_array(numbers2)
    dimensions = max(first.ndim, second.ndim, 1)
    if axis is None:
        first, second, axis = first.ravel(), second.ravel(), 0
    else:
        axis = whole_number("axis", axis, least=-dimensions, most=dimensions - 1)
    if first.ndim == second.ndim == 1 and axis in (0, -1) and not keepdims:
        row = _test(first, second, name, method, nan_policy)
        location = row[2] if levels is None else levels[int(row[2])].item()
        _warn(fallback=row[4], emptied=row[5])
        return KstestResult(row[0], row[1], location, row[3], backend)
    test = partial(_test, alternative=name, method=method, policy=nan_policy)
    result = replace(
        _along_axis(test, first, second, axis % dimensions, keepdims=keepdims), backend=backend
    )
    if levels is None:
        return result
    return replace(result, statistic_location=levels[result.statistic_location.astype(np.intp)])


# Statistic, p-value, location and sign, all NaN if undefined; whether the p-value fell back to the
# asymptotic one, whether omitting NaN left nothing.
_Row = tuple[float, float, float, float, bool, bool]


def _test(
    first: FloatArray, second: FloatArray, alternative: str, method: str, policy: str
) -> _Row:
    if first.size == 0 or second.size == 0:
        name = "data2" if first.size else "data1"
        raise ValueError(f"{name} is empty; expected at least one observation in either sample")
    if policy == "omit":
        first, second = first[~np.isnan(first)], second[~np.isnan(second)]
        if first.size == 0 or second.size == 0:
            return np.nan, np.nan, np.nan, np.nan, False, True
    statistic, pvalue, location, sign, fallback = _native.ks_2samp(
        first, second, alternative, method
    )
    if sign != 0:
        return statistic, pvalue, location, sign, fallback, False
    if policy == "raise":
        raise ValueError("the samples contain NaN; drop them, or pass nan_policy='omit'")
    return np.nan, np.nan, np.nan, np.nan, fallback, False


def _along_axis(
    test: Callable[[FloatArray, FloatArray], _Row],
    first: FloatArray,
    second: FloatArray,
    axis: int,
    *,
    keepdims: bool,
) -> KstestResult:
    dimensions = max(first.ndim, second.ndim, 1)

    def observations_last(sample: FloatArray) -> NDArray[Any]:
        padded = sample.reshape((1,) * (dimensions - sample.ndim) + sample.shape)
        return np.moveaxis(padded, axis, -1)

    firsts, seconds = observations_last(first), observations_last(second)
    shape = np.broadcast_shapes(firsts.shape[:-1], seconds.shape[:-1])
    firsts = np.broadcast_to(firsts, shape + firsts.shape[-1:])
    seconds = np.broadcast_to(seconds, shape + seconds.shape[-1:])
    rows = [test(firsts[at], seconds[at]) for at in np.ndindex(shape)]
    _warn(fallback=any(row[4] for row in rows), emptied=any(row[5] for row in rows))
    if keepdims:
        shape = (*shape[:axis], 1, *shape[axis:])

    def column(index: int) -> NDArray[np.float64]:
        return np.array([row[index] for row in rows], dtype=np.float64).reshape(shape)

    return KstestResult(column(0), column(1), column(2), column(3))


def _warn(*, fallback: bool, emptied: bool) -> None:
    if fallback:
        warnings.warn(
            "ks_2samp: an exact p-value is not possible for samples of these sizes; "
            "the asymptotic p-value is returned",
            RuntimeWarning,
            stacklevel=3,
        )
    if emptied:
        warnings.warn(
            "ks_2samp: nothing is left of a sample after its NaN were omitted; the result is NaN",
            RuntimeWarning,
            stacklevel=3,
        )
