"""From results to a table, and to the page that carries it."""

import json
from pathlib import Path
from typing import Any

from benches.peers import verdict
from benches.peers.case import OURS
from benches.peers.verdict import amount
from benches.peers.workloads import lines

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
BEGIN = "<!-- results: written by `python -m benches.peers report` -->"
END = "<!-- end of results -->"

Row = dict[str, Any]


def table(rows: list[Row]) -> str:
    """One line for each case and peer; how many times as fast treering was stands with the peer."""
    ours = _ours(rows)
    head = [
        "| workload | case | peer | median (fastest to slowest) | quality | treering is | target |",
        "|---|---|---|---|---|---|---|",
    ]
    return "\n".join(head + [_line(row, ours.get((row["workload"], row["case"]))) for row in rows])


def _ours(rows: list[Row]) -> dict[tuple[str, str], Row]:
    return {(row["workload"], row["case"]): row for row in rows if row["peer"] == OURS}


def _line(row: Row, ours: Row | None) -> str:
    cells = [row["workload"], row["case"], row["peer"]]
    if row["median"] is None:
        cells += [f"not measured: {row['note']}", "", ""]
    else:
        measure = row["measure"]
        extremes = f"{amount(row['fastest'], measure)} to {amount(row['slowest'], measure)}"
        ratio = ""
        if ours is not None and ours is not row and ours["median"]:
            as_what = "fast" if measure == "time" else "small"
            ratio = f"{row['median'] / ours['median']:.1f}x as {as_what}"
        cells += [
            f"{amount(row['median'], measure)} ({'once' if row['rounds'] == 1 else extremes})",
            verdict.quality(row, ours),
            ratio,
        ]
    return f"| {' | '.join([*cells, verdict.target(row, ours)])} |"


def write_page(results: Path) -> None:
    """Put the table and the machine between the marks of docs/benchmarks.md."""
    content = json.loads(results.read_text(encoding="utf-8"))
    if any(row["quick"] for row in content["rows"]):
        raise SystemExit(f"{results} holds figures of a smoke run (--quick): run without it")
    rows = _whole(content["rows"])
    busy = [row["other_cores"] for row in rows if row["other_cores"] is not None]
    noise = f" Other programs used at most {max(busy):.2f} cores during a case." if busy else ""
    commands = ", ".join(sorted({f"`{row['command']}`" for row in content["rows"]}))
    targets = verdict.tally(rows, _ours(rows))
    section = "\n\n".join(
        (
            BEGIN,
            f"Machine: {content['machine']}.{noise}",
            f"Measured on {content['date']} by {commands}.",
            "Targets: " + ", ".join(f"{count} {word}" for word, count in targets.items()) + ".",
            table(rows),
            END,
        )
    )
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(before + section + after, encoding="utf-8")


def _whole(rows: list[Row]) -> list[Row]:
    """The rows of all cases; those that the results lack are told to be missing."""
    known = {(row["workload"], row["case"], row["peer"]): row for row in rows}
    missing: Row = {"median": None, "note": "not run yet", "scores": {}, "other_cores": None}
    whole = []
    for workload, case, peer in lines():
        key = {"workload": workload, "case": case.name, "peer": peer.name}
        aims = {"target": peer.target, "limit": case.limit}
        whole.append(known.get((workload, case.name, peer.name), key | aims | missing))
    return whole
