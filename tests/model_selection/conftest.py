import pytest

from searches import CountedRows
from treering.model_selection import _shared_fits


@pytest.fixture
def grown(monkeypatch):
    """Trees of each forest that is grown for many; empty where scikit-learn fitted."""
    CountedRows.grown.clear()
    monkeypatch.setattr(_shared_fits, "CodedRows", CountedRows)
    return CountedRows.grown
