"""The side-by-side runs: one real case, and how its figures become a page."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from benches.peers import driver, report
from benches.peers.__main__ import WORKLOADS, cases
from benches.peers.case import OURS, Case

import architecture as house
from treering._core import DEVELOPMENT_BUILD


def row(case: str, peer: str, median: float, **more: object) -> dict[str, object]:
    return {
        "workload": "ks",
        "case": case,
        "peer": peer,
        "rounds": 3,
        "median": median,
        "fastest": median / 2,
        "slowest": median * 2,
        "quality": "reference",
        "other_cores": 0.25,
        "command": "python -m benches.peers ks",
    } | more


def test_a_case_is_measured_and_kept(tmp_path: Path) -> None:
    """A development build must not be timed: it is left out, and the run says so."""
    kept = tmp_path / "results.json"
    command = [
        sys.executable,
        "-m",
        "benches.peers",
        "ks",
        "--quick",
        "--case",
        "120",
        "--json",
        kept,
    ]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=house.ROOT)
    assert done.returncode == 0, done.stderr
    peers = {measured["peer"] for measured in json.loads(kept.read_text())["rows"]}
    assert "SciPy" in peers
    assert (OURS in peers) is not DEVELOPMENT_BUILD
    assert ("development build" in done.stderr) is DEVELOPMENT_BUILD


def test_the_table_says_how_many_times_as_fast() -> None:
    table = report.table([row("small", OURS, 2e-5), row("small", "SciPy", 5e-4)])
    *_, ours, theirs = table.splitlines()
    assert ours == "| ks | small | treering | 20 us (10 us to 40 us) | reference |  |"
    assert theirs.endswith("| 25.0x as fast |")


def test_the_page_keeps_what_stands_around_the_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, results = tmp_path / "page.md", tmp_path / "results.json"
    page.write_text(f"before\n\n{report.BEGIN}\nold\n{report.END}\nafter\n", encoding="utf-8")
    content = {"machine": "a machine", "date": "2026-11-22", "rows": [row("small", OURS, 1.0)]}
    results.write_text(json.dumps(content), encoding="utf-8")
    monkeypatch.setattr(report, "PAGE", page)
    report.write_page(results)
    report.write_page(results)
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith(f"{report.END}\nafter\n")
    assert "old" not in text
    assert text.count("| ks | small | treering | 1 s") == 1
    assert "at most 0.25 cores" in text


def test_quality_stands_beside_time() -> None:
    figures = {OURS: [0.5, 1.0], "SciPy": [0.5, 0.75]}
    accuracy, difference = (Case("c", (), kind) for kind in ("accuracy", "difference"))
    assert driver._quality(accuracy, figures, "SciPy") == "accuracy 0.5000"
    assert driver._quality(difference, figures, "SciPy") == "largest difference 2.5e-01"


def test_every_workload_has_cases_that_begin_with_treering() -> None:
    for workload in WORKLOADS:
        names = [case.name for case in cases(workload)]
        assert names
        assert len(set(names)) == len(names)
        assert all(case.peers[0].name == OURS for case in cases(workload))


def test_no_section_of_the_page_is_empty() -> None:
    page = report.PAGE.read_text(encoding="utf-8")
    sections = re.split(r"^## (.+)$", page, flags=re.MULTILINE)[1:]
    assert "Results" in sections
    for title, body in zip(sections[::2], sections[1::2], strict=True):
        assert re.sub(r"<!--.*?-->", "", body).strip(), title


def test_the_page_shows_every_case_beside_its_peers() -> None:
    page = report.PAGE.read_text(encoding="utf-8")
    lines = page.partition(report.BEGIN)[2].partition(report.END)[0].splitlines()
    rows = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")][1:]
    shown = {(row[0], row[1], row[2]) for row in rows}
    for workload in WORKLOADS:
        measured = cases(workload)
        assert measured, workload
        for case in measured:
            for peer in case.peers:
                assert (workload, case.name, peer.name) in shown
    for row in rows:
        assert re.fullmatch(r"[\d.]+ (s|ms|us) \(.+ to .+\)", row[3]), row
        # On the line of a peer, how many times as fast treering is.
        assert (row[2] == OURS) or re.fullmatch(r"[\d.]+x as fast", row[5]), row
