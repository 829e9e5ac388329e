"""Checks for suites that gate releases: they pass, or say what failed by how much."""

import subprocess
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest

from treering.performance import track
from treering.profile import Profile
from treering.quality import Expectations
from treering.testing import assert_no_drift, assert_performance, assert_quality


def homes(rows=500, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {"area": rng.normal(90, 20, rows), "town": rng.choice(["Bonn", "Ulm"], rows)}
    )


def message(call):
    with pytest.raises(AssertionError) as caught:
        call()
    return str(caught.value)


def test_what_is_as_before_passes_and_is_returned():
    assert assert_no_drift(homes(), homes(seed=1)).drifted == ()
    assert assert_quality(homes(), homes(seed=1)).passed
    history = assert_performance([0, 1] * 9, [0, 1] * 9, at_least={"accuracy": 1, "recall": 0.5})
    assert history.metrics == ("accuracy", "recall")


def test_drift_is_told_by_column():
    now = homes(seed=1).assign(area=lambda d: d["area"] + 30)
    told = message(lambda: assert_no_drift(homes(), now))
    assert told.splitlines()[0] == "1 of 2 columns drifted (500 rows, then 500)"
    assert "  area: drift, " in told
    assert "% of rows moved higher, at most 5.0 % allowed (ks, adjusted p <0.0001)" in told
    assert assert_no_drift(homes(), now, allowed=["area"]).drifted == ("area",)
    told = message(lambda: assert_no_drift(homes(), now.drop(columns="town").assign(area="x")))
    assert "area: holds values of another type than before" in told
    assert "town: is gone" in told
    gaps = homes(seed=1).assign(area=lambda d: d["area"].where(d.index > 200))
    assert "area: drift, 40.2 % missing after 0.0 %" in message(
        lambda: assert_no_drift(homes(), gaps)
    )


def test_too_few_rows_fail_only_if_asked():
    assert assert_no_drift(homes(), homes(9)).undecided == ("area", "town")
    told = message(lambda: assert_no_drift(homes(), homes(9), enough_data=True))
    assert "0 of 2 columns drifted" in told
    assert "town: not enough data" in told
    with pytest.raises(TypeError, match="allowed must be a list of names"):
        assert_no_drift(homes(), homes(), allowed="area")


def test_quality_is_told_by_fault():
    now = homes(seed=1).assign(area=lambda d: d["area"] * 1000, extra=1)
    told = message(lambda: assert_quality(homes(), now))
    assert told.startswith("1 fault in 500 rows\n  column 'area': 1,000 times the reference's")
    both = message(lambda: assert_quality(Profile.of(homes()), now, warnings=True))
    assert both.startswith("1 fault and 1 warning in 500 rows")
    assert "column 'extra': a new column" in both
    edited = Expectations.of(homes()).edit("town", categories=["Bonn"])
    assert "(p " not in message(lambda: assert_quality(edited, homes(seed=1)))


def test_scores_are_told_by_window_and_bound():
    truth, said = [0, 1] * 50, [0, 1] * 40 + [1, 0] * 10
    told = message(
        lambda: assert_performance(
            truth, said, window=50, at_least={"accuracy": 0.9}, at_most={"f1_score": 0.99}
        )
    )
    summary, first, second = told.splitlines()
    assert summary == "2 of 4 scores miss their bounds"
    assert first.startswith("  1: f1_score: 1.0000 [")
    assert first.endswith("] in 50 rows, at most 0.99 expected: 0.01 too high")
    assert second.startswith("  2: accuracy: 0.6000 [")
    assert second.endswith("] in 50 rows, at least 0.9 expected: 0.3 too low")
    history = track(truth, said)
    assert assert_performance(history, at_least={"accuracy": 0.8}) is history
    told = message(lambda: assert_performance(history, at_least={"accuracy": 0.8}, sure=True))
    low = history[0].intervals["accuracy"].low
    assert told.endswith(
        f"at least 0.8 expected: the interval's lower end is {0.8 - low:.4g} too low"
    )


def test_errors_of_regression_and_undefined_scores():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=200)
    assert_performance(truth, truth + 0.1, at_most={"mean_absolute_error": 0.11})
    told = message(
        lambda: assert_performance(truth, truth + 0.5, at_most={"mean_absolute_error": 0.11})
    )
    assert "at most 0.11 expected: 0.39 too high" in told
    proba = np.tile([0.2, 0.8], 5)
    undefined = message(
        lambda: assert_performance(
            np.ones(10), np.ones(10), y_proba=proba, classes=[0, 1], at_least={"roc_auc": 0.5}
        )
    )
    assert "roc_auc: n/a in 10 rows, at least 0.5 expected: it cannot be told" in undefined


def max_of(truth, predicted):
    return float(np.max([truth, predicted]))


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: assert_performance([1], [1]), ValueError, "no bound is given"),
        (lambda: assert_performance([1], [1], at_least=0.9), TypeError, "must be a mapping"),
        (lambda: assert_performance([1], [1], at_least={"accuracy": "x"}), TypeError, "a number"),
        (lambda: assert_performance([1], [1], at_least={"acuracy": 1}), ValueError, "acuracy"),
        (
            lambda: assert_performance(track([1], [1]), at_most={"log_loss": 1}),
            ValueError,
            "at_most names 'log_loss', and the scores are accuracy",
        ),
        (
            lambda: assert_performance(track([1], [1]), [1], at_most={"accuracy": 1}),
            TypeError,
            "takes neither y_pred",
        ),
        (
            lambda: assert_performance(
                [1, 0], [1, 0], metrics={"max": max_of}, at_least={"max": 0}, sure=True
            ),
            ValueError,
            "sure=True asks for the interval of 'max', which has none",
        ),
        (lambda: assert_quality(None, homes(), warnings=1), TypeError, "warnings must be True or"),
        (lambda: assert_no_drift(homes(), 3), TypeError, "current must be"),
    ],
)
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_junit_holds_the_message_of_any_column(tmp_path):
    """A real run of pytest: its XML is whole whatever a column is called."""
    (tmp_path / "test_gate.py").write_text(
        "import numpy as np\n"
        "from treering.quality import Expectations\n"
        "from treering.testing import assert_quality\n"
        "import pandas as pd\n"
        "def test_gate():\n"
        "    name = '\\x1b[31m<&\\x00\\ud800\"'\n"
        "    now = pd.DataFrame([[2.0]], columns=pd.Index([name], dtype=object))\n"
        "    assert_quality(Expectations().edit(name, high=1), now)\n",
        encoding="utf-8",
    )
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junitxml=out.xml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1, run.stdout
    failed = ET.parse(tmp_path / "out.xml").getroot().find(".//failure")
    assert failed is not None
    assert "1 fault in 1 row" in failed.attrib["message"]
    assert "1 value above 1, the highest is 2" in failed.attrib["message"]
    # The line that asked stands there, and none of ours.
    assert "_quality.py" not in run.stdout
