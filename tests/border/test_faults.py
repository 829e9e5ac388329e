"""A fault of the core is an exception like others, and the process lives on."""

import pytest

from treering import _core
from treering._core import InternalError, TreeringError


def test_a_panic_on_a_worker_becomes_an_exception() -> None:
    for _ in range(3):
        with pytest.raises(InternalError, match="index out of bounds") as caught:
            _core.fault_on_purpose()
        assert isinstance(caught.value, TreeringError)
