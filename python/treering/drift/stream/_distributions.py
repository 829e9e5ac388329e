"""Detectors of a distribution that changes, by the Kolmogorov-Smirnov test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from treering._checks import as_float, float_array, whole_number
from treering._core.stream import Watcher
from treering.drift.stream._detector import Detector

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class KSWIN(Detector):
    """Detect a distribution that changes: the newest values beside a sample of the older ones.

    Parameters
    ----------
    alpha : float, default 0.005
        P-values up to this are a drift.
    window_size : int, default 100
        How many values are kept.
    stat_size : int, default 30
        How many of them are the newest, and how many are drawn of the others.
    seed : int, default 0
        Which draws are made: the same seed and values give the same detections.

    Notes
    -----
    It tests at every value, each time with other draws: of a stream that never changes the
    defaults raise a false alarm every few hundred values. A difference of up to 0.1 is never a
    drift, as published.

    References
    ----------
    .. [1] C. Raab, M. Heusinger and F.-M. Schleif, "Reactive soft prototype computing for concept
       drift streams", Neurocomputing 416 (2020).

    Examples
    --------
    >>> import numpy as np
    >>> from treering.drift.stream import KSWIN
    >>> wave = np.arange(300) % 7
    >>> KSWIN(alpha=1e-4).update_many(np.concatenate([wave, wave + 4]))
    array([325])
    """

    def __init__(
        self, alpha: float = 0.005, window_size: int = 100, stat_size: int = 30, seed: int = 0
    ) -> None:
        self._core = Watcher.kswin(
            as_float("alpha", alpha),
            whole_number("window_size", window_size, least=4),
            whole_number("stat_size", stat_size, least=2),
            whole_number("seed", seed, least=0, most=2**63),
        )


class StreamingKS(Detector):
    """Detect a distribution that is not that of a reference: a sliding window beside it.

    A value is taken in the logarithm of the reference's size, with the statistic of the whole
    window known at once.

    Parameters
    ----------
    reference : array_like
        The numbers that the window is compared with; missing ones are left out.
    window_size : int, default 500
        How many values are compared with the reference; until there are as many, and again after
        each drift, nothing is detected.
    alpha : float, default 0.001
        P-values up to this are a drift.

    Attributes
    ----------
    statistic : float or None
        Of the window; None until it is full.
    pvalue : float or None
        Of the statistic.

    See Also
    --------
    treering.drift.detect_drift : Windows that do not overlap, with a stated rate of false alarms.

    Notes
    -----
    It tests at every value, and overlapping windows resemble one another: there are more false
    alarms than `alpha` for each window, and fewer than for each value.

    References
    ----------
    .. [1] D. dos Reis, P. Flach, S. Matwin and G. Batista, "Fast unsupervised online drift
       detection using incremental Kolmogorov-Smirnov test", KDD (2016).

    Examples
    --------
    >>> import numpy as np
    >>> from treering.drift.stream import StreamingKS
    >>> detector = StreamingKS(np.arange(1000.0), window_size=100)
    >>> detector.update_many(np.arange(0.0, 1000.0, 10.0)), detector.statistic
    (array([], dtype=int64), 0.009)
    >>> detector.update_many(np.full(100, 990.0))
    array([20])
    """

    def __init__(self, reference: ArrayLike, window_size: int = 500, alpha: float = 0.001) -> None:
        values = np.asarray(float_array("reference", reference), dtype=np.float64)
        if values.ndim != 1:
            raise ValueError(
                f"reference must be one-dimensional; got {values.ndim} dimensions: a detector "
                "watches one stream"
            )
        values = np.sort(values[~np.isnan(values)])
        if not values.size:
            raise ValueError("reference has no numbers; give those that the stream is to resemble")
        if not np.isfinite(values).all():
            raise ValueError("reference holds infinite numbers; leave them out")
        self._core = Watcher.reference_ks(
            values, whole_number("window_size", window_size, least=2), as_float("alpha", alpha)
        )

    @property
    def reference_size(self) -> int:
        """How many numbers the reference has."""
        return self._test()[0]

    @property
    def statistic(self) -> float | None:
        """The largest difference of the two distributions; None until the window is full."""
        return self._test()[1]

    @property
    def pvalue(self) -> float | None:
        """How often the window would be as far away if nothing had changed."""
        return self._test()[2]

    def _test(self) -> tuple[int, float | None, float | None]:
        found = self._core.test()
        assert found is not None
        return found

    def __repr__(self) -> str:
        rest = super().__repr__().removeprefix("StreamingKS(")
        return f"StreamingKS(<{self.reference_size:,} numbers>, {rest}"
