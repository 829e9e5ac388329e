"""Pictures: matplotlib displays of plain arrays and labels, in scikit-learn's Display convention.

A display holds what it draws; ``plot(ax=None)`` draws it, sets ``figure_`` and ``ax_`` and returns
the display. This room knows no result object: results make displays of their own numbers.

matplotlib is imported when something is drawn; it comes with ``pip install "treering[plot]"``.
"""

from treering.plotting._contributions import (
    ContributionBarDisplay,
    ContributionBeeswarmDisplay,
    ContributionDependenceDisplay,
    ContributionWaterfallDisplay,
)
from treering.plotting._correlation import CorrelationDisplay
from treering.plotting._counts import HistogramDisplay
from treering.plotting._drift import DriftEcdfDisplay, DriftHeatMapDisplay, DriftShareDisplay
from treering.plotting._grid import DisplayGrid
from treering.plotting._histogram import DriftHistogramDisplay
from treering.plotting._metric import MetricOverTimeDisplay
from treering.plotting._share import PredictionShareDisplay

__all__ = [
    "ContributionBarDisplay",
    "ContributionBeeswarmDisplay",
    "ContributionDependenceDisplay",
    "ContributionWaterfallDisplay",
    "CorrelationDisplay",
    "DisplayGrid",
    "DriftEcdfDisplay",
    "DriftHeatMapDisplay",
    "DriftHistogramDisplay",
    "DriftShareDisplay",
    "HistogramDisplay",
    "MetricOverTimeDisplay",
    "PredictionShareDisplay",
]
