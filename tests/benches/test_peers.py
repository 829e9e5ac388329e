"""The side-by-side runs: real cases in real processes, and how their figures become a page."""

import json
import re
import subprocess
import sys
import textwrap
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from benches.peers import driver, peak, report
from benches.peers.__main__ import keep
from benches.peers.case import OURS, QUICK
from benches.peers.workloads import WORKLOADS, cases, lines

import architecture as house
from treering._core import DEVELOPMENT_BUILD


def row(case: str, peer: str, median: float | None, **more: object) -> dict[str, Any]:
    return {
        "workload": "ks",
        "case": case,
        "peer": peer,
        "measure": "time",
        "rounds": 3,
        "median": median,
        "fastest": median and median / 2,
        "slowest": median and median * 2,
        "scores": {},
        "difference": None if peer == OURS else 0.25,
        "step": 0.0,
        "target": None,
        "limit": None,
        "note": "",
        "other_cores": 0.25,
        "quick": False,
        "command": "python -m benches.peers ks",
    } | more


def measured(kept: Path, *arguments: str) -> tuple[dict[str, dict[str, Any]], str]:
    """The rows of a smoke run by peer, and what it told on its standard error."""
    done = subprocess.run(
        [sys.executable, "-m", "benches.peers", *arguments, "--quick", "--json", kept],
        check=False,
        capture_output=True,
        text=True,
        cwd=house.ROOT,
    )
    assert done.returncode == 0, done.stderr
    rows = json.loads(kept.read_text(encoding="utf-8"))["rows"]
    return {row["peer"]: row for row in rows}, done.stderr


def test_a_case_is_measured_and_kept(tmp_path: Path) -> None:
    """A development build must not be timed: it is left out, and the run says so."""
    rows, told = measured(tmp_path / "results.json", "ks", "--case", "120")
    assert rows["SciPy"]["median"] > 0
    assert rows["SciPy"]["quick"]
    assert (rows[OURS]["median"] is None) is DEVELOPMENT_BUILD
    assert ("development build" in told) is DEVELOPMENT_BUILD
    assert ("development build" in rows[OURS]["note"]) is DEVELOPMENT_BUILD


def test_absent_peers_are_told_and_scores_are_of_every_seed(tmp_path: Path) -> None:
    rows, told = measured(tmp_path / "results.json", "small", "--case", "iris")
    theirs = rows["scikit-learn"]
    # The round to warm up has a seed too.
    assert len(theirs["scores"]["accuracy"]) == theirs["rounds"] + 1
    assert all(0.5 < value <= 1 for value in theirs["scores"]["accuracy"])
    for peer in next(case for case in cases("small") if case.name == "iris").peers:
        absent = peer.missing()
        if absent is not None:
            assert rows[peer.name]["note"] == absent
            assert rows[peer.name]["median"] is None
            assert absent in told


@pytest.mark.skipif(peak.unreadable() is not None, reason=str(peak.unreadable()))
def test_memory_is_measured_in_bytes(tmp_path: Path) -> None:
    rows, _ = measured(tmp_path / "results.json", "memory", "--case", "one tree")
    assert rows["scikit-learn"]["measure"] == "memory"
    assert 1e3 < rows["scikit-learn"]["median"] < 1e9


def test_what_takes_too_long_is_run_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(house.ROOT)
    monkeypatch.setenv(QUICK, "1")
    monkeypatch.setattr(driver, "ONCE", 0.0)
    case = cases("ks")[0]
    rows = {row.peer: row for row in driver.measure("ks", case, quick=False)}
    assert rows["SciPy"].rounds == 1
    assert "(once)" in report.table([asdict(rows["SciPy"])])


def test_a_worker_that_does_not_answer_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(house.ROOT)
    monkeypatch.setattr(driver, "PREPARE", 0.01)
    case = cases("ks")[0]
    worker = driver.Worker("ks", case, case.peers[1])
    assert worker.failure == "no answer within 0 s"
    assert worker.ask("run 0") is None
    worker.close()
    assert worker.process.returncode != 0


@pytest.mark.parametrize(
    ("body", "answers"),
    [
        ("raise MemoryError('too\\nmuch')", [{"failed": "MemoryError: too"}]),
        (
            "return Task(lambda seed: 1 / seed, lambda result: [result])",
            [{"ready": True}, {"failed": "ZeroDivisionError: division by zero"}],
        ),
    ],
)
def test_a_peer_that_fails_says_why(body: str, answers: list[dict[str, object]]) -> None:
    code = f"""
        from benches.peers.case import Peer, Task
        from benches.peers.worker import serve
        def prepare():
            {body}
        print("what a library prints is no answer")
        serve(Peer("broken", prepare))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        input="run 0\n",
        check=True,
        capture_output=True,
        text=True,
        cwd=house.ROOT,
    )
    said = [line for line in done.stdout.splitlines() if line.startswith("{")]
    assert [json.loads(line) for line in said] == answers


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the bound is one of Linux")
def test_a_peer_that_asks_for_too_much_memory_is_refused() -> None:
    code = """
        import os
        import numpy as np
        from benches.peers import worker
        from benches.peers.case import Peer
        half = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
        np.empty(half, dtype=np.uint8)  # without the bound it is given
        worker.SHARE = 0.25
        worker.serve(Peer("greedy", lambda: np.empty(half, dtype=np.uint8)))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        input="",
        check=True,
        capture_output=True,
        text=True,
        cwd=house.ROOT,
    )
    assert "MemoryError" in json.loads(done.stdout)["failed"]


