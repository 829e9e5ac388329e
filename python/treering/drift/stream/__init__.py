"""Detectors of change in a stream: one value after the other, in constant memory.

Each has ``update(x)``, which returns the detector, ``update_many(values)``, which returns the
places of the drifts, ``drift_detected`` and ``warning_detected`` about the last value, and begins
anew after each detection. Parameters and defaults are those that were published.

>>> import numpy as np
>>> from treering.drift.stream import DDM
>>> rng = np.random.default_rng(0)
>>> errors = np.concatenate([rng.random(1000) < 0.1, rng.random(1000) < 0.3])
>>> DDM().update_many(errors)
array([1052])
"""

from treering.drift.stream._detector import Detector
from treering.drift.stream._distributions import KSWIN, StreamingKS
from treering.drift.stream._errors import DDM, EDDM, HDDM_A, HDDM_W
from treering.drift.stream._means import ADWIN, CUSUM, PageHinkley

__all__ = [
    "ADWIN",
    "CUSUM",
    "DDM",
    "EDDM",
    "HDDM_A",
    "HDDM_W",
    "KSWIN",
    "Detector",
    "PageHinkley",
    "StreamingKS",
]
