"""Pictures of drift: shares, distribution functions, and many windows at once."""

import re
import warnings

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from treering.drift import Reference, detect_drift
from treering.plotting import DriftEcdfDisplay, DriftHeatMapDisplay, DriftShareDisplay
from treering.report import bar_chart

RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def homes(rows, shift=0.0, shares=(0.5, 0.5)):
    return pd.DataFrame(
        {
            "income": RNG.normal(shift, 1, rows),
            "$town$": RNG.choice(["Bonn", "$Ulm$"], rows, p=shares),
        }
    )


REPORT = detect_drift(homes(500), homes(400, 1.0, (0.2, 0.8)))


def test_a_report_draws_numbers_and_categories():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        grid = REPORT.plot()
        grid.figure_.canvas.draw()
    assert [ax.get_title() for ax in grid.ax_] == ["income: DRIFT", r"\$town\$: DRIFT"]
    assert isinstance(REPORT.display("$town$"), DriftShareDisplay)
    ecdf = REPORT.display("income", "ecdf").plot()
    assert isinstance(ecdf, DriftEcdfDisplay)
    lines = ecdf.ax_.get_lines()
    assert lines[0].get_ydata()[-1] == lines[1].get_ydata()[-1] == 100
    assert lines[2].get_xdata()[0] == REPORT["income"].location
    with pytest.raises(ValueError, match="kind must be one of density, ecdf"):
        REPORT.display("income", "box")


def test_bars_are_the_shares():
    display = REPORT.display("$town$").plot()
    heights = [bar.get_height() for bar in display.ax_.patches]
    shares = REPORT["$town$"].shares
    assert heights == pytest.approx([100 * s for s in (*shares.reference, *shares.current)])
    figure, ax = plt.subplots()
    assert display.plot(ax=ax).figure_ is figure
    figure, ax = plt.subplots(figsize=(2.5, 2.5))
    few = DriftShareDisplay(["Bonn", "Berlin", "Hamburg", "Munich"], [0.25] * 4, [0.25] * 4)
    figure.canvas.draw()
    assert all(label.get_rotation() == 45 for label in few.plot(ax=ax).ax_.get_xticklabels())
    assert all(label.get_rotation() == 0 for label in few.plot().ax_.get_xticklabels())
    long = DriftShareDisplay([f"category {i}" for i in range(20)], [0.05] * 20, [0.05] * 20)
    assert long.plot().ax_.get_xticklabels()[0].get_rotation() == 45
    with pytest.raises(ValueError, match="reference must hold one share for each of the 2 labels"):
        DriftShareDisplay(["a", "b"], [0.5], [0.5, 0.5])
    with pytest.raises(ValueError, match="verdict must be one of"):
        DriftShareDisplay(["a"], [1], [1], verdict="bad")
    with pytest.raises(ValueError, match="current must hold one share for each of the 2 values"):
        DriftEcdfDisplay([0, 1], [0, 1], [1])


def test_a_heat_map_shows_each_window_of_each_column():
    reference = Reference(homes(500))
    reports = {f"day {day}": detect_drift(reference, homes(300, 0.2 * day)) for day in range(6)}
    display = DriftHeatMapDisplay.from_reports(reports)
    assert display.features == ["income", "$town$"]
    assert display.effects.shape == (2, 6)
    assert display.effects[0, 5] == reports["day 5"]["income"].effect_size
    assert display.drifted[0].tolist() == [report["income"].drift for report in reports.values()]
    drawn = display.plot().ax_
    assert len(drawn.collections[0].get_offsets()) == display.drifted.sum()
    assert [label.get_text() for label in drawn.get_xticklabels()] == list(reports)
    few = DriftHeatMapDisplay.from_reports(reports, most=1)
    assert few.features == ["income"]
    assert "1 of 2 features" in few.name
    other = detect_drift(np.zeros((50, 1)), np.ones((50, 1)), columns=["new"])
    mixed = DriftHeatMapDisplay.from_reports({**reports, "last": other})
    assert np.isnan(mixed.effects[0, 6])
    assert mixed.effects[2, 6] == 1.0
    with pytest.raises(ValueError, match="one row for each of the 0 features"):
        DriftHeatMapDisplay.from_reports({})


def test_a_page_shows_shares_of_categories():
    page = str(REPORT.to_html())
    assert page.count("<svg") == 2
    assert "shares of $town$" in page
    chart = str(bar_chart(["a", "b", "c"], [0.5, 0.3, 0.2], [0.2, 0.3, 0.5], name="<x>"))
    assert "&lt;x&gt;" in chart
    assert len(re.findall("<path|<polygon|<polyline", chart)) >= 6
    with pytest.raises(ValueError, match="one finite share for each label"):
        bar_chart([], [], [])
    with pytest.raises(ValueError, match="current must hold one number"):
        bar_chart(["a"], [1.0], [0.5, 0.5])
