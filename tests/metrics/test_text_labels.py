"""Text labels whose array is written to while it is read."""

import signal
import sys

import numpy as np
import pytest

from treering._core import metrics


@pytest.mark.skipif(sys.platform == "win32", reason="no interval timer")
def test_a_signal_handler_may_replace_the_labels() -> None:
    """Handlers run between chunks of rows, and may free every label of the array."""
    labels = np.array([f"label {row}" for row in range(300_000)], dtype=object)
    whole = set(labels) | {"other"}
    calls = []

    def replace(*_: object) -> None:
        calls.append(1)
        labels[:] = "other"
        calls.append([f"filler {row}" for row in range(1000)])

    before = signal.signal(signal.SIGALRM, replace)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)
        encoded = metrics.encode_text([labels])
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert calls, "the handler ran"
    assert encoded is not None
    texts, (codes,) = encoded
    assert set(texts) <= whole
    assert len(codes) == len(labels)
    assert codes.max() < len(texts)
