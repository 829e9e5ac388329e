"""Intervals of mean errors: SciPy's ends, the coverage they promise, and plain refusals."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import stats

from treering.metrics import (
    Interval,
    confidence_interval,
    mean_absolute_error,
    mean_squared_error,
    root_mean_squared_error,
)

METHODS = ("t", "z", "bootstrap", "bca")


def skewed(rows, seed=0):
    return np.random.default_rng(seed).lognormal(0, 1, rows)


def test_values_are_the_metrics():
    rng = np.random.default_rng(0)
    true, pred = rng.normal(size=200), rng.normal(size=200)
    for statistic, metric in (
        ("rmse", root_mean_squared_error),
        ("mse", mean_squared_error),
        ("mae", mean_absolute_error),
    ):
        for method in METHODS:
            interval = confidence_interval(true - pred, statistic=statistic, method=method)
            assert isinstance(interval, Interval)
            assert interval.value == pytest.approx(metric(true, pred), rel=1e-12)
            assert 0 < interval.low < interval.value < interval.high
    assert confidence_interval(true - pred, statistic="mean").value == pytest.approx(
        (true - pred).mean()
    )


@pytest.mark.parametrize("level", [0.1, 0.5, 0.9, 0.95, 0.999, 1 - 1e-6])
@pytest.mark.parametrize("rows", [2, 3, 10, 4000, 300_000])
def test_t_and_z_are_scipys(rows, level):
    errors = np.random.default_rng(1).normal(0, 50_000, rows)
    squared = errors**2
    where = {"loc": squared.mean(), "scale": stats.sem(squared)}
    t = np.sqrt(np.maximum(stats.t.interval(level, rows - 1, **where), 0))
    assert confidence_interval(errors, level, statistic="rmse")[1:] == pytest.approx(t, rel=1e-9)
    where = {"loc": errors.mean(), "scale": stats.sem(errors)}
    z = stats.norm.interval(level, **where)
    found = confidence_interval(errors, level, statistic="mean", method="z")
    assert found[1:] == pytest.approx(z, rel=1e-9)


@pytest.mark.parametrize(("method", "peer"), [("bootstrap", "percentile"), ("bca", "BCa")])
@pytest.mark.parametrize("rows", [12, 60, 1500])
def test_the_bootstrap_is_scipys(rows, method, peer):
    losses = skewed(rows)
    expected = stats.bootstrap(
        (losses,), np.mean, method=peer, n_resamples=20_000, batch=1000, rng=0
    ).confidence_interval
    found = confidence_interval(losses, statistic="mean", method=method, n_resamples=20_000)
    # Few skewed rows push the upper end to a percentile of 0.5 % of the draws, which is off by
    # some 0.1 standard errors, here and there.
    assert found[1:] == pytest.approx(tuple(expected), abs=0.3 * stats.sem(losses))
    errors = np.sqrt(losses)
    root = confidence_interval(errors, statistic="rmse", method=method, n_resamples=20_000)
    # The root squared is not the loss to the last bit, and few rows have draws that tie the mean.
    assert tuple(root) == pytest.approx(np.sqrt(found), rel=1e-3)


@pytest.mark.parametrize("draw", ["normal", "skewed", "few"])
def test_of_many_rows_the_far_ones_are_drawn(draw):
    """The sum of the others is normal: the ends are those of draws of every row."""
    rng = np.random.default_rng(2)
    rows = 70_000
    losses = {
        "normal": rng.normal(3, 1, rows),
        "skewed": rng.lognormal(0, 2, rows),
        "few": (np.arange(rows) < 100) * rng.exponential(5, rows),
    }[draw]
    spread = stats.sem(losses)
    found = confidence_interval(losses, statistic="mean", method="bootstrap", n_resamples=4000)
    counts = (rng.choice(losses, rows).mean() for _ in range(1500))
    drawn = np.quantile(np.fromiter(counts, float), [0.025, 0.975])
    assert found[1:] == pytest.approx(drawn, abs=0.3 * spread)


# How often 1,000 intervals hold the population's value: the share is off by 0.7 % by chance.
@pytest.mark.parametrize(
    ("errors", "rows", "least"),
    [
        ("normal", 20, {"t": 0.87, "z": 0.85, "bootstrap": 0.86, "bca": 0.88}),
        ("normal", 200, {"t": 0.93, "z": 0.93, "bootstrap": 0.92, "bca": 0.93}),
        ("lognormal", 20, {"t": 0.83, "z": 0.82, "bootstrap": 0.82, "bca": 0.84}),
        ("lognormal", 200, {"t": 0.90, "z": 0.90, "bootstrap": 0.91, "bca": 0.90}),
    ],
)
@pytest.mark.parametrize("method", METHODS)
def test_coverage(errors, rows, least, method):
    rng = np.random.default_rng(7)
    statistic = "rmse" if errors == "normal" else "mae"
    truth = 1.0 if errors == "normal" else np.exp(0.5)
    held = 0
    for _ in range(1000):
        sample = rng.normal(size=rows) if errors == "normal" else rng.lognormal(size=rows)
        interval = confidence_interval(sample, statistic=statistic, method=method, n_resamples=800)
        held += interval.low <= truth <= interval.high
    assert least[method] <= held / 1000 <= 0.98, held


def test_the_same_call_gives_the_same_bits():
    for rows in (50, 70_000):
        errors = skewed(rows)
        keywords = {"statistic": "mae", "method": "bca", "n_resamples": 300}
        one = confidence_interval(errors, **keywords)
        assert confidence_interval(errors, **keywords) == one
        assert confidence_interval(list(errors), **keywords) == one
        assert confidence_interval(errors, seed=1, **keywords) != one


@pytest.mark.parametrize("method", METHODS)
def test_edges(method):
    alone = confidence_interval([3.0], statistic="rmse", method=method)
    assert alone.value == 3
    assert np.isnan(alone.low)
    assert np.isnan(alone.high)
    assert str(alone) == "3.000 [n/a, n/a]"
    # The mean of ten numbers 0.1, added up, is not 0.1.
    assert confidence_interval([0.1] * 10, statistic="mean", method=method) == (0.1, 0.1, 0.1)
    wide = confidence_interval([0, 0, 9], 0.999, statistic="rmse", method=method)
    assert 0 <= wide.low <= wide.value <= wide.high
    for size in (1e-60, 1e70):
        small = confidence_interval(skewed(30) * size, statistic="rmse", method=method)
        same = confidence_interval(skewed(30), statistic="rmse", method=method)
        assert np.array(small) / size == pytest.approx(tuple(same), rel=1e-9)


@pytest.mark.parametrize(
    "convert", [list, tuple, pd.Series, pl.Series, lambda a: a[::-1][::-1], np.float32]
)
def test_containers(convert):
    errors = np.arange(40) % 7 - 3.0
    expected = confidence_interval(errors, statistic="mae")
    assert confidence_interval(convert(errors), statistic="mae") == expected


@pytest.mark.parametrize(
    ("errors", "keywords", "kind", "message"),
    [
        ([], {}, ValueError, "at least one"),
        ([[1, 2]], {}, ValueError, r"shape \(1, 2\)"),
        (3.0, {}, ValueError, r"shape \(\)"),
        ([1, np.nan], {}, ValueError, "nan in row 1"),
        ([np.inf, 1], {}, ValueError, "inf in row 0"),
        ([1, 1e200], {}, ValueError, "rmse double precision can hold; got 1e.200 in row 1"),
        ([1e150, 1], {}, ValueError, "too large"),
        (["a", "b"], {}, ValueError, "errors must hold numbers"),
        ([None, 1], {}, ValueError, "nan in row 0"),
        ([1, 2], {"level": 1}, ValueError, "level"),
        ([1, 2], {"level": "high"}, TypeError, "level"),
        ([1, 2], {"level": [1, 2]}, TypeError, r"confidence_interval\(y_true - y_pred\)"),
        ([1, 2], {"method": "T"}, ValueError, "t, z, bootstrap, bca"),
        ([1, 2], {"statistic": "median"}, ValueError, "rmse, mse, mae, mean"),
        ([1, 2], {"statistic": np.mean}, TypeError, "rmse, mse, mae, mean"),
        ([1, 2], {"n_resamples": 0}, ValueError, "n_resamples"),
        ([1, 2], {"n_resamples": 10**9}, ValueError, "n_resamples"),
        ([1, 2], {"seed": -1}, ValueError, "seed"),
    ],
)
def test_bad_input_is_named(errors, keywords, kind, message):
    with pytest.raises(kind, match=message):
        confidence_interval(errors, **{"statistic": "rmse", **keywords})


def test_the_root_of_the_mean_squared_error_is_what_is_meant_without_a_word():
    errors = skewed(40)
    assert confidence_interval(errors, 0.9) == confidence_interval(errors, 0.9, statistic="rmse")
