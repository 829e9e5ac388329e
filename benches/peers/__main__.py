"""The command line: measure workloads, or write the page from what was measured."""

import argparse
import json
import os
import sys
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benches.peers import driver, machine, report, worker
from benches.peers.case import QUICK
from benches.peers.predict import SHARED
from benches.peers.workloads import WORKLOADS, cases, lines


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benches.peers", description=__doc__)
    parser.add_argument("workload", choices=(*WORKLOADS, "all"))
    parser.add_argument("--case", help="only cases whose name contains this")
    parser.add_argument(
        "--quick", action="store_true", help="a smoke run: a hundredth of the rows, one round"
    )
    parser.add_argument("--json", type=Path, help="add to this file, replacing the same cases")
    return parser.parse_args()


def keep(path: Path, rows: list[dict[str, Any]]) -> None:
    """Add rows to a file of results; rows of the same case give way, and those of no case go."""
    old = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else []
    measured = {(row["workload"], row["case"]) for row in rows}
    rows = [row for row in old if (row["workload"], row["case"]) not in measured] + rows
    order = [(workload, case.name, peer.name) for workload, case, peer in lines()]
    known = {(row["workload"], row["case"], row["peer"]): row for row in rows}
    content = {
        "machine": machine.describe(),
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "rows": [known[key] for key in order if key in known],
    }
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def run(options: argparse.Namespace) -> None:
    chosen = ("--case", f'"{options.case}"') if options.case else ()
    command = " ".join(("python -m benches.peers", options.workload, *chosen))
    print(machine.describe())
    for workload in WORKLOADS if options.workload == "all" else (options.workload,):
        for case in cases(workload):
            if options.case and options.case not in case.name:
                continue
            measured = driver.measure(workload, case, quick=options.quick)
            rows = [asdict(row) | {"command": command} for row in measured]
            others = next((row.other_cores for row in measured if not row.note), None)
            print(report.table(rows), f"other programs: {others} cores", sep="\n", flush=True)
            if options.json:
                keep(options.json, rows)


def main() -> None:
    if sys.argv[1:2] == ["worker"]:
        workload, case_name, peer_name = sys.argv[2:]
        case = next(case for case in cases(workload) if case.name == case_name)
        worker.serve(next(peer for peer in case.peers if peer.name == peer_name))
        return
    if sys.argv[1:2] == ["report"]:
        report.write_page(Path(sys.argv[2]))
        return
    options = parse()
    if options.quick:
        os.environ[QUICK] = "1"
    with tempfile.TemporaryDirectory(prefix="treering-bench-") as folder:
        os.environ[SHARED] = folder
        run(options)


if __name__ == "__main__":
    main()
