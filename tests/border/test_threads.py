"""Threads and forks: Python runs on during long calls, and models are shared freely."""

import multiprocessing
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from treering.ensemble import RandomForestClassifier

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


FORK = """
import multiprocessing, warnings
import numpy as np
from treering.ensemble import RandomForestClassifier

warnings.simplefilter("ignore", DeprecationWarning)  # Python warns of forks beside threads
random = np.random.default_rng(0)
X, y = random.standard_normal((1000, 5)), random.integers(0, 2, 1000)
model = RandomForestClassifier(20, n_jobs=2, random_state=0).fit(X, y)  # the pool now exists

def child(queue):
    again = RandomForestClassifier(20, n_jobs=2, random_state=0).fit(X, y)
    queue.put((model.predict_proba(X), again.predict_proba(X)))

context = multiprocessing.get_context("fork")
queue = context.SimpleQueue()
process = context.Process(target=child, args=(queue,))
process.start()
shared, again = queue.get()
process.join()
expected = model.predict_proba(X)
assert (shared == expected).all() and (again == expected).all()
print("same")
"""


@pytest.mark.skipif(
    "fork" not in multiprocessing.get_all_start_methods(), reason="this system has no fork"
)
def test_a_forked_child_predicts_and_trains() -> None:
    """A pool does not survive a fork; the child must make its own instead of waiting forever."""
    done = subprocess.run(
        [sys.executable, "-c", FORK], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "same\n"
