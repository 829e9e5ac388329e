"""Threads and forks: Python runs on during long calls, and models are shared freely."""

import multiprocessing
import pickle
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import cross_val_score as sklearn_cross_val_score

from treering.ensemble import RandomForestClassifier
from treering.metrics import accuracy_score
from treering.model_selection import cross_val_score
from treering.preprocessing import StandardScaler
from treering.stats import ks_2samp
from treering.tree import DecisionTreeClassifier

RANDOM = np.random.default_rng(0)
X = RANDOM.standard_normal((20_000, 10))
Y = RANDOM.integers(0, 3, len(X))


def test_python_runs_on_during_a_long_call() -> None:
    steps = []
    done = threading.Event()

    def count() -> None:
        while not done.wait(0.001):
            steps.append(1)

    counter = threading.Thread(target=count)
    counter.start()
    before = len(steps)
    RandomForestClassifier(50, n_jobs=1, random_state=0).fit(X, Y)
    during = len(steps) - before
    done.set()
    counter.join()
    assert during >= 5, "the lock was held while the forest grew"


def test_one_model_serves_many_threads() -> None:
    model = RandomForestClassifier(20, n_jobs=2, random_state=0).fit(X[:2000], Y[:2000])
    expected = model.predict_proba(X[:500])
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: model.predict_proba(X[:500]), range(64)))
    assert all(np.array_equal(answer, expected) for answer in answers)


def test_models_trained_side_by_side_are_as_if_alone() -> None:
    def train(seed: int) -> np.ndarray:
        model = RandomForestClassifier(10, n_jobs=2, random_state=seed).fit(X[:2000], Y[:2000])
        return model.predict_proba(X[:200])

    alone = [train(seed) for seed in range(6)]
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(train, range(6)))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other)


def test_first_calls_of_one_model_may_come_at_once() -> None:
    """What is made at a first call is made once, and whole, for whoever comes first."""
    trained = RandomForestClassifier(20, n_jobs=2, random_state=0).fit(X[:2000], Y[:2000])
    tree = DecisionTreeClassifier(random_state=0).fit(X[:2000], Y[:2000])
    shares, nodes = trained.predict_proba(X[:50]), tree.apply(X[:50])
    leaves = trained.apply(X[:50])
    for _ in range(20):
        fresh, fresh_tree = pickle.loads(pickle.dumps((trained, tree)))
        together = threading.Barrier(6)

        def ask(number: int, fresh=fresh, fresh_tree=fresh_tree, together=together) -> bool:
            together.wait()
            if number % 3 == 0:
                return bool((fresh.predict_proba(X[:50]) == shares).all())
            if number % 3 == 1:
                of_trees = [one.apply(X[:50]) for one in fresh.estimators_]
                return bool((np.stack(of_trees, axis=1) == leaves).all())
            return bool((fresh_tree.apply(X[:50]) == nodes).all())

        with ThreadPoolExecutor(6) as pool:
            assert all(pool.map(ask, range(6)))


def everything() -> list[np.ndarray]:
    """What each room that uses threads or detaches computes."""
    few, labels = X[:2000], Y[:2000]
    tree = DecisionTreeClassifier(random_state=0).fit(few, labels)
    forest = RandomForestClassifier(10, n_jobs=2, random_state=0).fit(few, labels)
    scaler = StandardScaler().fit(X)
    test = ks_2samp(X[:, 0], X[:5000, 1])
    return [
        tree.predict_proba(few),
        forest.predict_proba(few),
        scaler.var_,
        scaler.transform(X),
        np.array([test.statistic, test.pvalue]),
        np.array([accuracy_score(Y, np.roll(Y, 1))]),
        cross_val_score(forest, few, labels, cv=3),
    ]


def test_all_rooms_side_by_side_are_as_if_alone() -> None:
    alone = everything()
    with ThreadPoolExecutor(4) as pool:
        for together in pool.map(lambda _: everything(), range(4)):
            assert all(map(np.array_equal, together, alone))


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_workers_of_joblib_train_and_predict(backend) -> None:
    """Loky's processes get large arrays as read-only files mapped into memory."""
    assert X.nbytes > 1_000_000  # what joblib maps
    models = [
        DecisionTreeClassifier(max_depth=5, random_state=0),
        RandomForestClassifier(5, n_jobs=2, random_state=0),
        StandardScaler(),
    ]
    alone = [clone(model).fit(X, Y) for model in models]
    with joblib.parallel_config(backend=backend, n_jobs=2):
        trained = joblib.Parallel()(joblib.delayed(model.fit)(X, Y) for model in models)
        answers = joblib.Parallel()(
            joblib.delayed(getattr(model, method))(X)
            for model in trained
            for method in ("predict_proba", "transform")
            if hasattr(model, method)
        )
        scores = sklearn_cross_val_score(models[1], X, Y, cv=3)
    expected = [alone[0].predict_proba(X), alone[1].predict_proba(X), alone[2].transform(X)]
    for answer, wanted in zip(answers, expected, strict=True):
        np.testing.assert_array_equal(answer, wanted)
    np.testing.assert_array_equal(scores, cross_val_score(models[1], X, Y, cv=3))


FORK = """
import multiprocessing, os, threading, warnings
import numpy as np
from sklearn.base import clone
from treering.ensemble import RandomForestClassifier
from treering.metrics import accuracy_score
from treering.model_selection import cross_val_score
from treering.preprocessing import StandardScaler
from treering.stats import ks_2samp
from treering.tree import DecisionTreeClassifier

warnings.simplefilter("ignore", DeprecationWarning)  # Python warns of forks beside threads
random = np.random.default_rng(0)
X, y = random.standard_normal((20_000, 5)), random.integers(0, 2, 20_000)
forest = RandomForestClassifier(10, n_jobs=2, random_state=0, max_depth=8)
tree = DecisionTreeClassifier(max_depth=8, random_state=0)

def everything():
    return [
        clone(forest).fit(X, y).predict_proba(X),
        clone(tree).fit(X, y).predict_proba(X),
        StandardScaler().fit_transform(X),
        np.array(ks_2samp(X[:, 0], X[:, 1])),
        np.array(accuracy_score(y, y[::-1])),
        cross_val_score(forest, X, y, cv=2),
        shared.predict_proba(X),
    ]

shared = clone(forest).fit(X, y)
expected = everything()  # the pools now exist

def same():
    return all(map(np.array_equal, everything(), expected))

context = multiprocessing.get_context("fork")
with context.Pool(2) as pool:
    assert pool.starmap(same, [()] * 4) == [True] * 4

# A child of a child, and a child made while another thread trains.
def grandchild():
    with context.Pool(1) as pool:
        assert pool.apply(same)
    assert same()

def child_of(work):
    process = context.Process(target=work)
    process.start()
    process.join()
    assert process.exitcode == 0, work

child_of(grandchild)
stop = threading.Event()
def train():
    while not stop.is_set():
        clone(forest).fit(X, y)
busy = threading.Thread(target=train)
busy.start()
try:
    for _ in range(3):
        child_of(lambda: os._exit(not same()))
finally:
    stop.set()
    busy.join()
assert same()
print("same")
"""


@pytest.mark.skipif(
    "fork" not in multiprocessing.get_all_start_methods(), reason="this system has no fork"
)
def test_a_forked_child_predicts_and_trains() -> None:
    """A pool does not survive a fork; the child must make its own instead of waiting forever."""
    done = subprocess.run(
        [sys.executable, "-c", FORK], check=False, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "same\n"
