"""Errors of predicted numbers equal scikit-learn's: values to 1e-12, messages to the letter."""

import inspect

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn.metrics as reference
from hypothesis import given, settings
from hypothesis import strategies as st

import treering.metrics as ours

MEANS = (
    "mean_squared_error",
    "root_mean_squared_error",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "median_absolute_error",
    "mean_pinball_loss",
    "mean_squared_log_error",
    "root_mean_squared_log_error",
)
SCORES = ("r2_score", "explained_variance_score")
DEVIANCES = ("mean_poisson_deviance", "mean_gamma_deviance", "mean_tweedie_deviance")
ALL = (*MEANS, *SCORES, *DEVIANCES, "max_error")
POWERS = (-2, -0.5, 0, 1, 1.3, 1.9, 2, 2.5, 3, np.float32(1.5), True)


def problem(rows=120, outputs=None, seed=0):
    rng = np.random.default_rng(seed)
    shape = rows if outputs is None else (rows, outputs)
    true = rng.gamma(2.0, 3.0, shape)
    return true, true * rng.lognormal(0, 0.3, shape), rng


def weights_of(kind, rng, rows):
    return {
        None: None,
        "float": rng.random(rows),
        "int": rng.integers(0, 4, rows),
        "float32": rng.random(rows).astype(np.float32),
        "list": rng.integers(1, 4, rows).tolist(),
    }[kind]


def takes(name, parameter):
    return parameter in inspect.signature(getattr(reference, name)).parameters


def check(assert_same, true, pred, weights=None, names=ALL):
    for name in names:
        keywords = {"sample_weight": weights} if takes(name, "sample_weight") else {}
        assert_same(name, true, pred, **keywords)


@pytest.mark.parametrize("weighted", [None, "float", "int", "float32", "list"])
@pytest.mark.parametrize("rows", [1, 2, 7, 512, 513, 3000])
def test_values(assert_same, rows, weighted):
    true, pred, rng = problem(rows)
    weights = weights_of(weighted, rng, rows)
    if weights is not None:
        weights[-1] = 1
    check(assert_same, true, pred, weights)
    for power in POWERS:
        assert_same("mean_tweedie_deviance", true, pred, sample_weight=weights, power=power)
    for alpha in (0, 0.1, 0.9, 1, True):
        assert_same("mean_pinball_loss", true, pred, sample_weight=weights, alpha=alpha)


@pytest.mark.parametrize("weighted", [None, "float"])
@pytest.mark.parametrize(
    "multioutput",
    [
        "raw_values",
        "uniform_average",
        "variance_weighted",
        None,
        [0.2, 0.5, 0.3],
        np.array([1, 2, 3]),
        (0, 0, 1.0),
        [1, 2],
        [1, -1, 0],
        [1, np.nan, 1],
        [[1, 2, 3]],
        "nonsense",
        3,
    ],
)
def test_several_outputs(assert_same, multioutput, weighted):
    true, pred, rng = problem(300, 3)
    true[:, 2] = rng.integers(0, 2, 300)
    weights = weights_of(weighted, rng, 300)
    for name in (*MEANS, *SCORES):
        if isinstance(multioutput, list) and sum(np.ravel(multioutput)) == 0:
            with pytest.raises(ZeroDivisionError):
                getattr(ours, name)(true, pred, multioutput=multioutput)
            continue
        assert_same(name, true, pred, sample_weight=weights, multioutput=multioutput)
        assert_same(name, true[:, 0], pred[:, 0], multioutput=multioutput)
    for name in (*DEVIANCES, "max_error"):
        assert_same(name, true, pred)


@pytest.mark.parametrize("force_finite", [True, False, np.bool_(True), 1, "yes"])
@pytest.mark.parametrize("multioutput", ["raw_values", "uniform_average", "variance_weighted"])
@pytest.mark.parametrize(
    "pred", [np.full((4, 2), 2.0), [[2.0, 1], [2, 2], [2, 3], [3, 4]], np.zeros((4, 2))]
)
def test_constant_targets(assert_same, pred, multioutput, force_finite):
    for true in ([[2.0, 1], [2, 2], [2, 3], [2, 4]], np.full((4, 2), 2.0)):
        for name in SCORES:
            keywords = {"multioutput": multioutput, "force_finite": force_finite}
            assert_same(name, true, pred, **keywords)


