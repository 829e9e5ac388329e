"""Detectors of a mean that changes."""

from __future__ import annotations

from typing import Literal

import numpy as np

from treering._checks import as_float, one_of, whole_number
from treering._core.stream import Watcher
from treering.drift.stream._detector import Detector

Mode = Literal["up", "down", "both"]
_MODES = ("up", "down", "both")


class PageHinkley(Detector):
    """Detect a mean that has moved, by the sum of differences from the running mean.

    Parameters
    ----------
    min_instances : int, default 30
        How many values there are before a drift is detected.
    delta : float, default 0.005
        Differences up to this, in the unit of the values, count as none.
    threshold : float, default 50.0
        How far the sum may move from its least, or its greatest, value.
    alpha : float, default 0.9999
        What is kept of the sum at each value.
    mode : {"up", "down", "both"}, default "both"
        Which changes count.

    See Also
    --------
    CUSUM : The same with differences in standard deviations, whose false alarms are known.

    References
    ----------
    .. [1] E. S. Page, "Continuous inspection schemes", Biometrika 41 (1954).

    Examples
    --------
    >>> from treering.drift.stream import PageHinkley
    >>> PageHinkley(threshold=10).update_many([0.0] * 100 + [1.0] * 100)
    array([110])
    """

    def __init__(
        self,
        min_instances: int = 30,
        delta: float = 0.005,
        threshold: float = 50.0,
        alpha: float = 0.9999,
        mode: Mode = "both",
    ) -> None:
        one_of("mode", mode, _MODES, optional=False)
        self._core = Watcher.page_hinkley(
            whole_number("min_instances", min_instances, least=1),
            as_float("delta", delta),
            as_float("threshold", threshold),
            as_float("alpha", alpha),
            mode,
        )


class CUSUM(Detector):
    """Detect a mean that has moved, by sums of differences in standard deviations beyond a slack.

    Parameters
    ----------
    mean, std : float, default None
        Mean and standard deviation of the values before any change, both or none; None learns
        them from the first values.
    slack : float, default 0.5
        Half the change that is to be found, in standard deviations.
    threshold : float, default 5.0
        How large a sum may become.
    warm_start : int, default 100
        From how many values mean and standard deviation are learned, at the start and after each
        drift.
    mode : {"up", "down", "both"}, default "both"
        Which changes count.

    Notes
    -----
    With a known mean and standard deviation and values after the normal law, the defaults raise a
    false alarm every 465 values, and find a change by one standard deviation after 10.4 values, on
    average [2]_; ``threshold=4`` every 168 values and after 8.4. Learned ones are off by chance,
    and false alarms come more often: a longer `warm_start` brings them nearer.

    References
    ----------
    .. [1] E. S. Page, "Continuous inspection schemes", Biometrika 41 (1954).
    .. [2] D. C. Montgomery, "Introduction to statistical quality control", chapter 9.

    Examples
    --------
    >>> from treering.drift.stream import CUSUM
    >>> CUSUM(mean=0, std=1).update_many([0.0] * 100 + [2.0] * 10)
    array([103, 107])
    """

    def __init__(
        self,
        mean: float | None = None,
        std: float | None = None,
        slack: float = 0.5,
        threshold: float = 5.0,
        warm_start: int = 100,
        mode: Mode = "both",
    ) -> None:
        one_of("mode", mode, _MODES, optional=False)
        if (mean is None) != (std is None):
            raise ValueError("mean and std go together: give both, or none to learn them")
        self._core = Watcher.cusum(
            None if mean is None else as_float("mean", mean),
            None if std is None else as_float("std", std),
            as_float("slack", slack),
            as_float("threshold", threshold),
            whole_number("warm_start", warm_start, least=2),
            mode,
        )


class ADWIN(Detector):
    """Detect a mean that has moved, by a window that is cut where its two parts differ.

    The window grows as long as nothing changes, in memory of the logarithm of its length. Where two
    of its parts differ, its oldest values are dropped until none do: one change may be found in
    several steps, and the window then holds what came after it.

    Parameters
    ----------
    delta : float, default 0.002
        The probability of a false alarm each time the window is looked at, for values between 0
        and 1.
    clock : int, default 32
        Every how many values the window is looked at.
    max_buckets : int, default 5
        How many buckets of one size the window keeps, at most 256.
    min_window_length : int, default 5
        The least number of values on both sides of a cut.
    grace_period : int, default 10
        Windows of up to so many values are not cut.

    Attributes
    ----------
    width : int
        How many values the window holds.
    estimation : float
        Their mean; NaN without values.
    variance : float
        Their variance; NaN without values.

    References
    ----------
    .. [1] A. Bifet and R. Gavalda, "Learning from time-changing data with adaptive windowing", SIAM
       International Conference on Data Mining (2007).

    Examples
    --------
    >>> from treering.drift.stream import ADWIN
    >>> adwin = ADWIN()
    >>> adwin.update_many([0.0] * 200 + [1.0] * 200)
    array([223, 255])
    >>> adwin.width, round(adwin.estimation, 2)
    (208, 0.96)
    """

    def __init__(
        self,
        delta: float = 0.002,
        clock: int = 32,
        max_buckets: int = 5,
        min_window_length: int = 5,
        grace_period: int = 10,
    ) -> None:
        self._core = Watcher.adwin(
            as_float("delta", delta),
            whole_number("clock", clock, least=1),
            whole_number("max_buckets", max_buckets, least=2, most=256),
            whole_number("min_window_length", min_window_length, least=1),
            whole_number("grace_period", grace_period, least=0),
        )

    @property
    def width(self) -> int:
        """How many values the window holds."""
        return int(self._window()[0])

    @property
    def estimation(self) -> float:
        """The mean of the values in the window; NaN without values."""
        count, mean, _ = self._window()
        return mean if count else np.nan

    @property
    def variance(self) -> float:
        """The variance of the values in the window; NaN without values."""
        count, _, squares = self._window()
        return squares / count if count else np.nan

    def _window(self) -> tuple[float, float, float]:
        window = self._core.window()
        assert window is not None
        return window
