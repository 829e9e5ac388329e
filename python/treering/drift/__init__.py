"""Drift: has a table changed since the model was trained, with a stated false-alarm rate.

>>> import numpy as np
>>> from treering.drift import detect_drift
>>> rng = np.random.default_rng(1)
>>> reference = rng.normal(size=(500, 2))
>>> current = rng.normal(size=(400, 2)) + [0.0, 0.5]
>>> report = detect_drift(reference, current, columns=["age", "income"])
>>> report.drifted
('income',)
"""

from treering.drift._column import ColumnDrift, Ecdf, Histogram, Shares
from treering.drift._detect import detect_drift
from treering.drift._reference import Reference
from treering.drift._report import DriftReport

__all__ = [
    "ColumnDrift",
    "DriftReport",
    "Ecdf",
    "Histogram",
    "Reference",
    "Shares",
    "detect_drift",
]