def test_a_constant_target_is_seen_whatever_its_digits():
    # Ten times 0.1 do not add up to 1, so that scikit-learn sees variation in it: -2e+32.
    assert ours.r2_score([0.1] * 10, np.arange(10)) == 0
    with np.errstate(divide="ignore"):
        assert ours.r2_score([0.1] * 10, np.arange(10), force_finite=False) == -np.inf
    assert ours.explained_variance_score(np.arange(5), np.arange(5) + 0.1) == pytest.approx(1)


@pytest.mark.parametrize(
    "convert",
    [
        list,
        tuple,
        pd.Series,
        lambda a: pd.Series(a, index=range(5, 5 + len(a))[::-1]),
        pl.Series,
        lambda a: a[:, np.newaxis],
        lambda a: pd.DataFrame({"y": a}),
        lambda a: pl.DataFrame({"y": a}),
        lambda a: a[::-1][::2],
        lambda a: np.repeat(a, 2)[::2],
        lambda a: np.stack([a, a])[0],
        lambda a: a.astype(a.dtype.newbyteorder(">")),
        lambda a: a.astype(int) + 1,
        lambda a: a.astype(np.int8) + 1,
        lambda a: a.astype(np.uint16) + 1,
        lambda a: pd.Series(a.astype(int) + 1, dtype="Int64"),
        lambda a: a.astype(object),
        np.ma.masked_array,
    ],
)
def test_containers(assert_same, convert):
    true, pred, rng = problem()
    for left, right in (
        (convert(true), convert(pred)),
        (convert(true), pred[: len(convert(true))]),
    ):
        if isinstance(left, np.ndarray) and left.dtype.kind == "u":
            # There the difference of unsigned numbers wraps around 0.
            check(assert_same, left, right, names=(*SCORES, *DEVIANCES))
        else:
            check(assert_same, left, right, rng.random(len(left)))


def test_unsigned_numbers_do_not_wrap_around():
    true, pred = np.array([1, 5], dtype=np.uint8), np.array([3, 4], dtype=np.uint8)
    assert ours.max_error(true, pred) == 2
    assert ours.median_absolute_error(true, pred) == 1.5


@pytest.mark.parametrize("outputs", [None, 3])
def test_single_precision_is_summed_in_double(outputs):
    true, pred, _ = problem(2000, outputs)
    singles = true.astype(np.float32), pred.astype(np.float32)
    doubles = [array.astype(np.float64) for array in singles]
    for name in (*MEANS, *SCORES) if outputs else ALL:
        assert getattr(ours, name)(*singles) == getattr(ours, name)(*doubles)
        expected = getattr(reference, name)(*doubles)
        assert getattr(ours, name)(singles[0], doubles[1]) == pytest.approx(expected, rel=1e-12)


@settings(max_examples=80, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(-3, 6), st.integers(-3, 6), st.integers(0, 3)), min_size=1),
    scale=st.sampled_from([1, 0.5, 1e-3, 1e6]),
    weighted=st.booleans(),
    multioutput=st.sampled_from(["raw_values", "uniform_average", "nonsense"]),
)
def test_properties(assert_same, rows, scale, weighted, multioutput):
    table = np.array(rows)
    true, pred = table[:, 0] * scale, table[:, 1] * scale
    weights = table[:, 2] / 2 if weighted else None
    for name in MEANS:
        assert_same(name, true, pred, sample_weight=weights, multioutput=multioutput)
    for name in DEVIANCES:
        assert_same(name, true, pred, sample_weight=weights)
        assert_same(name, np.abs(true), np.abs(pred) + 1, sample_weight=weights)
    heavy = true if weights is None else true[weights > 0]
    # Of one value there is no variance but what rounding leaves, which decides between 0 and 1.
    if len(heavy) and np.ptp(heavy):
        for name in SCORES:
            assert_same(name, true, pred, sample_weight=weights)
    if scale == 1:
        assert_same("max_error", table[:, 0], table[:, 1])


