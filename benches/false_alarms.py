"""How many false alarms a month of windows raises, and how soon a real change is found.

`python -m benches.false_alarms MONTHS` simulates months of thirty windows of twenty columns, each
beside a reference of its own, in which nothing changes; and months in which a quarter of the
columns moves on the eleventh day. Detectors are treering with a stated rate and without, and a
column's test at 0.05 without correction. With an interpreter that has Evidently,
`TREERING_EVIDENTLY_PYTHON`, the same tables go through its default preset.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from treering.drift import Reference, detect_drift

COLUMNS, WINDOWS, MOVED_FROM = 20, 30, 10
Table = NDArray[np.float64]
# A reference and its windows, which are made one by one: a month may be larger than memory.
Month = tuple[Table, Iterator[Table]]


def months(count: int, rows: int, shift: float) -> Iterator[Month]:
    """References and their windows; the columns go together, some repeat values or miss them."""
    rng = np.random.default_rng(rows)

    def table(size: int) -> Table:
        values = rng.standard_normal((size, COLUMNS)) + rng.standard_normal((size, 1))
        values[:, 3] = np.round(values[:, 3])
        values[rng.random(size) < 0.1, 5] = np.nan
        return values

    def windows() -> Iterator[Table]:
        for day in range(WINDOWS):
            window = table(rows)
            if day >= MOVED_FROM:
                window[:, ::4] += shift * np.sqrt(2)
            yield window

    for _ in range(count):
        yield table(max(2000, min(rows, 100_000))), windows()


def ours(**options: object) -> Callable[[Month], list[bool]]:
    def alarms(month: Month) -> list[bool]:
        reference = Reference(month[0])
        return [bool(detect_drift(reference, now, **options).drifted) for now in month[1]]  # type: ignore[arg-type]

    return alarms


def evidently(month: Month) -> list[bool]:
    """Whether its preset says that any column drifted, in a process with its own packages."""
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for day, table in enumerate(chain([month[0]], month[1])):
            paths.append(str(Path(folder) / f"{day}.npy"))
            np.save(paths[-1], table)
        done = subprocess.run(
            [os.environ["TREERING_EVIDENTLY_PYTHON"], "-W", "ignore", "-c", PRESET, *paths],
            capture_output=True,
            text=True,
            check=True,
        )
    return [bool(flag) for flag in json.loads(done.stdout.splitlines()[-1])]


PRESET = """
import json, sys
import numpy as np, pandas as pd
from evidently import Report
from evidently.presets import DataDriftPreset
read = lambda path: pd.DataFrame(np.load(path)).add_prefix("c")
reference, flags = read(sys.argv[1]), []
for path in sys.argv[2:]:
    result = Report([DataDriftPreset()]).run(read(path), reference).dict()["metrics"]
    (count,) = [m["value"]["count"] for m in result if m["metric_name"].startswith("DriftedCol")]
    flags.append(int(count > 0))
print(json.dumps(flags))
"""

DETECTORS: dict[str, Callable[[Month], list[bool]]] = {
    "treering, 1 per month": ours(false_alarms="1 per month", window="1d"),
    "treering, 1 per month, any effect": ours(
        false_alarms="1 per month", window="1d", min_effect=0.0
    ),
    "treering, fdr_bh at 0.05": ours(),
    "each column at 0.05, no correction": ours(correction=None, min_effect=0.0),
}


def measure(count: int, rows: int, detector: Callable[[Month], list[bool]]) -> dict[str, float]:
    """Alarms in a month without a change; after one, days until the first and the share found."""
    alarms = [sum(detector(month)) for month in months(count, rows, 0.0)]
    delays = []
    for month in months(count, rows, 0.25):
        days = [day for day, alarm in enumerate(detector(month)) if alarm and day >= MOVED_FROM]
        delays.append(days[0] - MOVED_FROM + 1 if days else np.inf)
    found = np.isfinite(delays)
    return {
        "alarms": float(np.mean(alarms)),
        "error": float(np.std(alarms, ddof=1) / np.sqrt(count)),
        "found": float(np.mean(found)),
        "delay": float(np.median(delays)),
    }


def main() -> None:
    count = int(sys.argv[1])
    sizes = [int(size) for size in sys.argv[2:]] or [30, 300, 3000, 30_000]
    detectors = dict(DETECTORS)
    if "TREERING_EVIDENTLY_PYTHON" in os.environ:
        detectors["Evidently, DataDriftPreset"] = evidently
    print("| rows | detector | alarms a month, nothing changed | change found | days until then |")
    print("|---|---|---|---|---|")
    for rows in sizes:
        for name, detector in detectors.items():
            few = max(2, count // 10) if name.startswith("Evidently") else count
            found = measure(few, rows, detector)
            print(
                f"| {rows:,} | {name} | {found['alarms']:.2f} ± {found['error']:.2f} | "
                f"{found['found']:.0%} | {found['delay']:g} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
