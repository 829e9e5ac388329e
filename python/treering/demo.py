"""The whole story on real data: train, thirty days of traffic, and what monitoring found.

``python -m treering.demo`` prints the summary and writes a static HTML report. Every number is a
function of the seeds below; the notebook ``notebooks/01_model_monitoring.ipynb`` tells the same
story at length.
"""

from __future__ import annotations

import argparse
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.datasets import load_iris

from treering.drift import DriftReport, Reference, detect_drift
from treering.ensemble import RandomForestClassifier
from treering.model_selection import train_test_split
from treering.performance import (
    HealthAlerts,
    MonitoringSummary,
    PerformanceHistory,
    PredictionDistribution,
    WindowPerformance,
    check_model_health,
    monitoring_summary,
    prediction_distribution,
    track,
)
from treering.preprocessing import StandardScaler
from treering.report import Page, section

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

SEED = 42
DAYS = 30
CALM_UNTIL = 15
NOISE = 0.3
RECENT = 7
"""How many latest days are judged together for drift and alerts: one day has only 30 rows."""


@dataclass(frozen=True)
class Traffic:
    """What the model saw and said, row by row."""

    day: NDArray[np.int64]
    features: NDArray[np.float64]
    truth: NDArray[np.str_]
    predicted: NDArray[np.str_]

    @property
    def recent(self) -> NDArray[np.bool_]:
        """The rows of the latest days."""
        return np.asarray(self.day > self.day[-1] - RECENT)


@dataclass(frozen=True)
class Story:
    """What monitoring found."""

    baseline: WindowPerformance
    history: PerformanceHistory
    drift: DriftReport
    distribution: PredictionDistribution
    alerts: HealthAlerts
    summary: MonitoringSummary


def tell() -> Story:
    """Train the model, send the traffic through it and judge it.

    Returns
    -------
    Story
    """
    iris = load_iris()
    names = iris.target_names[iris.target]
    train, test, y_train, y_test = train_test_split(
        iris.data, names, test_size=0.2, random_state=SEED
    )
    scaler = StandardScaler().fit(train)
    model = RandomForestClassifier(100, random_state=SEED).fit(scaler.transform(train), y_train)
    baseline = track(y_test, model.predict(scaler.transform(test)), label="baseline")[0]

    traffic = send(model, scaler.transform(test), y_test)
    history = track(traffic.truth, traffic.predicted, window=traffic.day)
    drift = detect_drift(
        # What the model was trained on as the model saw it: scaled, like the traffic.
        Reference(scaler.transform(train), columns=iris.feature_names),
        traffic.features[traffic.recent],
    )
    distribution = prediction_distribution(
        traffic.predicted, window=traffic.day, reference=model.predict(scaler.transform(train))
    )
    recent = track(
        traffic.truth[traffic.recent],
        traffic.predicted[traffic.recent],
        label=f"days {DAYS - RECENT + 1} to {DAYS}",
    )
    alerts = check_model_health(recent, baseline)
    return Story(
        baseline,
        history,
        drift,
        distribution,
        alerts,
        monitoring_summary(history, drift, alerts),
    )


def send(
    model: RandomForestClassifier, features: NDArray[np.float64], truth: NDArray[np.str_]
) -> Traffic:
    """Send the same flowers through the model every day, measured worse and worse after day 15.

    Noise N(0, 0.3) * (day - 15) / 15 is added to the scaled features, drawn from numpy's
    ``default_rng(42)``, the days in order.

    Parameters
    ----------
    model
        The model.
    features
        Scaled features of the flowers.
    truth
        Their classes.

    Returns
    -------
    Traffic
    """
    rng = np.random.default_rng(SEED)
    seen = []
    for day in range(1, DAYS + 1):
        share = max(0, day - CALM_UNTIL) / (DAYS - CALM_UNTIL)
        seen.append(features + rng.normal(0, NOISE, features.shape) * share)
    stacked = np.vstack(seen)
    return Traffic(
        day=np.repeat(np.arange(1, DAYS + 1), len(features)),
        features=stacked,
        truth=np.tile(truth, DAYS),
        predicted=model.predict(stacked),
    )


def explained(story: Story) -> tuple[str, str]:
    """Say why the features show no drift, and why the trend of a falling accuracy has its slope.

    Parameters
    ----------
    story
        What monitoring found.

    Returns
    -------
    tuple of str
        A sentence on drift and one on the trend.
    """
    accuracy = story.history.values("accuracy")
    trend = story.history.trend("accuracy")
    best = int((accuracy == accuracy.max()).sum())
    on_drift = (
        f"Drift of the features: {len(story.drift.drifted)} of {len(story.drift)}. The noise, "
        f"N(0, {NOISE}) at most, is small beside the features' spread of 1, and blurs them "
        "without moving them: the decay shows in accuracy first."
    )
    on_trend = (
        f"Trend of {trend}. The test compares every day with every other; the slope is the median "
        f"over these pairs, and {best} of {len(accuracy)} days have the same accuracy of "
        f"{accuracy.max():.4f}."
    )
    return on_drift, on_trend


def page(story: Story) -> Page:
    """Put the story on one page.

    Parameters
    ----------
    story
        What monitoring found.

    Returns
    -------
    treering.report.Page
    """
    accuracy = story.baseline.intervals["accuracy"]
    on_drift, on_trend = explained(story)
    document = Page("Model report", subtitle="A random forest on iris, thirty days in production")
    document.add(
        story.summary,
        section(
            "Alerts",
            f"The last {RECENT} days together, {RECENT * 30} predictions, against the baseline.",
            story.alerts.to_html(),
        ),
        section(
            "Performance by day",
            f"The baseline accuracy of {accuracy.value:.3f} was measured on {story.baseline.count} "
            f"flowers: its 95 % interval reaches from {accuracy.low:.3f} to {accuracy.high:.3f}. "
            "The band around each day says the same of the day.",
            on_trend,
            story.history.to_html(baseline=story.baseline),
        ),
        section(
            "Drift of the features",
            f"The last {RECENT} days against the training data, both as the model saw them: "
            "scaled. The test looks at one feature at a time and takes rows as independent; here "
            "the same 30 flowers come every day, so that it sees less than the row count says.",
            on_drift,
            "This is why performance is watched beside drift.",
            story.drift.to_html(),
        ),
        section("Predicted classes", story.distribution.to_html()),
    )
    return document


def main(arguments: Sequence[str] | None = None) -> None:
    """Tell the story, print the summary and write the report.

    Parameters
    ----------
    arguments
        Those of the command line.
    """
    parser = argparse.ArgumentParser(prog="python -m treering.demo", description=tell.__doc__)
    parser.add_argument("--output", default="model_report.html", help="where the report goes")
    options = parser.parse_args(arguments)
    story = tell()
    print(story.summary)  # noqa: T201 - a command's output
    for alert in story.alerts:
        print(alert)  # noqa: T201
    for sentence in explained(story):
        print(textwrap.fill(sentence, 100))  # noqa: T201
    try:
        path = page(story).save(options.output)
    except OSError as error:
        parser.exit(1, f"the report cannot be written: {error}\n")
    print(f"report: {path}")  # noqa: T201


if __name__ == "__main__":
    main()
