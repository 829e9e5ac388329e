"""The comparison of what boosted trees predict."""

import pytest

from benches import boosting_quality


@pytest.mark.parametrize(
    ("kind", "name"), [("Classifier", "breast cancer"), ("Regressor", "diabetes")]
)
def test_differences_to_scikit_learn_are_within_the_spread_of_splits(kind, name, monkeypatch):
    monkeypatch.setattr(boosting_quality, "SPLITS", 3)
    sets = boosting_quality.CLASSES if kind == "Classifier" else boosting_quality.NUMBERS
    found = boosting_quality.scores(kind, *sets[name](), libraries=("treering", "scikit-learn"))
    own, theirs = found.values()
    assert len(own) == len(theirs) == 3
    assert abs(own.mean() - theirs.mean()) < own.std(ddof=1)