def test_results_of_a_case_replace_its_older_ones(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    _, first, second = [case.name for case in cases("ks")][:3]
    keep(path, [row(second, "SciPy", 1.0), row(second, OURS, 1.0)])
    keep(path, [row("a case that is gone", OURS, 1.0), row(first, OURS, 2.0)])
    keep(path, [row(second, OURS, 3.0)])
    rows = json.loads(path.read_text(encoding="utf-8"))["rows"]
    assert [(row["case"], row["peer"], row["median"]) for row in rows] == [
        (first, OURS, 2.0),
        (second, OURS, 3.0),
    ]


def test_the_table_says_how_many_times_as_fast() -> None:
    table = report.table([row("small", OURS, 2e-5), row("small", "SciPy", 5e-4, target=6.0)])
    *_, ours, theirs = table.splitlines()
    assert ours == "| ks | small | treering | 20 us (10 us to 40 us) | reference |  |  |"
    assert theirs.endswith("| 25.0x as fast | at least 6x: reached |")


def test_the_table_says_how_many_times_as_small() -> None:
    rows = [
        row("small", OURS, 2e6, measure="memory"),
        row("small", "SciPy", 5e9, measure="memory", rounds=1),
    ]
    *_, ours, theirs = report.table(rows).splitlines()
    assert "| 2 MB (1 MB to 4 MB) |" in ours
    assert "| 5 GB (once) |" in theirs
    assert "| 2500.0x as small |" in theirs


def test_the_table_says_what_is_not_known() -> None:
    rows = [row("small", OURS, None, note="no data"), row("small", "SciPy", 1.0, target=2.0)]
    *_, ours, theirs = report.table(rows).splitlines()
    assert ours == "| ks | small | treering | not measured: no data |  |  |  |"
    assert theirs.endswith("| at least 2x: not measured |")


def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[dict[str, Any]]) -> str:
    text, results = tmp_path / "page.md", tmp_path / "results.json"
    text.write_text(f"before\n\n{report.BEGIN}\nformer\n{report.END}\nafter\n", encoding="utf-8")
    content = {"machine": "a machine", "date": "2026-11-22", "rows": rows}
    results.write_text(json.dumps(content), encoding="utf-8")
    monkeypatch.setattr(report, "PAGE", text)
    report.write_page(results)
    report.write_page(results)
    return text.read_text(encoding="utf-8")


def test_the_page_keeps_what_stands_around_the_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = cases("ks")[0].name
    text = page(tmp_path, monkeypatch, [row(name, OURS, 1.0)])
    assert text.startswith("before\n")
    assert text.endswith(f"{report.END}\nafter\n")
    assert "former" not in text
    assert text.count(f"| ks | {name} | treering | 1 s") == 1
    assert text.count(f"| ks | {name} | SciPy | not measured: not run yet |") == 1
    assert "at most 0.25 cores" in text
    assert re.search(r"Targets: 0 reached, 0 missed, \d+ not measured\.", text)


def test_a_smoke_run_does_not_get_onto_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SystemExit, match="figures of a smoke run"):
        page(tmp_path, monkeypatch, [row(cases("ks")[0].name, OURS, 1.0, quick=True)])


def test_no_section_of_the_page_is_empty() -> None:
    text = report.PAGE.read_text(encoding="utf-8")
    sections = re.split(r"^## (.+)$", text, flags=re.MULTILINE)[1:]
    assert "Results" in sections
    for title, body in zip(sections[::2], sections[1::2], strict=True):
        assert re.sub(r"<!--.*?-->", "", body).strip(), title


def test_the_page_names_every_workload() -> None:
    text = report.PAGE.read_text(encoding="utf-8").partition(report.BEGIN)[0]
    assert [name for name in WORKLOADS if f"`{name}`" not in text] == []


def test_the_page_shows_every_case_beside_its_peers() -> None:
    text = report.PAGE.read_text(encoding="utf-8")
    found = text.partition(report.BEGIN)[2].partition(report.END)[0].splitlines()
    rows = [line.removeprefix("| ").split(" | ") for line in found if line.startswith("| ")][1:]
    shown = [(row[0], row[1], row[2]) for row in rows]
    assert shown == [(workload, case.name, peer.name) for workload, case, peer in lines()]
    for row in rows:
        known = r"[\d.e+]+ (s|ms|us|GB|MB|kB) \((.+ to .+|once)\)"
        assert re.fullmatch(rf"{known}|not measured: .+", row[3]), row
        # On the line of a peer that was measured, how many times as fast treering is.
        if row[2] != OURS and not row[3].startswith("not measured"):
            assert re.fullmatch(r"([\d.]+x as (fast|small))?", row[5]), row
