"""What every parity test of this room asks."""

import warnings

import numpy as np
import pytest
import sklearn.metrics as reference

import treering.metrics as ours

TOLERANCE = {"rtol": 1e-12, "atol": 1e-12}


def outcome(function, *arguments, **keywords):
    """What a call returns, warns of and raises."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result, error = function(*arguments, **keywords), None
        except (ValueError, TypeError) as raised:
            result, error = None, (type(raised), str(raised))
    return result, error, [(warning.category, str(warning.message)) for warning in caught]


def _assert_same(name, *arguments, **keywords):
    result, error, warned = outcome(getattr(ours, name), *arguments, **keywords)
    expected, expected_error, expected_warned = outcome(
        getattr(reference, name), *arguments, **keywords
    )
    assert error == expected_error
    assert warned == expected_warned
    if not isinstance(expected, tuple):
        result, expected = (result,), (expected,)
    for part, expected_part in zip(result, expected, strict=True):
        if expected_part is None:
            assert part is None
        else:
            assert type(part) is type(expected_part)
            np.testing.assert_allclose(part, expected_part, **TOLERANCE)


@pytest.fixture(scope="session")
def assert_same():
    """Check one call: the same values, types, warnings and errors as scikit-learn's."""
    return _assert_same
