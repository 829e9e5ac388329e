"""Whatever a room finds, it prints, shows itself in a notebook, and hands on, in one way.

The classes are found in the rooms' ``__all__``; each is built by the calls that users make.
"""

import copy
import dataclasses
import importlib
import inspect
import json
import math
import pickle
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import architecture as house
from treering._results import Result
from treering.drift import (
    detect_drift,
    domain_classifier,
    leaf_occupancy,
    reconstruction_error,
)
from treering.explain import TreeExplainer, permutation_importance
from treering.metrics import ClassificationSummary, Interval, classification_summary
from treering.performance import (
    PerformanceHistory,
    check_model_health,
    label_maturity,
    match_labels,
    monitoring_summary,
    performance_report,
    prediction_distribution,
    track,
    worst_segments,
)
from treering.profile import Profile, compare
from treering.quality import Expectations, check_quality
from treering.report import Report
from treering.stats import (
    anderson_ksamp,
    bin_samples,
    chi2_2samp,
    correlation,
    cramervonmises_2samp,
    describe,
    epps_singleton_2samp,
    fisher_exact_2samp,
    g_test_2samp,
    histogram,
    ks_2samp,
    mann_kendall,
    mannwhitneyu,
    proportions_ztest,
    ttest_ind,
)
from treering.tree import DecisionTreeRegressor

UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
HOSTILE = "<script>alert('\x1b[31m\u202e\u009b\ud800\n')</script>"


def public_classes() -> Iterator[type]:
    for room in sorted(path.parent.name for path in house.PYTHON.glob("*/__init__.py")):
        if not room.startswith("_"):
            module = importlib.import_module(f"treering.{room}")
            yield from filter(inspect.isclass, (getattr(module, name) for name in module.__all__))


def is_result(cls: type) -> bool:
    """A frozen dataclass is a finding, and so is what calls itself a result."""
    parameters = getattr(cls, "__dataclass_params__", None)
    return issubclass(cls, Result) or (parameters is not None and parameters.frozen)


def faults(cls: type) -> list[str]:
    """What a class of results lacks."""
    if not issubclass(cls, Result):
        return [f"{cls.__name__} is a frozen dataclass but no Result: derive it from Result"]
    if "backend" not in dir(cls) and "backend" not in getattr(cls, "__dataclass_fields__", ()):
        return [f"{cls.__name__} does not remember the library of its data: add a field backend"]
    return []


