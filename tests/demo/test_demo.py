"""The demo's numbers are those it has always had, and its page is whole."""

from pathlib import Path

import numpy as np
import pytest

from treering import demo


@pytest.fixture(scope="module")
def story() -> demo.Story:
    return demo.tell()


def test_the_calm_days_are_calm_and_the_decay_is_found(story: demo.Story) -> None:
    accuracy = story.history.values("accuracy")
    assert story.baseline["accuracy"] == 1.0
    assert (accuracy[: demo.CALM_UNTIL] == 1.0).all()
    wrong = np.round(30 * (1 - accuracy)).astype(int)
    assert wrong.tolist() == [0] * 23 + [2, 2, 3, 2, 3, 1, 4]
    assert story.summary.accuracy_trend == "decreasing"
    assert {alert.metric for alert in story.alerts} == set(story.history.metrics)
    assert all(alert.severity == "MEDIUM" and alert.certain for alert in story.alerts)
    assert story.drift.drifted == ()
    assert story.distribution.drifted == ()


def test_the_command_prints_the_summary_and_writes_the_page(
    story: demo.Story, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "report.html"
    demo.main(["--output", str(target)])
    told = capsys.readouterr().out
    assert told.startswith(str(story.summary))
    assert "Drift of the features: 0 of 4. The noise, N(0, 0.3) at most, is small" in told
    assert "accuracy: decreasing (1.0000 to 0.8667, slope 0 per window" in told
    assert "23 of 30 days have the same accuracy" in " ".join(told.split())
    assert max(map(len, told.splitlines()[:-1])) <= 100
    assert told.rstrip().endswith(f"report: {target.resolve()}")
    page = target.read_text(encoding="utf-8")
    assert page.count("<svg") == 9
    assert len(page) < 200_000


def test_a_folder_that_does_not_exist_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        demo.main(["--output", str(tmp_path / "nowhere" / "report.html")])
    assert stopped.value.code == 1
    assert "does not exist; make it first" in capsys.readouterr().err
