"""A report prints, draws, converts and is written as a page."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from matplotlib import pyplot as plt

from treering import _checks
from treering.drift import DriftReport, _report, detect_drift
from treering.performance import monitoring_summary, track

RNG = np.random.default_rng(2)


@pytest.fixture
def report() -> DriftReport:
    before, now = RNG.normal(size=(100, 3)), RNG.normal([0, 2, 0], size=(90, 3))
    before[5:, 2] = now[5:, 2] = np.nan
    return detect_drift(before, now, columns=["a", "<b>", "c"])


def test_it_prints_a_line_per_column(report: DriftReport) -> None:
    lines = repr(report).splitlines()
    assert lines[0].startswith(
        "DriftReport: 1 of 3 columns drifted, 1 without enough data (alpha 0.05, fdr_bh, effects"
    )
    assert [line.split()[0] for line in lines[3:]] == ["a", "<b>", "c"]
    assert "nan" not in repr(report).lower()
    assert [line.split()[-5] for line in lines[3:]][1] == "higher"
    assert repr(report).count("higher") == 1
    assert "lower" not in repr(report)
    assert report["a"].direction in {"higher", "lower"}
    wide = detect_drift(RNG.normal(size=(40, 200)), RNG.normal(size=(40, 200)))
    assert len(repr(wide).splitlines()) < 50
    assert "160 more" in repr(wide)


def test_its_json_is_strict(report: DriftReport) -> None:
    def refuse(literal: str) -> Any:
        raise AssertionError(literal)

    document = json.loads(report.to_json(indent=1), parse_constant=refuse)
    assert document["type"] == "DriftReport"
    assert document["schema_version"] == 1
    assert document["columns"]["c"]["pvalue"] is None
    assert document["columns"]["<b>"]["verdict"] == "drift"


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame, pa.table])
def test_its_table_holds_nulls_for_what_was_not_tested(kind: Any) -> None:
    report = detect_drift(kind({"x": [1.0] * 9}), kind({"x": [1.0] * 9}))
    table = report.to_frame()
    assert type(table) is type(kind({"x": [1.0]}))
    column = table["pvalue"]
    missing = column.isna().sum() if kind is pd.DataFrame else column.null_count
    assert (missing() if callable(missing) else missing) == 1
    names = table.column_names if kind is pa.table else list(table.columns)
    assert names[:6] == ["column", "test", "statistic", "pvalue", "adjusted_pvalue", "drift"]


def test_an_unknown_library_is_named(report: DriftReport) -> None:
    with pytest.raises(ValueError, match="backend must be one of pandas, polars, pyarrow"):
        report.to_frame("excel")


def test_it_draws_a_picture_per_column(report: DriftReport) -> None:
    grid = report.plot()
    assert [ax.get_title() for ax in grid.ax_] == ["a: OK", "<b>: DRIFT", "c: not enough data"]
    _, ax = plt.subplots()
    assert report.display("<b>").plot(ax=ax).ax_ is ax
    plt.close("all")


def test_a_slip_in_a_column_is_answered_with_close_names(report: DriftReport) -> None:
    with pytest.raises(KeyError, match=r"'A' was not compared \(did you mean 'a'\?\)"):
        report["A"]
    with pytest.raises(KeyError) as error:
        report["entirely different"]
    assert "did you mean" not in str(error.value)
    table = pd.DataFrame({"Age": np.arange(40.0), "day": pd.Timestamp("2026-01-01")})
    with pytest.raises(KeyError, match="'day' was not compared: has the type"):
        detect_drift(table, table)["day"]
    with pytest.raises(ValueError, match=r"no column 'age' \(did you mean 'Age'\?\); it has"):
        detect_drift(table, table, columns=["age"])


def report_of(names: list[str]) -> DriftReport:
    """Return a report of columns of these names, without the time that their tests take."""
    rows = np.zeros((1, 1))
    (found,) = detect_drift(rows, rows, columns=["x"]).values()
    columns = {name: replace(found, column=name) for name in names}
    return DriftReport(columns, {"town": "is text"}, 0.05, None, 30, 1, 1)


def test_names_that_differ_only_in_case_are_all_close() -> None:
    report = report_of(["Age", "AGE", "aGe", "ages"])
    with pytest.raises(KeyError, match=r"mean 'Age' or 'AGE' or 'aGe' or 'ages'\?"):
        report["age"]


def test_only_so_many_names_are_searched_for_likeness(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[list[str]] = []

    def remember(name: str, others: Any) -> list[str]:
        searched.append(list(others))
        return []

    monkeypatch.setattr(_checks, "get_close_matches", remember)
    report = report_of(["x" * 101, *(f"column {i}" for i in range(1500))])
    with pytest.raises(KeyError, match=r"'COLUMN 1400' .* mean 'column 1400'\?"):
        report["COLUMN 1400"]
    assert [len(names) for names in searched] == [1000]
    assert "x" * 101 not in searched[0]
    with pytest.raises(KeyError) as error:
        report["y" * 5000]
    assert len(str(error.value)) < 120
    assert len(searched) == 1


def test_asking_whether_a_column_is_there_makes_no_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> str:
        raise AssertionError

    monkeypatch.setattr(_report, "close_names", refuse)
    report = report_of(["1", "age"])
    assert ("age" in report, 1 in report, "Age" in report, "town" in report) == (
        True,
        True,
        False,
        False,
    )
    assert report.get("age") is report["age"]
    assert report.get(1) is report["1"]
    assert report.get("Age") is None
    assert report.get("Age", 3) == 3


def test_long_names_are_shortened_in_messages() -> None:
    long = "a" * 5000
    table = pd.DataFrame({long: np.arange(40.0), f"{long}b": np.arange(40.0)})
    with pytest.raises(ValueError, match="reference has no column") as error:
        detect_drift(table, table, columns=[f"{long}{i}" for i in range(50)])
    assert len(str(error.value)) < 2000
    summed = monitoring_summary(
        track([0, 1], [0, 1]), DriftReport({}, {long: "is text"}, 0.05, None, 30, 1, 1)
    )
    assert summed.skipped_features == (long,)
    assert len(str(summed)) < 500
    assert len(summed.to_html()) < 5000


def test_what_a_page_leaves_out_it_says() -> None:
    wide = detect_drift(RNG.normal(size=(40, 200)), RNG.normal(size=(40, 200)))
    html = wide.to_html()
    assert html.count("<tr") == 61
    assert (
        "The first 60 of 200 rows; 140 are left out: they have larger p-values; to_frame() and "
        "to_json() hold all."
    ) in html
    assert "Pictures of 12 of 200 columns, the smallest p-values first" in html
    assert len(wide.to_frame()) == len(wide.to_dict()["columns"]) == 200


def test_the_figure_says_how_many_columns_are_not_drawn() -> None:
    wide = detect_drift(RNG.normal(size=(40, 50)), RNG.normal(size=(40, 50)))
    grid = wide.plot()
    assert len(grid.ax_) == 12
    assert grid.figure_.get_suptitle() == (
        "12 of 50 columns, those with the smallest p-values\n"
        "38 not drawn: plot(most=50) for all, display(name).plot() for one"
    )
    few = detect_drift(RNG.normal(size=(40, 3)), RNG.normal(size=(40, 3)))
    _, ax = plt.subplots()
    few.plot(ax=ax, most=2)
    assert ax.texts[0].get_text().startswith("2 of 3 columns")
    assert few.plot(most=3).figure_.get_suptitle() == ""
    plt.close("all")


def test_what_plot_cannot_take_is_named(report: DriftReport) -> None:
    with pytest.raises(TypeError, match=r"got 'a'; one column is drawn by report.display\(name\)"):
        report.plot("a")
    with pytest.raises(TypeError, match=r"how many pictures stand in a row .* got \['a'\]"):
        report.plot(columns=["a"])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="most is how many columns are drawn at most"):
        report.plot(most="a")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="most must be a whole number of at least 1; got 0"):
        report.plot(most=0)
    plt.close("all")


def test_its_page_escapes_and_stays_small(report: DriftReport, tmp_path: Path) -> None:
    path = report.save_html(tmp_path / "drift.html")
    text = path.read_text(encoding="utf-8")
    assert "&lt;b&gt;" in text
    assert "<b>" not in text
    wide = detect_drift(RNG.normal(size=(40, 500)), RNG.normal(size=(40, 500)))
    assert len(wide._repr_html_()) < 150_000
