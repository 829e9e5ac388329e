"""The checks of scikit-learn's contract that an estimator is excused from, each with the reason.

Only checks that scikit-learn excuses for its own class of the same name stand here.
"""

from treering.ensemble import RandomForestClassifier

EXCUSED = {
    RandomForestClassifier: {
        "check_sample_weight_equivalence_on_dense_data": (
            "a bootstrap draws other rows from repeated rows than from weighted ones; "
            "scikit-learn excuses its own forests for the same reason"
        ),
    },
}
