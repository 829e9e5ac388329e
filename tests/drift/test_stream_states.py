"""States of detectors that no stream leads to are refused, and those that one leads to are read."""

import math
import struct

import numpy as np
import pytest

from damage import resealed
from treering import ModelFileError
from treering.drift.stream import ADWIN, DDM, HDDM_A, HDDM_W, PageHinkley


def test_windows_keep_no_more_buckets_than_can_be_looked_at():
    with pytest.raises(ValueError, match="max_buckets must be a whole number from 2 to 256"):
        ADWIN(max_buckets=257)
    adwin = ADWIN(max_buckets=256, clock=1, delta=0.5)
    adwin.update_many(np.random.default_rng(0).normal(size=3000))
    assert ADWIN.from_bytes(adwin.to_bytes()).to_bytes() == adwin.to_bytes()


def test_the_largest_numbers_leave_states_that_can_be_read():
    for detector in (PageHinkley(), ADWIN()):
        detector.update_many([1e150, -1e150] * 2000)
        assert type(detector).from_bytes(detector.to_bytes()).to_bytes() == detector.to_bytes()


@pytest.mark.parametrize("kind", [DDM, HDDM_A, PageHinkley])
def test_numbers_of_a_state_that_cannot_be_are_refused(kind):
    detector = kind()
    detector.update_many([0.0, 1.0, 0.0, 0.0])
    data = detector.to_bytes()
    mean = struct.pack("<d", 0.25)
    assert mean in data
    for wrong in (math.inf, -math.inf, math.nan, 1e308, -1e300):
        altered = resealed(data.replace(mean, struct.pack("<d", wrong), 1))
        with pytest.raises(ModelFileError):
            kind.from_bytes(altered)


@pytest.mark.parametrize("kind", [HDDM_A, HDDM_W])
def test_the_least_confidence_leaves_a_state_that_can_be_read_again(kind):
    detector = kind(drift_confidence=5e-324, warning_confidence=0.5)
    detector.update_many([0.0, 1.0, 0.5])
    assert kind.from_bytes(detector.to_bytes()) == detector
