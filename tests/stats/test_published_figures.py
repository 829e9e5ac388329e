"""Figures that NannyML and alibi-detect print in their documentation and tests.

`published_figures.json` holds, for each, where it is printed, what is printed, and the counts of
the data that it was made of (NannyML's own data sets; the first 30,000 rows of UCI Adult), which
are enough to make it again: of categories, of NannyML's bins (Doane's rule; what lies outside has a
bin of its own), or of each distinct value.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from treering import stats

FIGURES = json.loads(Path(__file__).with_name("published_figures.json").read_text())
DISTANCES = ("jensen_shannon", "hellinger", "l_infinity")


def printed(text: str) -> object:
    """Allow half a unit of the last digit, or rounding where all digits are printed."""
    mantissa, _, exponent = text.partition("e")
    digits = len(mantissa.partition(".")[2])
    value = float(text)
    if digits >= 14:
        return pytest.approx(value, rel=1e-9)
    return pytest.approx(value, rel=0, abs=0.5001 * 10.0 ** (int(exponent or 0) - digits))


def samples(figure: dict) -> list[np.ndarray]:
    values = figure.get("values") or np.arange(len(figure["reference"]), dtype=float)
    return [np.repeat(values, figure[side]) for side in ("reference", "current")]


@pytest.mark.parametrize("figure", FIGURES, ids=[figure["id"] for figure in FIGURES])
def test_a_printed_figure(figure):
    kind = figure["kind"].split(" ")[0]
    if kind == "ks":
        found = stats.ks_2samp(*samples(figure))
    elif kind == "chi2":
        found = stats.chi2_2samp(figure["reference"], figure["current"])
    else:
        assert kind in DISTANCES
        texts = [sample.astype(int).astype(str).astype(object) for sample in samples(figure)]
        found = getattr(stats, kind)(*texts, smoothing=0)
        assert found == printed(figure["statistic"])
        return
    assert found.statistic == printed(figure["statistic"])
    if "pvalue" in figure:
        assert found.pvalue == printed(figure["pvalue"])


@pytest.mark.parametrize(
    ("reference", "current", "distance"),
    [
        ((0, 1, 10_000), (1, 1, 1000), "1.01"),
        ((0, 1, 100_000), (-4, 1, 1000), "3.99"),
        ((0, 1, 10_000), (-4, 1, 1000), "3.99"),
        ((0, 1, 15_000), (0, 10, 1_000_000), "7.180"),
    ],
)
def test_a_printed_wasserstein_distance(reference, current, distance):
    """NannyML/nannyml tests/drift/test_univariate_drift_methods.py, several versions."""
    legacy = np.random.RandomState(1)
    found = stats.wasserstein_distance(legacy.normal(*reference), legacy.normal(*current))
    assert found == printed(distance)


def test_what_is_printed():
    kinds = {figure["kind"].split(" ")[0] for figure in FIGURES}
    assert kinds == {"ks", "chi2", *DISTANCES}
    assert sum("pvalue" in figure for figure in FIGURES) > 30