@pytest.mark.parametrize(
    ("true", "pred"),
    [
        ([], []),
        ([1.0, 2.0], [1.0]),
        ([1.0, np.nan], [1.0, 2.0]),
        ([1.0, 2.0], [1.0, np.inf]),
        (np.array([1, np.nan], dtype=np.float32), [1.0, 2.0]),
        (["a", "b"], [1, 2]),
        (["1", "2"], [1, 2]),
        (np.array([1, "b"], dtype=object), [1, 2]),
        ([True, False], [True, True]),
        ([1 + 2j, 1], [1, 2]),
        (np.zeros((2, 2, 2)), np.zeros((2, 2, 2))),
        (np.ones((2, 2)), np.ones((2, 3))),
        ([[1, 2], [3]], [1, 2]),
        ("ab", "ab"),
        (3, 4),
        (None, [1]),
        ([1, None], [1, 2]),
        (pd.Series([1, None], dtype="Int64"), [1, 1]),
        (pl.Series([1, None]), [1, 1]),
        (np.array([2**63, 1], dtype=np.uint64), [1, 2]),
        (np.array([2**62, 1]), [1, 2]),
        (np.array([1, 2], dtype=np.float16), [1, 3]),
        (np.array([1, 2], dtype=np.longdouble), [1, 3]),
        (np.array(["2020-01-01", "2020-01-02"], dtype="M8[D]"), [1, 2]),
        ([0.0, 1.0], [1.0, 2.0]),
        ([-1.0, 1.0], [1.0, 2.0]),
        ([1.0, 2.0], [0.0, 1.0]),
        ([1.0, 2.0], [-3.0, 1.0]),
        ([1e200, 2.0], [1.0, 1.0]),
        ([1e308, -1e308], [-1e308, 1e308]),
        ([1e-300, 1.0], [1e300, 1.0]),
    ],
)
def test_what_is_refused_is_scikit_learns(assert_same, true, pred):
    check(assert_same, true, pred)
    for power in (-1, 1.5, 3):
        assert_same("mean_tweedie_deviance", true, pred, power=power)


@pytest.mark.parametrize(
    "weights",
    [[1, 2], [0, 0, 0], [1, np.nan, 1], [1, np.inf, 2], [-1, 2, 3], ["a", "b", "c"], 2, [[1], [2]]],
)
def test_unusual_weights_are_scikit_learns(assert_same, weights):
    names = [name for name in ALL if takes(name, "sample_weight")]
    check(assert_same, [1.0, 2.0, 3.0], [2.0, 2.0, 5.0], weights, names)


@pytest.mark.parametrize("power", [0.5, np.nan, np.inf, "1", None, 1j])
def test_powers_that_are_none(assert_same, power):
    assert_same("mean_tweedie_deviance", [1.0, 2.0], [2.0, 1.0], power=power)


@pytest.mark.parametrize("alpha", [-0.1, 1.1, np.nan, "0.5", None])
def test_shares_that_are_none(assert_same, alpha):
    assert_same("mean_pinball_loss", [1.0, 2.0], [2.0, 1.0], alpha=alpha)


@pytest.mark.parametrize("outputs", [None, 2])
def test_many_rows_and_threads(assert_same, outputs):
    true, pred, rng = problem(300_000, outputs)
    names = (*MEANS, *SCORES) if outputs else ALL
    check(assert_same, true, pred, names=names)
    check(assert_same, true, pred, rng.integers(0, 4, 300_000), names=names)
    if outputs is None:
        check(assert_same, np.round(true), pred, names=names[:-1])


def test_nothing_is_written():
    true, pred, rng = problem()
    weights = rng.random(len(true))
    for array in (true, pred, weights):
        array.setflags(write=False)
    for name in (*MEANS, *SCORES, *DEVIANCES):
        getattr(ours, name)(true, pred, sample_weight=weights)
