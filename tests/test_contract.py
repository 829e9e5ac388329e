"""Every estimator keeps scikit-learn's contract."""

import pytest
import sklearn.ensemble
from sklearn.utils._test_common import instance_generator
from sklearn.utils.estimator_checks import parametrize_with_checks

from estimators import EXCUSED
from treering.ensemble import RandomForestClassifier
from treering.preprocessing import MinMaxScaler, StandardScaler
from treering.tree import DecisionTreeClassifier

ESTIMATORS = [
    DecisionTreeClassifier(),
    DecisionTreeClassifier(criterion="entropy", splitter="random", max_leaf_nodes=12),
    RandomForestClassifier(n_estimators=5),
    StandardScaler(),
    MinMaxScaler(),
]


@parametrize_with_checks(
    ESTIMATORS,
    expected_failed_checks=lambda estimator: EXCUSED.get(type(estimator), {}),
    xfail_strict=True,
)
@pytest.mark.filterwarnings("ignore")  # scikit-learn's checks provoke warnings on purpose
def test_scikit_learns_contract(estimator, check):
    check(estimator)


def test_only_what_scikit_learn_excuses_is_excused():
    theirs = instance_generator.PER_ESTIMATOR_XFAIL_CHECKS
    for ours, checks in EXCUSED.items():
        excused = theirs[getattr(sklearn.ensemble, ours.__name__)]
        assert set(checks) <= set(excused)
