"""How far columns of two profiles are apart: between which numbers for certain."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from treering._checks import as_float, between_0_and_1, one_of, quoted, shown, whole_number
from treering._core.profile import ks_pvalue
from treering._results import Result
from treering.profile._describing import kinds_of

if TYPE_CHECKING:
    from treering._kinds import Kind
    from treering.profile._profile import Profile

ProfileVerdict = Literal["drift", "no drift", "undecided"]
Test = Literal[
    "ks_2samp",
    "wasserstein_distance",
    "psi",
    "kl_divergence",
    "jensen_shannon",
    "hellinger",
    "total_variation",
    "l_infinity",
    "cramers_v",
]

# What the core calls them
_OF_NUMBERS = {"ks_2samp": "ks", "wasserstein_distance": "wasserstein"}
_OF_BINS = {"kl_divergence": "kl"} | {
    name: name
    for name in ("psi", "jensen_shannon", "hellinger", "total_variation", "l_infinity", "cramers_v")
}


@dataclass(frozen=True, slots=True, repr=False)
class BoundedTest(Result):
    """A test of two profiled columns, whose statistic is known to lie between two numbers.

    Parameters
    ----------
    column : str
        The column.
    statistic_low, statistic_high : float
        Between these the statistic lies for certain.
    pvalue_low, pvalue_high : float
        And the p-value between these.
    backend : str or None, default None
        The library that the reference came from; None for arrays and files.

    Examples
    --------
    >>> import numpy as np
    >>> from treering.profile import Profile, compare
    >>> ramp = np.arange(100.0)[:, None]
    >>> test = compare(Profile.of(ramp), Profile.of(ramp + 50), "x0", "ks_2samp")
    >>> test.statistic_low, test.statistic_high, test.verdict()
    (0.5, 0.5, 'drift')
    """

    column: str
    statistic_low: float
    statistic_high: float
    pvalue_low: float
    pvalue_high: float
    backend: str | None = field(default=None, repr=False, compare=False)

    def verdict(self, alpha: float = 0.05) -> ProfileVerdict:
        """Say whether the columns drifted, as far as the profiles can tell.

        Parameters
        ----------
        alpha : float, default 0.05
            P-values below are a drift.

        Returns
        -------
        str
            "undecided" where the bounds of the p-value lie on both sides.
        """
        alpha = between_0_and_1("alpha", alpha)
        if self.pvalue_high < alpha:
            return "drift"
        return "no drift" if self.pvalue_low >= alpha else "undecided"


@dataclass(frozen=True, slots=True, repr=False)
class BoundedDistance(Result):
    """A distance of two profiled columns, which is known to lie between two numbers.

    Parameters
    ----------
    column : str
        The column.
    low, high : float
        Between these the distance lies for certain.
    backend : str or None, default None
        The library that the reference came from; None for arrays and files.

    Examples
    --------
    >>> import numpy as np
    >>> from treering.profile import Profile, compare
    >>> ramp = np.arange(100.0)[:, None]
    >>> distance = compare(Profile.of(ramp), Profile.of(ramp + 50), "x0", "wasserstein_distance")
    >>> round(distance.low, 9), round(distance.high, 9), distance.verdict(0.1)
    (50.0, 50.0, 'drift')
    """

    column: str
    low: float
    high: float
    backend: str | None = field(default=None, repr=False, compare=False)

    def verdict(self, threshold: float) -> ProfileVerdict:
        """Say whether the columns are further apart than a threshold, as far as can be told.

        Parameters
        ----------
        threshold : float
            Distances above are a drift.

        Returns
        -------
        str
            "undecided" where the bounds lie on both sides.
        """
        threshold = as_float("threshold", threshold)
        if self.low > threshold:
            return "drift"
        return "no drift" if self.high <= threshold else "undecided"


def compare(
    reference: Profile,
    current: Profile,
    column: str,
    test: Test = "ks_2samp",
    *,
    bins: int = 10,
    smoothing: float = 0.5,
) -> BoundedTest | BoundedDistance:
    """Compare a column of two profiles by a test or a distance of `treering.stats`.

    Parameters
    ----------
    reference, current : Profile
        The profiles.
    column : str
        The column.
    test : str, default "ks_2samp"
        The name in `treering.stats`: ``"ks_2samp"`` or ``"wasserstein_distance"`` of numbers and
        times (in seconds); ``"psi"``, ``"kl_divergence"``, ``"jensen_shannon"``, ``"hellinger"``,
        ``"total_variation"``, ``"l_infinity"`` or ``"cramers_v"`` of a column of any kind.
    bins : int, default 10
        How many bins numbers are divided into by a binned distance, at quantiles of the reference
        that its profile keeps.
    smoothing : float, default 0.5
        How many observations a binned distance adds to each bin of both profiles.

    Returns
    -------
    BoundedTest or BoundedDistance
        What the function of `treering.stats` would find of all values lies between its bounds: the
        test's for ``"ks_2samp"``, whose p-value is exact up to 10,000 values. (Of binned distances
        the bins are those at the quantiles that the profile keeps.)

    Raises
    ------
    TypeError
        If `reference` or `current` is no profile.
    KeyError
        If a profile has no such column.
    ValueError
        If the column holds neither numbers nor times in one of them and the test asks for them, or
        a parameter is outside its range.

    Examples
    --------
    >>> import numpy as np
    >>> from treering.profile import Profile, compare
    >>> rng = np.random.default_rng(0)
    >>> before, now = (Profile.of(rng.normal(size=(100_000, 1))) for _ in range(2))
    >>> test = compare(before, now, "x0")
    >>> test.statistic_high - test.statistic_low < 0.004
    True
    >>> compare(before, now, "x0", "psi").verdict(0.1)
    'no drift'
    """
    one_of("test", test, (*_OF_NUMBERS, *_OF_BINS), optional=False)
    bins = whole_number("bins", bins, least=2, most=1000)
    smoothing = as_float("smoothing", smoothing)
    for profile, what in ((reference, "reference"), (current, "current")):
        if not hasattr(profile, "_core"):
            raise TypeError(
                f"{what} must be a profile; got {shown(profile)}: Profile.of(...) makes one"
            )
    if test in _OF_BINS:
        bounds = _bounds(reference, current, column, _OF_BINS[test], bins, smoothing)
        return BoundedDistance(str(column), *bounds, reference.backend)
    sizes = _numeric_sizes(reference, current, column)
    low, high = _bounds(reference, current, column, _OF_NUMBERS[test], bins, smoothing)
    if test == "wasserstein_distance":
        return BoundedDistance(str(column), low, high, reference.backend)
    most, least = (ks_pvalue(*sizes, statistic) for statistic in (low, high))
    return BoundedTest(str(column), low, high, least, most, reference.backend)


def _bounds(
    reference: Profile,
    current: Profile,
    column: str,
    kind: str,
    bins: int,
    smoothing: float,
) -> tuple[float, float]:
    places = [profile._place(str(column)) for profile in (reference, current)]
    return reference._core.distance(places[0], current._core, places[1], (kind, bins, smoothing))


def _numeric_sizes(reference: Profile, current: Profile, column: str) -> tuple[int, int]:
    """Return how many numbers, or times, a column has in both profiles."""
    both = (reference, current)
    kinds = [kinds_of(profile._core, profile._place(str(column))) for profile in both]
    of_numbers: tuple[Kind, Kind] = ("numbers", "times")
    for kind in of_numbers:
        first, second = (each.get(kind, 0) for each in kinds)
        if first:
            if second:
                return first, second
            break
    what, where = next(
        (each, name)
        for each, name in zip(kinds, ("reference", "current"), strict=True)
        if not each.get("numbers") or name == "current"
    )
    raise ValueError(
        f"column {quoted(str(column))} of {where} holds {', '.join(what) or 'no values'}, where "
        "numbers or times are compared in both: psi and the other binned distances take any kind"
    )
