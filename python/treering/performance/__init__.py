"""Performance: how good a model's predictions are, window by window, and whether they decay.

>>> import numpy as np
>>> from treering.performance import check_model_health, track
>>> truth = np.tile([0, 1], 300)
>>> predicted = np.where(np.arange(600) % 5 == 0, 1 - truth, truth)
>>> history = track(truth, predicted, window=100)
>>> len(history), history[-1]["accuracy"]
(6, 0.8)
>>> print(*check_model_health(history, {"accuracy": 0.9}))
HIGH: accuracy degraded by 11.11%
"""

from treering.performance._cbpe import CBPE
from treering.performance._distribution import (
    PredictionDistribution,
    WindowDistribution,
    prediction_distribution,
)
from treering.performance._dle import DLE
from treering.performance._health import HealthAlert, HealthAlerts, check_model_health
from treering.performance._history import PerformanceHistory
from treering.performance._matching import MatchedLabels, match_labels
from treering.performance._maturity import LabelMaturity, WindowLabels, label_maturity
from treering.performance._pairing import ScoredWindow
from treering.performance._report import PerformanceReport, performance_report
from treering.performance._segments import Segment, SegmentReport, worst_segments
from treering.performance._summary import MonitoringSummary, monitoring_summary
from treering.performance._track import track
from treering.performance._trend import Trend
from treering.performance._window_scores import WindowPerformance

__all__ = [
    "CBPE",
    "DLE",
    "HealthAlert",
    "HealthAlerts",
    "LabelMaturity",
    "MatchedLabels",
    "MonitoringSummary",
    "PerformanceHistory",
    "PerformanceReport",
    "PredictionDistribution",
    "ScoredWindow",
    "Segment",
    "SegmentReport",
    "Trend",
    "WindowDistribution",
    "WindowLabels",
    "WindowPerformance",
    "check_model_health",
    "label_maturity",
    "match_labels",
    "monitoring_summary",
    "performance_report",
    "prediction_distribution",
    "track",
    "worst_segments",
]
