"""Detectors of change in streams: those that were published, one value after the other."""

import pickle
import random
import re

import numpy as np
import pytest
import stream_oracles as oracles
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ks_2samp

import treering
from damage import content, sealed
from treering.drift import stream
from treering.drift.stream import (
    ADWIN,
    CUSUM,
    DDM,
    EDDM,
    HDDM_A,
    HDDM_W,
    KSWIN,
    Detector,
    PageHinkley,
    StreamingKS,
)
from treering.profile import Profile


def numbers(seed, size=900):
    """Return values between 0 and 1 that change now and then."""
    rng = np.random.default_rng(seed)
    steps = np.repeat(rng.uniform(0, 0.6, 9), size // 9)
    return np.clip(steps + 0.2 * rng.random(steps.size), 0, 1)


def errors(seed, size=900):
    rng = np.random.default_rng(seed)
    return (rng.random(size) < numbers(seed, size)).astype(float)


PUBLISHED = [
    (PageHinkley(threshold=3.0), lambda s: oracles.page_hinkley(s, threshold=3.0), numbers),
    (
        PageHinkley(threshold=2.0, mode="down", alpha=0.99, min_instances=20),
        lambda s: oracles.page_hinkley(s, 20, threshold=2.0, mode="down", alpha=0.99),
        numbers,
    ),
    (CUSUM(), oracles.cusum, numbers),
    (CUSUM(mean=0.5, std=0.4), lambda s: oracles.cusum(s, 0.5, 0.4), numbers),
    (ADWIN(), oracles.adwin, numbers),
    (
        ADWIN(delta=0.1, clock=7, max_buckets=3),
        lambda s: oracles.adwin(s, 0.1, clock=7, max_buckets=3),
        errors,
    ),
    (DDM(), oracles.ddm, errors),
    (DDM(10, 1.5, 2.0), lambda s: oracles.ddm(s, 10, 1.5, 2.0), errors),
    (EDDM(), oracles.eddm, errors),
    (EDDM(20, 0.9, 0.8), lambda s: oracles.eddm(s, 20, 0.9, 0.8), errors),
    (HDDM_A(), oracles.hddm_a, errors),
    (
        HDDM_A(0.01, 0.05, two_sided_test=True),
        lambda s: oracles.hddm_a(s, 0.01, 0.05, two_sided=True),
        numbers,
    ),
    (HDDM_W(), oracles.hddm_w, errors),
    (
        HDDM_W(0.05, 0.1, 0.1, two_sided_test=True),
        lambda s: oracles.hddm_w(s, 0.05, 0.1, 0.1, two_sided=True),
        numbers,
    ),
]
ALL = [detector for detector, _, _ in PUBLISHED]
ALL += [KSWIN(), StreamingKS(np.arange(50) / 50, window_size=30, alpha=0.01)]


@pytest.mark.parametrize(
    ("detector", "oracle", "source"), PUBLISHED, ids=[repr(detector) for detector in ALL[:-2]]
)
def test_detections_are_those_of_the_published_rule(detector, oracle, source):
    found = 0
    for seed in range(4):
        values = source(seed)
        fresh = Detector.from_bytes(detector.to_bytes())
        drifts, warnings = [], []
        for place, value in enumerate(values):
            assert fresh.update(value) is fresh
            assert not (fresh.drift_detected and fresh.warning_detected)
            if fresh.drift_detected:
                drifts.append(place)
            if fresh.warning_detected:
                warnings.append(place)
        assert (warnings, drifts) == oracle(values)
        assert fresh.update_many([]).size == 0
        assert (fresh.seen, fresh.detections) == (values.size, len(drifts))
        assert [*fresh.reset().update_many(values)] == drifts
        found += len(drifts)
    assert found > 2


# What river 0.26's documentation prints for these streams; its detectors begin anew as ours do.
def binary_stream():
    rng = random.Random(42)
    return rng.choices([0, 1], k=1000) + rng.choices([0, 1], k=1000, weights=[0.3, 0.7])


def two_levels():
    rng = random.Random(12345)
    return rng.choices([0, 1], k=1000) + rng.choices(range(4, 8), k=1000)


@pytest.mark.parametrize(
    ("detector", "values", "drifts"),
    [
        (DDM(), binary_stream(), [1334]),
        (EDDM(alpha=0.8, beta=0.75), binary_stream(), [1278]),
        (HDDM_A(), binary_stream(), [1206]),
        (ADWIN(), two_levels(), [1023]),
        (PageHinkley(), two_levels(), [1006]),
    ],
    ids=["DDM", "EDDM", "HDDM_A", "ADWIN", "PageHinkley"],
)
def test_printed_examples(detector, values, drifts):
    assert [*detector.update_many(values)] == drifts


def test_cusum_raises_alarms_as_often_as_published(effort):
    """Montgomery's tables: every 465 values without a change, after 10.4 of one deviation."""
    runs = effort(400, 4000)
    rng = np.random.default_rng(5)
    for shift, threshold, expected in ((0, 5, 465), (0, 4, 168), (1, 5, 10.4), (1, 4, 8.38)):
        lengths = []
        for _ in range(runs):
            detector = CUSUM(mean=0, std=1, threshold=threshold)
            length = 0
            while not detector.detections:
                block = rng.normal(shift, 1, 256)
                found = detector.update_many(block)
                length += found[0] + 1 if found.size else block.size
            lengths.append(length)
        error = np.std(lengths) / np.sqrt(runs)
        assert abs(np.mean(lengths) - expected) < 4 * error + 0.01 * expected


def test_kswin_finds_a_change_and_is_the_same_for_a_seed():
    values = np.random.default_rng(1).normal(size=600)
    values[300:] += 2
    one, other = KSWIN(alpha=1e-4, seed=3), KSWIN(alpha=1e-4, seed=3)
    found = one.update_many(values)
    assert 300 < found[0] < 340
    assert [*other.update_many(values[:310]), *(other.update_many(values[310:]) + 310)] == [*found]
    assert one == other
    assert KSWIN(alpha=1e-4).update_many(np.zeros(1000)).size == 0


def test_kswin_alarms_as_often_as_its_tests_are_wrong(effort):
    """At one place each, so that the draws of a run are independent of the next."""
    runs, alpha = effort(1500, 20_000), 0.05
    rng = np.random.default_rng(2)
    alarms = sum(
        KSWIN(alpha=alpha, seed=run).update_many(rng.random(100)).size for run in range(runs)
    )
    # The exact test of 30 and 30 values keeps below its level: 0.0346.
    level = 0.03458
    assert abs(alarms / runs - level) < 4 * np.sqrt(level / runs)


@given(
    reference=st.lists(st.integers(-4, 4), min_size=1, max_size=60),
    values=st.lists(st.floats(-5, 5), min_size=12, max_size=40),
)
def test_a_window_beside_a_reference_has_scipys_statistic(reference, values):
    detector = StreamingKS(reference, window_size=10, alpha=1e-12)
    for place, value in enumerate(values):
        detector.update(value)
        if place < 9:
            assert detector.statistic is None
            assert detector.pvalue is None
        else:
            expected = ks_2samp(reference, values[place - 9 : place + 1])
            assert detector.statistic == pytest.approx(expected.statistic, abs=1e-12)
            assert detector.pvalue == pytest.approx(expected.pvalue, rel=1e-9)


def test_a_window_is_a_drift_where_its_pvalue_is_small():
    rng = np.random.default_rng(0)
    reference, values = rng.normal(size=400), rng.normal(0.4, 1, size=2000)
    detector, alarms = StreamingKS(reference, window_size=50, alpha=0.01), 0
    window = []
    for value in values:
        window.append(value)
        detector.update(value)
        expected = len(window) == 50 and ks_2samp(reference, window).pvalue <= 0.01
        assert detector.drift_detected == expected
        window = [] if expected else window[-49:]
        alarms += expected
    assert alarms > 3


@pytest.mark.parametrize("detector", ALL, ids=map(repr, ALL))
def test_a_detector_goes_on_where_its_bytes_were_written(detector):
    values = errors(9)
    detector = Detector.from_bytes(detector.to_bytes())
    detector.update_many(values[:450])
    for again in (Detector.from_bytes(detector.to_bytes()), pickle.loads(pickle.dumps(detector))):
        assert type(again) is type(detector)
        assert again == detector
        assert (again.seen, repr(again)) == (450, repr(detector))
        assert [*again.update_many(values[450:])] == [
            *Detector.from_bytes(detector.to_bytes()).update_many(values[450:])
        ]
    assert detector.reset().seen == 0
    assert detector.get_params() == type(detector).from_bytes(detector.to_bytes()).get_params()


@pytest.mark.parametrize("detector", ALL, ids=map(repr, ALL))
def test_altered_bytes_are_refused_or_work(detector, effort):
    detector = Detector.from_bytes(detector.to_bytes())
    detector.update_many(errors(3)[:200])
    whole = detector.to_bytes()
    rng = np.random.default_rng(0)
    for _ in range(effort(60, 3000)):
        altered = bytearray(content(whole))
        for _ in range(rng.integers(1, 4)):
            altered[rng.integers(len(altered))] = rng.integers(256)
        try:
            found = Detector.from_bytes(sealed(bytes(altered), kind=6))
        except treering.ModelFileError:
            continue
        found.update_many(errors(4)[:100])
        assert repr(found)
    with pytest.raises(treering.ModelFileError):
        Detector.from_bytes(whole[:-3])


def test_values_that_cannot_be_taken_are_named_and_none_is_taken():
    detector = ADWIN()
    with pytest.raises(ValueError, match=r"value 2 of the stream.*NaN.*leave missing values out"):
        detector.update_many([0.5, 0.1, np.nan])
    assert detector.seen == 0
    with pytest.raises(ValueError, match="from -1e150 to 1e150"):
        detector.update(np.inf)
    for kind, value in ((DDM, 2), (HDDM_A, -0.1), (HDDM_W, 1.5), (EDDM, 0.5)):
        with pytest.raises(ValueError, match="1 for an error and 0 for none"):
            kind().update(value)
    with pytest.raises(TypeError, match=r"x must be a number; got '0.5', of type str"):
        detector.update("0.5")
    with pytest.raises(ValueError, match="one-dimensional"):
        detector.update_many([[0.5]])
    assert DDM().update(True).update(np.bool_(0)).update(np.float32(1)).seen == 3


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ADWIN(delta=0), "delta must be between 0 and 1, both excluded; got 0"),
        (lambda: ADWIN(clock=0), "clock must be a whole number of at least 1; got 0"),
        (lambda: PageHinkley(mode="sideways"), "mode must be one of up, down, both"),
        (lambda: PageHinkley(threshold=np.nan), "threshold must be a finite number, at least 0"),
        (lambda: PageHinkley(min_instances=10**9), "min_instances must be a whole number from 1"),
        (lambda: DDM(drift_threshold=1), "drift_threshold must be at least warning_threshold"),
        (lambda: EDDM(alpha=0.5), "alpha must be at least beta and at most 1; got 0.5"),
        (lambda: HDDM_A(warning_confidence=1e-9), "warning_confidence must be at least drift"),
        (lambda: HDDM_W(lambda_val=1), "lambda_val must be between 0 and 1"),
        (lambda: CUSUM(mean=1), "mean and std go together"),
        (lambda: StreamingKS([[1, 2]]), "reference must be one-dimensional; got 2"),
        (lambda: KSWIN(window_size=40), "window_size must be at least twice stat_size, 60; got 40"),
        (lambda: CUSUM(mean=1, std=0), "std must be a finite number above 0; got 0"),
        (lambda: StreamingKS([np.nan]), "reference has no numbers"),
        (lambda: StreamingKS([1, np.inf]), "reference holds infinite numbers"),
        (lambda: StreamingKS([1, 2], window_size=1), "window_size must be a whole number of at le"),
    ],
)
def test_parameters_that_cannot_be_are_named(make, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make()


def test_only_detectors_are_read_as_such():
    with pytest.raises(TypeError, match="Detector is what all detectors do"):
        Detector()
    with pytest.raises(TypeError, match="these bytes hold DDM"):
        ADWIN.from_bytes(DDM().to_bytes())
    with pytest.raises(treering.ModelFileError, match="a detector of change"):
        Profile.from_bytes(DDM().to_bytes())
    with pytest.raises(TypeError, match="data must be bytes"):
        Detector.from_bytes("path")
    with pytest.raises(TypeError, match="two_sided_test must be True or False"):
        HDDM_A(two_sided_test="no")
    assert ADWIN() == ADWIN() != ADWIN(clock=16)
    assert ADWIN() != 3


def test_adwin_keeps_what_came_after_the_change():
    adwin = ADWIN()
    assert (adwin.width, np.isnan(adwin.estimation)) == (0, True)
    values = np.r_[np.zeros(1000), np.ones(1000)]
    adwin.update_many(values)
    assert 1000 <= adwin.width < 1040
    assert adwin.estimation > 0.96
    assert adwin.variance == pytest.approx(adwin.estimation * (1 - adwin.estimation))


def test_every_detector_is_tested():
    assert {type(detector).__name__ for detector in ALL} == {*stream.__all__} - {"Detector"}