def results(
    column: Callable[[list[Any]], Any],
    table: Callable[[dict[str, Any]], Any] | None,
    name: str,
) -> list[Any]:
    """Every result there is, each from a real call with data of one library."""
    rng = np.random.default_rng(5)
    label = name.replace("\ud800", "")  # the native core reads text as UTF-8
    truth = ["yes", label] * 60
    true, predicted = column(truth), column(truth[:70] + truth[71:] + ["yes"])
    window = [f"{name} {row // 30}" for row in range(120)]
    history = track(true, predicted, window=window)
    named = track(true, predicted, window=window, metrics={name: lambda y, p: 0.5})
    alerts = check_model_health(named, {name: 0.9})
    before, now = rng.normal(size=(90, 2)), rng.normal(2, size=(90, 2))
    if table is None:
        drift = detect_drift(before, now, columns=[name, "b"])
    else:
        drift = detect_drift(
            *(table({name: data[:, 0], "b": data[:, 1]}) for data in (before, now))
        )
    sides = [
        data if table is None else table({name: data[:, 0], "b": data[:, 1]})
        for data in (before, now)
    ]
    named_columns = {"columns": [name, "b"]} if table is None else {}
    tree = DecisionTreeRegressor(max_depth=2).fit(sides[0], before[:, 0])
    occupancy = leaf_occupancy(tree, *sides)
    days = np.datetime64("2026-03-01", "us") + np.arange(9) * np.timedelta64(1, "D")
    maturity = label_maturity(column(days), days, now="2026-04-01", every="1d")
    rows = np.linspace(0, 1, 400)
    cut = rows.reshape(-1, 1) if table is None else table({name: rows})
    segments = worst_segments(cut, np.ones(400), rows > 0.3, min_rows=20)
    distribution = prediction_distribution(
        predicted, window=window, reference={"yes": 50, label: 9}, min_size=10
    )
    read = table or pd.DataFrame
    cells = read({name.replace("\ud800", ""): [0.5, 2.0, 1.0, 4.0], "b": [1.0, 2.0, 3.0, 5.0]})
    cells = cells if table else cells.rename(columns=str)
    expectations = Expectations.of(cells)
    quality = check_quality(expectations.edit("b", high=4.0), cells)
    described, counted = describe(cells), histogram(cells, bins=3)
    numbers = column([0.5, 0.25, 0.125, 0.0625, 0.03])
    return [
        # scikit-learn's metrics take lists, arrays and series, not pyarrow's columns.
        classification_summary(*((truth, truth) if table is pa.table else (true, predicted))),
        ks_2samp(numbers, [0.5, 0.75, 1.0]),
        mannwhitneyu(numbers, [0.5, 0.75, 1.0]),
        cramervonmises_2samp(numbers, [0.5, 0.75, 1.0]),
        anderson_ksamp([numbers, [0.5, 0.75, 1.0]]),
        ttest_ind(numbers, [0.5, 0.75, 1.0]),
        epps_singleton_2samp(numbers, [0.5, 0.75, 1.0, 1.25, 1.5]),
        chi2_2samp(column([5, 6]), [9, 2]),
        g_test_2samp(column([5, 6]), [9, 2]),
        fisher_exact_2samp(column([5, 6]), [9, 2]),
        proportions_ztest(column([0, 1]), [1, 1]),
        bin_samples(column([name, "b", name]), ["b", "c"]),
        mann_kendall(numbers),
        history,
        history[-1],
        named,
        named[0],
        named.trend(name),
        alerts,
        alerts[0],
        drift,
        drift[name],
        domain_classifier(*sides, **named_columns),
        reconstruction_error(*sides, **named_columns),
        occupancy,
        next(iter(occupancy.values())),
        maturity,
        maturity[0],
        segments,
        segments[0],
        performance_report(history[:2], segments=segments),
        performance_report(history).scores[0],
        match_labels(column([name, "b"]), [name], [1]),
        Report(history, drift, title=name),
        distribution,
        distribution.windows[0],
        monitoring_summary(history, drift, alerts),
        described,
        described["b"],
        correlation(cells),
        Profile.of(cells),
        Profile.of(cells)["b"],
        expectations,
        expectations["b"],
        quality,
        quality.findings[0],
        compare(Profile.of(cells), Profile.of(cells), "b"),
        compare(Profile.of(cells), Profile.of(cells), "b", "psi"),
        counted,
        counted["b"],
        TreeExplainer(tree)(sides[0]),
        permutation_importance(tree, sides[0], before[:, 0], n_repeats=2, random_state=0),
    ]


# An interval alone knows of no data, so that its table is never of another kind.
LISTED = [*results(lambda values: values, None, HOSTILE), Interval(0.5, 0.25, math.nan)]
NAMES = [f"{type(result).__name__}-{index}" for index, result in enumerate(LISTED)]
COLUMNS = {
    "pandas": (pd.Series, pd.DataFrame),
    "polars": (pl.Series, pl.DataFrame),
    "pyarrow": (lambda values: pa.chunked_array([values]), pa.table),
}
each = pytest.mark.parametrize("result", LISTED, ids=NAMES)


def test_every_public_result_is_one_and_is_built_here() -> None:
    classes = {cls for cls in public_classes() if is_result(cls)}
    assert [fault for cls in classes for fault in faults(cls)] == []
    assert {cls.__name__ for cls in classes} == {type(result).__name__ for result in LISTED}


def test_a_result_that_lacks_them_would_be_seen() -> None:
    @dataclasses.dataclass(frozen=True)
    class Bare:
        value: float

    @dataclasses.dataclass(frozen=True)
    class Forgetful(Result):
        value: float

    @dataclasses.dataclass
    class Setting:
        value: float

    assert is_result(Bare)
    assert faults(Bare) == ["Bare is a frozen dataclass but no Result: derive it from Result"]
    assert faults(Forgetful) == [
        "Forgetful does not remember the library of its data: add a field backend"
    ]
    assert not is_result(Setting)


@each
def test_it_prints_well(result: Any) -> None:
    for text in (repr(result), str(result)):
        lines = text.splitlines()
        assert 0 < len(lines) <= 20
        assert max(map(len, lines)) <= 160
        assert all(line == line.rstrip() for line in lines)
        assert not re.search(r"object at 0x|np\.|\bnan\b|\bNone\b|dataclass|Interval\(", text)
        assert text.isprintable() or set(text) - set(filter(str.isprintable, text)) == {"\n"}


