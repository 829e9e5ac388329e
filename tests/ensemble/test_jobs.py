"""``n_jobs``: what joblib and the environment leave, seen from the threads that a fit starts."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pytest
from joblib import Parallel, delayed, parallel_backend, parallel_config
from sklearn.datasets import make_friedman1

from treering._jobs import threads
from treering.ensemble import RandomForestClassifier
from treering.tree import DecisionTreeClassifier, DecisionTreeRegressor

RNG = np.random.default_rng(0)
X, y = RNG.normal(size=(400, 8)), RNG.integers(0, 2, 400)

# What a process of its own does; its pools are kept, so their threads can be counted afterwards.
_COUNT = """
import os
import time
from contextlib import suppress
from pathlib import Path
import numpy as np
from joblib import Parallel, delayed
from treering.ensemble import RandomForestClassifier
rng = np.random.default_rng(0)
X, y = rng.normal(size=(400, 8)), rng.integers(0, 2, 400)
def fit(n_jobs=None, **environment):
    os.environ.update(environment)
    RandomForestClassifier(20, n_jobs=n_jobs).fit(X, y)
    for name in environment:
        del os.environ[name]
def named():
    names = []
    for task in Path("/proc/self/task").iterdir():
        with suppress(OSError):  # joblib's own threads end when they like
            names.append(task.joinpath("comm").read_text())
    return sum(name.startswith("treering-") for name in names)
def workers():
    count = -1  # a thread gets its name a moment after it begins
    while count != (count := named()):
        time.sleep(0.2)
    return count
"""
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
WHERE_THREADS_ARE_SEEN = pytest.mark.skipif(
    CORES < 2 or not Path("/proc/self/task").is_dir(),
    reason="threads are counted where Linux lists them, on two cores",
)


def counted(code):
    """What a process prints of itself that the environment does not limit."""
    names = ("OMP_NUM_THREADS", "RAYON_NUM_THREADS")
    clean = {name: value for name, value in os.environ.items() if name not in names}
    command = [sys.executable, "-c", _COUNT + code]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=clean)
    return [int(line) for line in done.stdout.split()]


@WHERE_THREADS_ARE_SEEN
def test_the_environment_limits_what_is_not_asked_for():
    alone, asked, limited, every, shared = counted("""
for value in ("1", "1,4", " 1 , 2"):
    fit(OMP_NUM_THREADS=value)
fit(RAYON_NUM_THREADS="1", OMP_NUM_THREADS="2")
print(workers())
fit(n_jobs=7, OMP_NUM_THREADS="1")
print(workers())
fit(OMP_NUM_THREADS="2,8")
print(workers())
fit(OMP_NUM_THREADS="many")
print(workers())
Parallel(8, backend="threading")(delayed(fit)() for _ in range(16))
print(workers())
""")
    assert (alone, asked, limited) == (0, 7, 9)
    assert every > 7
    # Threads of one process share the pool of their size.
    assert shared == every


@WHERE_THREADS_ARE_SEEN
def test_the_cores_are_those_of_the_process():
    found = counted("""
os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
fit()
fit(n_jobs=-1)
print(workers())
""")
    assert found == [0]


@WHERE_THREADS_ARE_SEEN
def test_a_single_tree_follows_the_configuration_too():
    found = counted("""
from joblib import parallel_config
from treering.tree import DecisionTreeClassifier
rows = np.resize(X, (200_000, 8))
with parallel_config(n_jobs=1):
    tree = DecisionTreeClassifier().fit(X, y)
    tree.predict(rows), tree.apply(rows), tree.decision_path(rows)
print(workers())
tree.predict(rows)
print(int(workers() > 0))
""")
    assert found == [0, 1]


def asked(n_jobs=None):
    return threads(n_jobs), os.environ.get("OMP_NUM_THREADS")


def test_a_configuration_around_the_call_is_followed():
    assert threads(None) is None
    with parallel_config(n_jobs=3):
        assert threads(None) == 3
        assert threads(2) == 2
        assert threads(None, rows=1) is None
    with parallel_config("threading", n_jobs=3):
        assert threads(None) == 3
    with parallel_config("sequential", n_jobs=3):
        assert threads(None) == 1
    with parallel_backend("threading"):  # n_jobs=-1
        assert threads(None) is None
    assert threads(2**80) == sys.maxsize


@pytest.mark.parametrize("inner", [None, 1])
def test_workers_of_loky_take_the_share_that_it_names(inner, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    with parallel_config("loky", n_jobs=2, inner_max_num_threads=inner):
        found = Parallel()(delayed(asked)() for _ in range(4))
    share = str(inner or max(1, joblib.cpu_count() // 2))
    assert found == [(None, share)] * 4


def test_forked_workers_without_a_share_work_alone(monkeypatch):
    for name in ("OMP_NUM_THREADS", "RAYON_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    with parallel_config("multiprocessing", n_jobs=2):
        assert [found for found, _ in Parallel()(delayed(asked)() for _ in range(3))] == [1] * 3
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    with parallel_config("multiprocessing", n_jobs=2):
        assert [found for found, _ in Parallel()(delayed(asked)() for _ in range(3))] == [None] * 3


def grown(seed):
    forest = RandomForestClassifier(30, random_state=seed).fit(X, y)
    return forest._forest.to_bytes(), forest.predict_proba(X)


@pytest.mark.parametrize("backend", ["loky", "threading", "multiprocessing", "sequential"])
def test_forests_grown_by_workers_are_those_grown_here(backend):
    expected = [grown(seed) for seed in range(4)]
    found = Parallel(n_jobs=2, backend=backend)(delayed(grown)(seed) for seed in range(4))
    for (own, shares), (content, others) in zip(found, expected, strict=True):
        assert own == content
        np.testing.assert_array_equal(shares, others)


@pytest.mark.parametrize("n_jobs", [1.5, "2", [1], float("nan"), np.timedelta64(1, "s")])
def test_a_fitted_forest_refuses_what_is_no_number_of_threads(n_jobs):
    forest = RandomForestClassifier(3).fit(X, y).set_params(n_jobs=n_jobs)
    for rows in (X, X[:1]):
        with pytest.raises(TypeError, match=r"n_jobs must be a whole number of threads.*; got"):
            forest.predict(rows)


@pytest.mark.parametrize("cls", [DecisionTreeClassifier, DecisionTreeRegressor])
def test_one_tree_is_the_same_for_any_number_of_threads(cls) -> None:
    rows, numbers = make_friedman1(6000, n_features=8, random_state=0)
    labels = (numbers > 14).astype(int) if cls is DecisionTreeClassifier else numbers
    grown = []
    for jobs in (1, 2, 3):
        with parallel_config(n_jobs=jobs):
            grown.append(pickle.dumps(cls(random_state=0).fit(rows, labels).tree_))
    assert grown[0] == grown[1] == grown[2]
