"""Detectors of a rate of errors that rises."""

from __future__ import annotations

from treering._checks import as_float, boolean, whole_number
from treering._core.stream import Watcher
from treering.drift.stream._detector import Detector


class DDM(Detector):
    """Detect a rate of errors that lies standard deviations above the least that it was.

    Takes 1 for an error and 0 for none.

    Parameters
    ----------
    warm_start : int, default 30
        How many values there are before anything is said.
    warning_threshold : float, default 2.0
        From how many standard deviations on there is a warning.
    drift_threshold : float, default 3.0
        From how many standard deviations on there is a drift.

    Notes
    -----
    As long as there was no error there is no rate to compare with, and nothing is detected: by the
    published formula the first error after many hits would be a drift.

    References
    ----------
    .. [1] J. Gama, P. Medas, G. Castillo and P. Rodrigues, "Learning with drift detection",
       Brazilian Symposium on Artificial Intelligence (2004).

    Examples
    --------
    >>> from treering.drift.stream import DDM
    >>> DDM().update_many([0, 0, 0, 1] * 50 + [1] * 50)
    array([216])
    """

    def __init__(
        self, warm_start: int = 30, warning_threshold: float = 2.0, drift_threshold: float = 3.0
    ) -> None:
        self._core = Watcher.ddm(
            whole_number("warm_start", warm_start, least=1),
            as_float("warning_threshold", warning_threshold),
            as_float("drift_threshold", drift_threshold),
        )


class EDDM(Detector):
    """Detect errors that come nearer to one another, before their rate has risen much.

    Takes 1 for an error and 0 for none.

    Parameters
    ----------
    warm_start : int, default 30
        How many values, and how many errors, there are before anything is said.
    alpha : float, default 0.95
        Below this share of the greatest distance there is a warning.
    beta : float, default 0.9
        Below this share there is a drift.

    References
    ----------
    .. [1] M. Baena-Garcia and others, "Early drift detection method", International Workshop on
       Knowledge Discovery from Data Streams (2006).

    Examples
    --------
    >>> import numpy as np
    >>> from treering.drift.stream import EDDM
    >>> rng = np.random.default_rng(0)
    >>> EDDM().update_many(np.r_[rng.random(1000) < 0.1, rng.random(500) < 0.5])
    array([ 289,  674, 1006, 1060, 1115, 1187, 1254, 1320, 1473])
    """

    def __init__(self, warm_start: int = 30, alpha: float = 0.95, beta: float = 0.9) -> None:
        self._core = Watcher.eddm(
            whole_number("warm_start", warm_start, least=1),
            as_float("alpha", alpha),
            as_float("beta", beta),
        )


class HDDM_A(Detector):  # noqa: N801 - its published name
    """Detect a mean of values between 0 and 1 that has risen, by Hoeffding's bound.

    Finds sudden changes; :class:`HDDM_W` finds gradual ones sooner.

    Parameters
    ----------
    drift_confidence : float, default 0.001
        The probability of a false alarm at a cut.
    warning_confidence : float, default 0.005
        The same of a warning.
    two_sided_test : bool, default False
        Whether a mean that has fallen counts, too.

    References
    ----------
    .. [1] I. Frias-Blanco and others, "Online and non-parametric drift detection methods based on
       Hoeffding's bounds", IEEE Transactions on Knowledge and Data Engineering 27 (2015).

    Examples
    --------
    >>> from treering.drift.stream import HDDM_A
    >>> HDDM_A().update_many([0, 0, 0, 1] * 50 + [1] * 50)
    array([205])
    """

    def __init__(
        self,
        drift_confidence: float = 0.001,
        warning_confidence: float = 0.005,
        two_sided_test: bool = False,
    ) -> None:
        self._core = Watcher.hddm_a(
            as_float("drift_confidence", drift_confidence),
            as_float("warning_confidence", warning_confidence),
            boolean("two_sided_test", two_sided_test),
        )


class HDDM_W(Detector):  # noqa: N801 - its published name
    """Detect a fading mean of values between 0 and 1 that has risen, by McDiarmid's bound.

    Parameters
    ----------
    drift_confidence : float, default 0.001
        The probability of a false alarm at a cut.
    warning_confidence : float, default 0.005
        The same of a warning.
    lambda_val : float, default 0.05
        The weight of the newest value in the mean.
    two_sided_test : bool, default False
        Whether a mean that has fallen counts, too.

    References
    ----------
    .. [1] I. Frias-Blanco and others, "Online and non-parametric drift detection methods based on
       Hoeffding's bounds", IEEE Transactions on Knowledge and Data Engineering 27 (2015).

    Examples
    --------
    >>> from treering.drift.stream import HDDM_W
    >>> HDDM_W().update_many([0, 0, 0, 1] * 50 + [1] * 50)
    array([214])
    """

    def __init__(
        self,
        drift_confidence: float = 0.001,
        warning_confidence: float = 0.005,
        lambda_val: float = 0.05,
        two_sided_test: bool = False,
    ) -> None:
        self._core = Watcher.hddm_w(
            as_float("drift_confidence", drift_confidence),
            as_float("warning_confidence", warning_confidence),
            as_float("lambda_val", lambda_val),
            boolean("two_sided_test", two_sided_test),
        )
