"""The two-sample Kolmogorov-Smirnov test: plain calls, exact ones, and one call for each column."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benches.peers.case import OURS, SEED, Case, Peer, Task, size

# numpy chooses another sort on processors with AVX-512, which is the slower one on some of them.
WITHOUT_AVX512 = {"NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR"}

Sample = NDArray[np.float64]


def _samples(first: int, second: int, columns: int, shift: float) -> tuple[Sample, Sample]:
    """Normal samples, column after column in memory, the second one moved a little."""
    random = np.random.default_rng(SEED)
    reference = random.standard_normal((columns, size(first))).T
    current = random.standard_normal((columns, size(second))).T + shift
    return reference, current


def _plain(package: str, make: Callable[[], tuple[Sample, Sample]]) -> Callable[[], Task]:
    def prepare() -> Task:
        reference, current = make()
        test = import_module(f"{package}.stats").ks_2samp

        def run(_: int) -> list[Any]:
            pairs = zip(reference.T, current.T, strict=True)
            return [test(one, other) for one, other in pairs]

        def figures(results: list[Any]) -> list[float]:
            return [
                float(value) for result in results for value in (result.statistic, result.pvalue)
            ]

        return Task(run, figures)

    return prepare


def _drift(make: Callable[[], tuple[Sample, Sample]]) -> Callable[[], Task]:
    """What a user of treering writes for many columns: the reference sorted once, two threads."""

    def prepare() -> Task:
        reference, current = make()
        drift = import_module("treering.drift")
        sorted_once = drift.Reference(reference)

        def figures(report: Any) -> list[float]:
            return [
                float(value)
                for column in report.values()
                for value in (column.statistic, column.pvalue)
            ]

        return Task(run=lambda _: drift.detect_drift(sorted_once, current), figures=figures)

    return prepare


def _at_once(make: Callable[[], tuple[Sample, Sample]]) -> Callable[[], Task]:
    """All columns in one call of treering's test."""

    def prepare() -> Task:
        reference, current = make()
        test = import_module("treering.stats").ks_2samp

        def figures(result: Any) -> list[float]:
            pairs = zip(result.statistic.tolist(), result.pvalue.tolist(), strict=True)
            return [value for pair in pairs for value in pair]

        return Task(lambda _: test(reference, current, axis=0), figures)

    return prepare


def _case(
    name: str,
    first: int,
    second: int,
    columns: int = 1,
    *,
    shift: float = 0.01,
    ours: Callable[[Callable[[], tuple[Sample, Sample]]], Callable[[], Task]] = _drift,
    target: float | None = None,
) -> Case:
    def make() -> tuple[Sample, Sample]:
        return _samples(first, second, columns, shift)

    peers = (
        Peer(OURS, _plain("treering", make) if columns == 1 else ours(make)),
        Peer("SciPy", _plain("scipy", make), target=target),
        Peer("SciPy, numpy without AVX-512", _plain("scipy", make), WITHOUT_AVX512),
    )
    return Case(name, peers)


CASES = (
    _case("120 and 30 rows", 120, 30, shift=0.5),
    _case("9,000 and 8,999 rows, exact", 9_000, 8_999),
    _case("100k and 100k rows", 100_000, 100_000),
    _case("1M and 1M rows", 1_000_000, 1_000_000),
    _case("50 columns of 100k and 10k rows", 100_000, 10_000, columns=50),
    _case("50 columns of 100k rows", 100_000, 100_000, columns=50, ours=_at_once, target=10.0),
    _case("50 columns of 100k rows, stored reference", 100_000, 100_000, columns=50, target=20.0),
    _case("500 columns of 1,000 rows", 1000, 1000, columns=500, ours=_at_once, target=20.0),
)
