"""What is written in charts can be read: nothing reaches into anything else."""

import xml.etree.ElementTree as ET
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from matplotlib.textpath import TextPath

from treering import report
from treering.report import Html


def below(chart: Html) -> list[tuple[float, str, bool]]:
    """Where each text below the plot area stands, what it says, and whether it is tilted."""
    texts = ET.fromstring(chart).iter("{http://www.w3.org/2000/svg}text")
    return [
        (float(each.attrib["x"]), each.text or "", "transform" in each.attrib)
        for each in texts
        if each.attrib["text-anchor"] == "middle" or "transform" in each.attrib
    ]


def assert_apart(chart: Html, width: int) -> None:
    """No text below the plot area reaches into the next, as a font itself measures them."""
    found = below(chart)
    halves = [TextPath((0, 0), text, size=11).get_extents().width / 2 for _, text, _ in found]
    for (x, _, tilted), half in zip(found, halves, strict=True):
        assert tilted or half <= x <= width - half
        assert not tilted or x - 2 * half * 0.71 > 0
    pairs = pairwise(zip(found, halves, strict=True))
    for ((x, _, tilted), half), ((x_next, _, _), half_next) in pairs:
        room = (x_next - x) * 0.71 - 10 if tilted else x_next - x - half - half_next
        assert room > 0


@pytest.mark.parametrize(
    ("names", "tilted"),
    [
        (["no", "yes"], False),
        (["W" * 30, "M" * 30, "WM" * 15], False),
        (["Electronics", "Home appliances", "Groceries and food", "Sports", "Toys"], True),
        ([f"{i} " + "category" * (1 + i % 3) for i in range(21)], True),
        ([*"abcdefghijklmno"], True),
    ],
)
def test_each_category_is_named_below_its_bars(names: list[str], tilted: bool) -> None:
    shares = np.full(len(names), 1 / len(names))
    chart = report.bar_chart(names, shares, shares)
    assert_apart(chart, 380)
    assert [each for *_, each in below(chart)] == [tilted] * len(names)
    for (_, text, _), name in zip(below(chart), names, strict=True):
        assert text[:2] == name[:2]


@pytest.mark.parametrize("size", [(100, 104), (100, 300), (380, 104), (380, 300)])
def test_categories_stay_apart_in_small_charts(size: tuple[int, int]) -> None:
    names = [f"category number {i}" for i in range(21)]
    shares = np.full(21, 1 / 21)
    assert_apart(report.bar_chart(names, shares, shares, width=size[0], height=size[1]), size[0])


@pytest.mark.parametrize(
    "windows",
    [
        [f"2025-{month:02d}" for month in range(1, 12)],
        [f"2025-W{week:02d}" for week in range(1, 28)],
        [f"window number {i}" for i in range(23)],
        list(range(1, 51)),
        list(np.datetime64("2025-01-01") + np.arange(23)),
    ],
)
def test_windows_are_written_at_even_steps(windows: list[Any]) -> None:
    values = np.linspace(1, 0.8, len(windows))
    drawn = [
        (report.line_chart(windows, values), 520),
        (report.share_chart(windows, values[:, None], ["a"]), 640),
        (report.line_chart(windows, values, width=120), 120),
    ]
    for chart, width in drawn:
        assert_apart(chart, width)
        inner = [x for x, *_ in below(chart)][1:-1]  # those at the ends are kept inside
        assert np.ptp(np.diff(inner)) < 0.3 if len(inner) > 1 else below(chart)


@pytest.mark.parametrize("name", ["auc", "balanced_accuracy", "median_absolute_error_in_hours"])
def test_a_legend_leaves_the_title_whole_and_stays_inside(name: str) -> None:
    levels = {"expected": [0.91, 0.9], "baseline": 1.2345e-5, "alert": 1.1728e-5}
    chart = report.line_chart(["Mon", "Tue"], [0.9, 0.8], name=name, **levels)
    texts = ET.fromstring(chart).iter("{http://www.w3.org/2000/svg}text")
    rows: dict[str, list[tuple[float, float]]] = {}
    for each in texts:
        if each.attrib["text-anchor"] == "start":
            box = TextPath((0, 0), each.text, size=float(each.attrib["font-size"])).get_extents()
            start = float(each.attrib["x"])
            rows.setdefault(each.attrib["y"], []).append((start, start + box.width))
    assert name.replace("_", " ") in "".join(ET.fromstring(chart).itertext())
    assert f">{name.replace('_', ' ')}</text>" in chart
    assert sum(map(len, rows.values())) == 4
    for row in rows.values():
        assert row[-1][1] < 520
        assert all(end < start for (_, end), (start, _) in pairwise(row))
