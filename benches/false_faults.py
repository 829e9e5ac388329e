"""How often a report on quality finds a fault where nothing is wrong.

`python -m benches.false_faults PAIRS` draws pairs of tables of one law, of few and of many rows,
and counts those of which `check_quality`, asked for 5 %, says that the second one is not as the
first. The law is an unkind one: heavy tails, rare categories and truth values, words after Zipf's
law, missing values. In three of the columns alone many rows occur before: duplicates are judged.
"""

import sys
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from treering.quality import check_quality

ALPHA = 0.05
SIZES = ((300, 300), (2000, 300), (300, 2000))
WORDS = 1999
NARROW = ["few", "missing", "repeated"]


def table(rows: int, rng: np.random.Generator) -> pd.DataFrame:
    zipf = 1 / np.arange(1, WORDS + 1)
    zipf /= zipf.sum()
    return pd.DataFrame(
        {
            "cauchy": rng.standard_cauchy(rows),
            "income": rng.lognormal(3, 1, rows).round(1),
            "town": rng.choice(["Bonn", "Ulm", "Köln", "Aa"], rows, p=[0.6, 0.3, 0.098, 0.002]),
            "rare": rng.random(rows) < 0.005,
            "word": [f"w{word}" for word in rng.choice(WORDS, rows, p=zipf)],
            "few": rng.integers(0, 9, rows),
            "missing": np.where(rng.random(rows) < 0.02, np.nan, 1.0 * rng.integers(0, 3, rows)),
            "repeated": rng.integers(0, 40, rows),
        }
    )


@dataclass
class Counts:
    """In how many of the pairs something was found, and what."""

    faults: int = 0
    warnings: int = 0
    narrow_faults: int = 0
    found: Counter[str] = field(default_factory=Counter)


def count(pairs: int, before: int, now: int) -> Counts:
    counts = Counts()
    for seed in range(pairs):
        rng = np.random.default_rng(seed)
        report = check_quality(table(before, rng), table(now, rng), alpha=ALPHA)
        counts.faults += not report.passed
        counts.warnings += bool(report.warnings)
        counts.found.update(f"{fault.check} of {fault.column or 'rows'}" for fault in report.faults)
        narrow = [table(rows, rng)[NARROW] for rows in (before, now)]
        counts.narrow_faults += not check_quality(*narrow, alpha=ALPHA).passed
    return counts


def main() -> None:
    pairs = int(sys.argv[1])
    print(
        "| before | now | pairs | with a fault | with a warning | narrow, with a fault | faults |"
    )
    print("|---|---|---|---|---|---|---|")
    for before, now in SIZES:
        found = count(pairs, before, now)
        shares = (found.faults, found.warnings, found.narrow_faults)
        cells = " | ".join(f"{share / pairs:.1%}" for share in shares)
        named = ", ".join(f"{name} {often}" for name, often in found.found.most_common())
        print(f"| {before:,} | {now:,} | {pairs} | {cells} | {named} |", flush=True)


if __name__ == "__main__":
    main()
