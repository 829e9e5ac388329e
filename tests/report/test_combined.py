"""Several results on one page: static, bounded, the same as JSON and as text."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from treering import _html, report
from treering.drift import detect_drift
from treering.performance import (
    check_model_health,
    match_labels,
    monitoring_summary,
    performance_report,
    track,
)
from treering.quality import check_quality


def table(rows, columns, seed):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        rng.normal(seed * 0.3, 1, (rows, columns)), columns=[f"c{i}" for i in range(columns)]
    )
    frame["town"] = rng.choice(["Bonn", "Ulm", "Köln"], rows)
    return frame


@pytest.fixture(scope="module")
def parts():
    before, now = table(400, 100, 0), table(300, 100, 1)
    now["c3"] *= 1000
    truth = np.arange(300) % 2
    history = track(truth, np.where(np.arange(300) % 7, truth, 0), window=50)
    return (
        detect_drift(before, now),
        check_quality(before, now),
        performance_report(history, baseline={"accuracy": 1.0}),
    )


def test_a_page_holds_all_parts_and_is_small(parts, tmp_path):
    page = report.html(tmp_path / "monday.html", *parts, title="Homes <Monday>", json=True)
    text = page.read_text(encoding="utf-8")
    assert len(text.encode()) < 2_000_000
    for words in ("Drift report", "Quality report", "Performance report", "columns drifted"):
        assert words in text
    assert "Homes &lt;Monday&gt;" in text
    assert not re.search(r"<script|<link|@import|src=|url\(|https?://(?!www\.w3\.org)", text)
    told = json.loads((tmp_path / "monday.json").read_text(encoding="utf-8"))
    assert (told["type"], told["schema_version"]) == ("Report", 1)
    assert [part["type"] for part in told["results"]] == [
        "DriftReport",
        "QualityReport",
        "PerformanceReport",
    ]
    assert told["results"][0]["columns"].keys() == {*(f"c{i}" for i in range(100)), "town"}


LINK = re.compile(
    r'border-left:4px solid (#\w+)[^>]*><strong><a href="#([^"]+)"[^>]*>([^<]*)</a></strong> '
    "([^<]*)</div>"
)
TONES = {_html.GREY: "plain", _html.GREEN: "good", _html.ORANGE: "warning", _html.RED: "bad"}


def overview(whole):
    """The lines above the parts: tone, anchor, kind and what is said."""
    return [(TONES[colour], *rest) for colour, *rest in LINK.findall(whole.to_html())]


def test_each_line_of_the_overview_leads_to_its_part(parts):
    whole = report.Report(*parts, parts[0])
    anchors = [anchor for _, anchor, _, _ in overview(whole)]
    assert len(set(anchors)) == 4
    targets = re.findall(r'<div id="([^"]+)"><section>\s*<h2[^>]*>([^<]+)</h2>', whole.to_html())
    assert [anchor for anchor, _ in targets] == anchors
    assert [kind for _, kind in targets] == [kind for _, _, kind, _ in overview(whole)]
    # A notebook shows several reports in one document: their anchors differ.
    other = report.Report(parts[1], parts[2])
    assert not {anchor for _, anchor, _, _ in overview(other)} & set(anchors)
    nested = report.Report(whole, other)
    assert [text for *_, text in overview(nested)][:2] == ["4 results", "2 results"]
    names = re.findall(r' id="([^"]+)"', nested.to_html())
    assert len(set(names)) == len(names) == 8


def test_the_overview_says_what_each_result_says_in_its_tone():
    before, same, other = (table(400, 3, seed) for seed in (0, 0, 2))
    truth = np.arange(300) % 2
    good, poor = track(truth, truth), track(truth, np.where(np.arange(300) % 5, truth, 0))
    baseline = {"accuracy": 1.0, "lift": 2.0}
    whole = report.Report(
        detect_drift(before, other),
        detect_drift(before, same),
        detect_drift(before[:9], same),
        check_quality(before, same),
        check_model_health(good, baseline),
        check_model_health(poor[-1].intervals, {"recall": 1.2, "accuracy": 0.99}),
        performance_report(poor, baseline=baseline),
        monitoring_summary(poor, None, check_model_health(poor, baseline)),
        match_labels(["a", "b", "c"], ["c", "a", "z"], [1, 0, 1]),
    )
    found = [(kind, tone, text) for tone, _, kind, text in overview(whole)]
    expected = [
        ("Drift report", "bad", "3 of 4 columns drifted ("),
        ("Drift report", "good", "0 of 4 columns drifted ("),
        ("Drift report", "warning", "0 of 4 columns drifted, 4 without enough data ("),
        ("Quality report", "good", "0 faults and 0 warnings in 4 columns of 400 rows"),
        ("Health alerts", "good", "no alerts; not compared: "),
        ("Health alerts", "bad", "2 alerts (HIGH: recall degraded by 25.00%, MEDIUM: accuracy"),
        ("Performance report", "warning", "1 window, "),
        ("Monitoring summary", "warning", "monitoring period 1 window (1), total predictions 300"),
        (
            "Matched labels",
            "warning",
            "predictions 3, with a label 2, waiting 1, labels of",
        ),
    ]
    for (kind, tone, text), wanted in zip(found, expected, strict=True):
        assert (kind, tone) == wanted[:2]
        assert text.startswith(wanted[2])
    assert report.Report(whole)._tone() == "bad"


def test_what_is_said_is_not_endless():
    names = [f"{'long' * 20} {i}" for i in range(9)]
    alerts = check_model_health(dict.fromkeys(names, 0.5), dict.fromkeys(names, 1.0))
    whole = report.Report(alerts, alerts)
    assert all(len(text) <= 300 for *_, text in overview(whole))
    assert max(map(len, whole.to_frame()["says"])) <= 300


def test_its_size_does_not_grow_with_rows(tmp_path):
    sizes = []
    for rows in (500, 20_000):
        sides = table(rows, 10, 0), table(rows, 10, 1)
        page = report.html(tmp_path / f"{rows}.html", detect_drift(*sides), check_quality(*sides))
        sizes.append(page.stat().st_size)
    assert sizes[1] < 1.2 * sizes[0]


def test_it_prints_and_shows_itself(parts):
    whole = report.Report(*parts, title="Monday")
    assert whole.title == "Monday"
    assert str(whole).startswith("Monday\n\nDriftReport: ")
    assert "\n\nQualityReport: " in str(whole)
    assert "\n\nPerformanceReport: " in str(whole)
    assert whole._repr_html_() == str(whole.to_html())
    assert whole.to_frame()["part"].to_list() == [
        "Drift report",
        "Quality report",
        "Performance report",
    ]
    alone = report.Report(parts[1])
    assert "<a href" not in alone.to_html()
    assert alone == report.Report(parts[1])
    assert alone != whole


def test_bad_input_is_named(parts, tmp_path):
    with pytest.raises(TypeError, match="made of results, such as detect_drift"):
        report.html(tmp_path / "x.html", "drift")
    with pytest.raises(ValueError, match="at least one result"):
        report.html(tmp_path / "x.html")
    with pytest.raises(OSError, match="nowhere"):
        report.html(tmp_path / "nowhere" / "x.html", parts[0])
    assert not list(tmp_path.iterdir())


def test_the_json_beside_never_takes_the_place_of_the_page(parts, tmp_path):
    with pytest.raises(ValueError, match=r"ends in \.json"):
        report.html(tmp_path / "x.json", parts[0], json=True)
    page = report.html(tmp_path / "homes.v1.2", parts[1], json=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["homes.v1.2", "homes.v1.2.json"]
    assert "<html" in page.read_text(encoding="utf-8")
    told = json.loads((tmp_path / "homes.v1.2.json").read_text(encoding="utf-8"))
    assert told["results"][0]["schema_version"] == 1
