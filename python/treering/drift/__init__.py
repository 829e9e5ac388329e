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
from treering.drift._domain import DomainReport, domain_classifier
from treering.drift._occupancy import CutDrift, OccupancyReport, leaf_occupancy
from treering.drift._reconstruction import ReconstructionReport, reconstruction_error
from treering.drift._reference import Reference
from treering.drift._report import DriftReport

__all__ = [
    "ColumnDrift",
    "CutDrift",
    "DomainReport",
    "DriftReport",
    "Ecdf",
    "Histogram",
    "OccupancyReport",
    "ReconstructionReport",
    "Reference",
    "Shares",
    "detect_drift",
    "domain_classifier",
    "leaf_occupancy",
    "reconstruction_error",
]
