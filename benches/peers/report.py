"""From results to a table, and to the page that carries it."""

import json
from itertools import groupby
from pathlib import Path
from typing import Any

from benches.peers.case import OURS

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
BEGIN = "<!-- results: written by `python -m benches.peers report` -->"
END = "<!-- end of results -->"


def seconds(value: float) -> str:
    """A time with the unit that suits it."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3)):
        if value >= scale:
            return f"{value / scale:.3g} {unit}"
    return f"{value / 1e-6:.3g} us"


def table(rows: list[dict[str, Any]]) -> str:
    """One line for each case and peer; how many times as fast treering was stands with the peer."""
    lines = [
        "| workload | case | peer | median (fastest to slowest) | quality | treering is |",
        "|---|---|---|---|---|---|",
    ]
    for (workload, case), group in groupby(rows, key=lambda row: (row["workload"], row["case"])):
        peers = list(group)
        ours = next((row["median"] for row in peers if row["peer"] == OURS), None)
        for row in peers:
            spread = f"{seconds(row['fastest'])} to {seconds(row['slowest'])}"
            ratio = (
                ""
                if ours is None or row["peer"] == OURS
                else f"{row['median'] / ours:.1f}x as fast"
            )
            lines.append(
                f"| {workload} | {case} | {row['peer']} | {seconds(row['median'])} ({spread}) "
                f"| {row['quality']} | {ratio} |"
            )
    return "\n".join(lines)


def write_page(results: Path) -> None:
    """Put the table and the machine between the marks of docs/benchmarks.md."""
    content = json.loads(results.read_text(encoding="utf-8"))
    busy = [row["other_cores"] for row in content["rows"] if row["other_cores"] is not None]
    noise = f" Other programs used at most {max(busy):.2f} cores during a case." if busy else ""
    commands = ", ".join(sorted({f"`{row['command']}`" for row in content["rows"]}))
    section = "\n\n".join(
        (
            BEGIN,
            f"Machine: {content['machine']}.{noise}",
            f"Measured on {content['date']} by {commands}.",
            table(content["rows"]),
            END,
        )
    )
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(before + section + after, encoding="utf-8")
