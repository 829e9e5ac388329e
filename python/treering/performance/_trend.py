"""Whether a series of scores moves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from treering._axis import label_text
from treering._checks import between_0_and_1
from treering._results import Result, number_text, pvalue_text, slope_text
from treering._text import counted
from treering.stats import mann_kendall

if TYPE_CHECKING:
    from numpy.typing import NDArray

Direction = Literal["increasing", "decreasing", "no trend", "not enough data"]

_FEWEST_WINDOWS = 5  # with four, the most extreme order of all has p = 0.083


@dataclass(frozen=True, repr=False)
class Trend(Result):
    """Whether a metric moves over a whole series of windows.

    Attributes
    ----------
    metric : str
        Its name.
    direction : str
        "increasing", "decreasing", "no trend" or, with fewer than five windows, "not enough data".
    slope : float or None
        How much the metric changes per window: the median of the slopes between all pairs
        (Theil-Sen), which a few odd windows cannot bend.
    tau : float or None
        Kendall's rank correlation of metric and time.
    pvalue : float or None
        Of the Mann-Kendall test that there is no trend.
    first, last : float
        The metric in the first and in the last window.
    windows : int
        How many windows were used; those where the metric is undefined are not.
    backend : str or None
        The library that the labels came from; None for lists and arrays.

    Examples
    --------
    >>> import numpy as np
    >>> from treering.performance import track
    >>> truth = np.zeros(600, dtype=int)
    >>> predicted = (np.arange(600) % 100 < np.arange(600) // 100).astype(int)
    >>> track(truth, predicted, window=100).trend("accuracy").direction
    'decreasing'
    """

    metric: str
    direction: Direction
    slope: float | None
    tau: float | None
    pvalue: float | None
    first: float
    last: float
    windows: int
    backend: str | None = field(default=None, repr=False, compare=False)

    def __str__(self) -> str:
        told = f"{label_text(self.metric)}: {self.direction}"
        if self.pvalue is None:
            return f"{told} ({counted(self.windows, 'window')})"
        return (
            f"{told} ({number_text(self.first)} to {number_text(self.last)}, slope "
            f"{slope_text(self.slope)} per window, p {pvalue_text(self.pvalue)}, "
            f"{counted(self.windows, 'window')})"
        )


def trend_of(metric: str, values: NDArray[np.float64], alpha: float) -> Trend:
    """Test a series for a trend; undefined values are left out."""
    alpha = between_0_and_1("alpha", alpha)
    known = values[np.isfinite(values)]
    first, last = (float(known[0]), float(known[-1])) if len(known) else (np.nan, np.nan)
    if len(known) < _FEWEST_WINDOWS:
        return Trend(metric, "not enough data", None, None, None, first, last, len(known))
    test = mann_kendall(known)
    direction: Direction = "no trend"
    if test.pvalue < alpha:
        direction = "increasing" if test.tau > 0 else "decreasing"
    return Trend(
        metric,
        direction,
        float(test.slope),
        float(test.tau),
        float(test.pvalue),
        first,
        last,
        len(known),
    )