@each
def test_its_json_says_what_it_is(result: Any) -> None:
    def refuse(literal: str) -> Any:
        raise AssertionError(literal)

    text = result.to_json(indent=1)
    lines = text.splitlines()
    assert not [line for line in lines if re.fullmatch(r"\s*[-\d.]+,?", line)], "numbers by line"
    text.encode("utf-8")
    document = json.loads(text, parse_constant=refuse)
    assert document.pop("type") == type(result).__name__
    assert document.pop("schema_version") == 1
    assert "backend" not in document
    assert list(document) == list(result.to_dict())
    assert json.loads(result.to_json()) == json.loads(text)


def test_long_names_are_shortened_where_they_are_read_and_whole_where_they_are_data() -> None:
    for result in results(lambda values: values, None, "first_" + "n" * 9000 + "_last"):
        for text in (repr(result), str(result)):
            assert max(map(len, text.splitlines())) <= 160, type(result)
        assert len(result._repr_html_()) < 60_000, type(result)
        if type(result).__name__ in {"ColumnDrift", "DriftReport", "Trend", "PerformanceHistory"}:
            shown = " ".join(repr(result).split())
            assert "n" * 9000 in result.to_json() or "accuracy" in shown
            assert "\N{HORIZONTAL ELLIPSIS}" in shown


def test_json_holds_names_whole_and_as_they_are() -> None:
    name = HOSTILE * 40
    drift = detect_drift(np.eye(40), np.eye(40), columns=[name, *map(str, range(39))])
    assert next(iter(json.loads(drift.to_json())["columns"])) == name
    assert drift.to_frame("pandas")["column"][1] == "0"
    assert drift.to_frame("pandas")["column"][0] == name.replace("\ud800", "\\ud800")


@each
def test_it_shows_itself_in_a_notebook(result: Any, tmp_path: Path) -> None:
    shown = result._repr_html_()
    assert shown == str(result.to_html())
    assert "<script" not in shown
    assert not UNSEEN.search(shown)
    shown.encode("utf-8")
    page = result.save_html(tmp_path / "page.html").read_text(encoding="utf-8")
    assert shown in page
    assert "<script" not in page
    titled = result.save_html(tmp_path / "page.html", title="A title of its own")
    assert "<title>A title of its own</title>" in titled.read_text(encoding="utf-8")


@pytest.mark.parametrize("backend", COLUMNS)
def test_its_table_is_of_the_users_own_kind(backend: str) -> None:
    column, table = COLUMNS[backend]
    for result in results(column, table, "<script>\x1b"):
        if backend == "pyarrow" and isinstance(result, ClassificationSummary):
            continue  # see `results`
        frame = result.to_frame()
        assert type(frame) is type(table({"a": [1]})), type(result)
        names = frame.column_names if backend == "pyarrow" else list(frame.columns)
        assert len(set(names)) == len(names) > 1
        assert "backend" not in names
        for other, (_, made) in COLUMNS.items():
            assert type(result.to_frame(other)) is type(made({"a": [1]}))
        with pytest.raises(ValueError, match="backend must be one of pandas, polars, pyarrow"):
            result.to_frame("excel")


@each
def test_its_table_is_the_first_librarys_for_lists(result: Any) -> None:
    assert isinstance(result.to_frame(), pd.DataFrame)
    rows = {"pandas": len, "polars": len, "pyarrow": len}
    assert len({count(result.to_frame(name)) for name, count in rows.items()}) == 1


@each
def test_it_is_frozen_and_can_be_copied_and_pickled(result: Any) -> None:
    for copied in (copy.deepcopy(result), pickle.loads(pickle.dumps(result))):
        assert repr(copied) == repr(result)
        assert copied.to_json() == result.to_json()
    if dataclasses.is_dataclass(result):
        with pytest.raises(dataclasses.FrozenInstanceError):
            result.backend = "pandas"  # type: ignore[misc]


def test_one_window_and_the_history_agree() -> None:
    history = next(result for result in LISTED if isinstance(result, PerformanceHistory))
    stacked = pd.concat([row.to_frame("pandas") for row in history], ignore_index=True)
    pd.testing.assert_frame_equal(stacked, history.to_frame("pandas"))


def test_tests_along_an_axis_are_rows() -> None:
    rng = np.random.default_rng(1)
    result = ks_2samp(rng.normal(size=(9, 3)), rng.normal(size=(7, 3)))
    statistic, pvalue = result
    assert result.to_frame("polars")["pvalue"].to_list() == pvalue.tolist()
    assert result.to_dict()["statistic"] == statistic.tolist()
    assert len(result) == 2
    assert result[1] is pvalue


def test_labels_of_several_kinds_still_make_a_table() -> None:
    made = prediction_distribution([1, "2", "a", 1.5], reference={1: 3, "a": 2})
    assert made.to_frame("polars")["class"].to_list() == ["1.5", "1", "2", "a"]
