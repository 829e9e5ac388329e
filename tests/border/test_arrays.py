"""Arrays are read where they lie, however they lie, and never changed."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from treering import metrics
from treering.ensemble import RandomForestClassifier
from treering.preprocessing import StandardScaler
from treering.stats import ks_2samp

Matrix = NDArray[np.float64]


@pytest.fixture
def plain() -> Matrix:
    return np.random.default_rng(0).standard_normal((60, 4))


def fortran(plain: Matrix) -> Matrix:
    return np.asfortranarray(plain)


def every_second(plain: Matrix) -> Matrix:
    wide = np.full((120, 12), np.nan)
    wide[::2, ::3] = plain
    return wide[::2, ::3]


def reversed_in_memory(plain: Matrix) -> Matrix:
    return plain[::-1, ::-1].copy()[::-1, ::-1]


def read_only(plain: Matrix) -> Matrix:
    still = plain.copy()
    still.flags.writeable = False
    return still


def unaligned(plain: Matrix) -> Matrix:
    shifted = np.frombuffer(b"\0" + plain.tobytes(), dtype=np.float64, offset=1)
    assert not shifted.flags.aligned
    return shifted.reshape(plain.shape)


def packed_field(plain: Matrix) -> Matrix:
    """A field of packed records: the step from row to row is not a whole number of items."""
    records = np.zeros(len(plain), dtype=[("id", "i4"), ("x", "f8", (4,))])
    records["x"] = plain
    assert records["x"].strides[0] % 8
    return records["x"]


def other_byte_order(plain: Matrix) -> Matrix:
    return plain.astype(plain.dtype.newbyteorder())


def mapped(plain: Matrix, folder: Path) -> Matrix:
    np.save(folder / "plain.npy", plain)
    return np.load(folder / "plain.npy", mmap_mode="r")


LAYOUTS = [
    fortran,
    every_second,
    reversed_in_memory,
    read_only,
    unaligned,
    packed_field,
    other_byte_order,
]


def outcomes(X: Matrix, y: NDArray[np.int64]) -> list[NDArray[np.float64]]:
    """What each way through the border makes of a matrix."""
    forest = RandomForestClassifier(5, random_state=0).fit(X, y)
    scaler = StandardScaler().fit(X)
    test = ks_2samp(X[:30, 0], X[30:, 1])
    return [
        forest.predict_proba(X),
        scaler.mean_,
        scaler.transform(X),
        np.array([test.statistic, test.pvalue]),
    ]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_results_do_not_depend_on_the_layout(layout, plain: Matrix) -> None:
    y = (plain[:, 0] > 0).astype(np.int64)
    laid_out = layout(plain)
    before = laid_out.copy()
    for given, expected in zip(outcomes(laid_out, y), outcomes(plain, y), strict=True):
        np.testing.assert_array_equal(given, expected)
    np.testing.assert_array_equal(laid_out, before)


def test_memory_mapped_files_are_read(plain: Matrix, tmp_path: Path) -> None:
    y = (plain[:, 0] > 0).astype(np.int64)
    for given, expected in zip(
        outcomes(mapped(plain, tmp_path), y), outcomes(plain, y), strict=True
    ):
        np.testing.assert_array_equal(given, expected)


def test_labels_and_weights_may_lie_anyhow(plain: Matrix) -> None:
    records = np.zeros(len(plain), dtype=[("kind", "i1"), ("y", "i8"), ("weight", "f8")])
    records["y"] = plain[:, 0] > 0
    records["weight"] = np.arange(len(plain))
    scattered = RandomForestClassifier(5, random_state=0)
    scattered.fit(plain, records["y"], sample_weight=records["weight"])
    packed = RandomForestClassifier(5, random_state=0)
    packed.fit(plain, records["y"].copy(), sample_weight=records["weight"].copy())
    np.testing.assert_array_equal(scattered.predict_proba(plain), packed.predict_proba(plain))


def test_single_precision_stays_single(plain: Matrix) -> None:
    scaled = StandardScaler().fit_transform(plain.astype(np.float32))
    assert scaled.dtype == np.float32


def test_metrics_read_records() -> None:
    random = np.random.default_rng(0)
    records = np.zeros(
        500, dtype=[("kind", "i1"), ("true", "i8"), ("pred", "i8"), ("p", "f8"), ("w", "f8")]
    )
    records["true"] = random.integers(0, 2, 500)
    records["pred"] = random.integers(0, 2, 500)
    records["p"] = random.random(500)
    records["w"] = random.random(500)
    true, pred, p, w = (records[name] for name in ("true", "pred", "p", "w"))
    assert metrics.accuracy_score(true, pred, sample_weight=w) == metrics.accuracy_score(
        true.copy(), pred.copy(), sample_weight=w.copy()
    )
    assert metrics.f1_score(true, pred) == metrics.f1_score(true.copy(), pred.copy())
    assert metrics.roc_auc_score(true, p) == metrics.roc_auc_score(true.copy(), p.copy())
    assert metrics.log_loss(true, p) == metrics.log_loss(true.copy(), p.copy())
