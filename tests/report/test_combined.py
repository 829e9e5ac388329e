"""Several results on one page: static, bounded, the same as JSON and as text."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from treering import report
from treering.drift import detect_drift
from treering.performance import performance_report, track
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
    assert "what it says" not in alone.to_html()
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
