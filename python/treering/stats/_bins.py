"""Two samples in the bins of the reference."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from treering._axis import label_text
from treering._categories import count_categories, most_first
from treering._checks import is_missing, is_number, one_dimension, whole_number
from treering._core import stats as _native
from treering._frames import backend_of
from treering._results import Result
from treering.stats._samples import float_array, number_array

_MISSING = "missing"
_UNSEEN = "unseen"


class Bin(NamedTuple):
    """One bin of `bin_samples`.

    Attributes
    ----------
    label : str
        What lies in it: a range of numbers, a category, "unseen" or "missing".
    reference, current : int
        How many values of each sample.

    Examples
    --------
    >>> from treering.stats import bin_samples
    >>> bin_samples(["a", "b", "a"], ["b", "c"])[0]
    Bin(label='a', reference=2, current=0)
    """

    label: str
    reference: int
    current: int


@dataclass(frozen=True, slots=True)
class BinnedSamples(Result):
    """The bins of two samples, and how many values of each lie in them.

    Parameters
    ----------
    labels : tuple of str
        What lies in each bin.
    reference, current : tuple of int
        How many values of either sample lie in each bin.
    ends : tuple of float
        The upper ends of all bins of numbers but the last; none for categories.
    backend : str or None, default None
        The library that the samples came from; None for lists and arrays.

    Examples
    --------
    >>> from treering.stats import bin_samples
    >>> binned = bin_samples(range(100), range(50, 150), bins=4)
    >>> binned.ends
    (24.0, 49.0, 74.0)
    >>> binned.current
    (0, 0, 25, 75)
    """

    labels: tuple[str, ...]
    reference: tuple[int, ...]
    current: tuple[int, ...]
    ends: tuple[float, ...] = ()
    backend: str | None = field(default=None, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, place: int) -> Bin:
        return Bin(self.labels[place], self.reference[place], self.current[place])

    def _columns(self) -> dict[str, Any]:
        return {
            "bin": list(self.labels),
            "reference": list(self.reference),
            "current": list(self.current),
        }


def bin_samples(reference: Any, current: Any, *, bins: int = 10) -> BinnedSamples:
    """Count two samples in the bins of the reference: the one rule of all binned distances.

    Parameters
    ----------
    reference, current : array_like
        The samples: numbers, or texts, truth values and categories. Lists, arrays, and columns of
        pandas, polars and pyarrow.
    bins : int, default 10
        How many bins numbers are divided into, from 2 to 1,000.

    Returns
    -------
    BinnedSamples

    Raises
    ------
    ValueError
        If a sample is empty, or `bins` outside its range.
    TypeError
        If one sample holds numbers and the other does not.

    Notes
    -----
    Numbers: the bins end at the reference's quantiles, values of its own, and hold what is above
    the end before, up to their own. The first and the last bin are open, so that no value is lost
    and a single huge one changes nothing. A number that takes two quantiles and more has a bin of
    its own, so that a column of zeros and amounts shows how many zeros there are. The current
    sample never moves the bins: distances of many windows can be compared.

    Categories: each one of the reference has a bin, the most frequent first, and those that the
    current sample alone has share the bin "unseen". Missing values of either kind have the bin
    "missing". Both are there only if a sample holds such values.

    Examples
    --------
    >>> from treering.stats import bin_samples
    >>> bin_samples(["a", "b", "a", None], ["b", "c", "b"]).labels
    ('a', 'b', 'unseen', 'missing')
    """
    whole_number("bins", bins, least=2, most=1000)
    backend = backend_of(reference, current)
    _refuse_empty(len(reference), len(current))
    kinds = [_holds_numbers(values) for values in (reference, current)]
    if kinds[0] != kinds[1]:
        numbers, others = ("reference", "current") if kinds[0] else ("current", "reference")
        raise TypeError(
            f"{numbers} holds numbers and {others} does not; give both in one kind, such as by "
            "astype(float) or astype(str)"
        )
    if kinds[0]:
        return _bin_numbers(reference, current, int(bins), backend)
    return _bin_categories(reference, current, backend)


def _bin_numbers(reference: Any, current: Any, bins: int, backend: str | None) -> BinnedSamples:
    before, now = (
        float_array(one_dimension(name, number_array(values, name)))
        for values, name in ((reference, "reference"), (current, "current"))
    )
    ends = _native.bin_ends(before, bins).tolist()
    counted = [_native.bin_counts(values, ends) for values in (before, now)]
    labels = list(_range_labels(ends))
    missing = [missing for _, missing in counted]
    counts = [found.tolist() for found, _ in counted]
    if any(missing):
        labels.append(_MISSING)
        counts = [[*found, lost] for found, lost in zip(counts, missing, strict=True)]
    return BinnedSamples(tuple(labels), tuple(counts[0]), tuple(counts[1]), tuple(ends), backend)


def _range_labels(ends: list[float]) -> Iterable[str]:
    """Write what lies between the ends; of a number and the one before it, the number alone."""
    for low, high in zip([-np.inf, *ends], [*ends, np.inf], strict=True):
        if np.nextafter(low, np.inf) == high:
            yield f"= {high:g}"
        elif low == -np.inf:
            yield "all" if high == np.inf else f"up to {high:g}"
        elif high == np.inf:
            yield f"above {low:g}"
        else:
            yield f"{low:g} to {high:g}"


def _bin_categories(reference: Any, current: Any, backend: str | None) -> BinnedSamples:
    before, missing_before = count_categories(reference)
    now, missing_now = count_categories(current)
    known, *counts = counts_in_bins(before, now)
    labels = [label_text(category) for category in known]
    if len(counts[0]) > len(known):
        labels.append(_UNSEEN)
    if missing_before or missing_now:
        labels.append(_MISSING)
        counts = [[*counts[0], missing_before], [*counts[1], missing_now]]
    return BinnedSamples(tuple(labels), tuple(counts[0]), tuple(counts[1]), (), backend)


def counts_in_bins(
    before: Mapping[Any, int], now: Mapping[Any, int]
) -> tuple[list[Any], list[int], list[int]]:
    """Return the reference's categories, the most frequent first, and both samples' counts of them.

    Behind these counts stands one of all categories that the current sample alone has, if any.
    """
    known = [category for category, _ in sorted(before.items(), key=most_first)]
    counts = [before[category] for category in known], [now.get(each, 0) for each in known]
    unseen = sum(count for category, count in now.items() if category not in before)
    if unseen:
        counts[0].append(0)
        counts[1].append(unseen)
    return known, *counts


def _refuse_empty(before: int, now: int) -> None:
    for size, name in ((before, "reference"), (now, "current")):
        if size == 0:
            raise ValueError(f"{name} is empty; expected at least one observation")


def _holds_numbers(values: Any) -> bool:
    """Whether a sample holds numbers, rather than categories; truth values are categories."""
    array = _as_array(values)
    if array is None:
        return False
    if array.dtype.kind == "O":
        items = [item for item in array.flat if not is_missing(item)]
        return bool(items) and all(is_number(item) for item in items)
    if array.dtype.kind not in "iufbUST":
        raise TypeError(f"a sample must hold numbers or categories; got {array.dtype}")
    return array.dtype.kind in "iuf"


def _as_array(values: Any) -> NDArray[Any] | None:
    """Return an array of a sample; None for a column of categories of another library."""
    column = nw.from_native(values, series_only=True, pass_through=True)
    if isinstance(column, nw.Series):
        dtype = column.dtype
        if dtype.is_temporal():
            raise TypeError(f"a sample must hold numbers or categories; got {dtype}")
        if not (dtype.is_numeric() or dtype == nw.Object):
            return None
        return np.asarray(values, dtype=None if dtype != nw.Object else object)
    # A list of texts with NaN in it is no list of texts.
    return np.asarray(values, dtype=object if isinstance(values, list | tuple) else None)
