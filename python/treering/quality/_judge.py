"""What was looked at, and what of it chance does not explain."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from treering.quality._findings import QualityFinding

if TYPE_CHECKING:
    from treering.quality._findings import Check


@dataclass
class Judge:
    """Collects findings about one table.

    Attributes
    ----------
    backend
        The library that the table came from.
    checks
        How many things were looked at.
    skipped
        Checks that could not be made, and why.
    """

    backend: str | None
    checks: int = 0
    skipped: dict[str, str] = field(default_factory=dict)
    _certain: list[QualityFinding] = field(default_factory=list)
    _doubtful: list[QualityFinding] = field(default_factory=list)
    _tests: int = 0

    def fault(
        self, column: str | None, check: Check, found: str, expected: str, rows: int | None = None
    ) -> None:
        """Note what is a fault, whatever chance does."""
        self._certain.append(
            QualityFinding(column, check, "fault", found, expected, rows, backend=self.backend)
        )

    def has_fault(self, column: str | None, check: Check) -> bool:
        """Tell whether such a fault was noted for certain."""
        return any(
            (each.column, each.check, each.level) == (column, check, "fault")
            for each in self._certain
        )

    def warning(
        self, column: str | None, check: Check, found: str, expected: str, rows: int | None = None
    ) -> None:
        """Note what may be all right."""
        self._certain.append(
            QualityFinding(column, check, "warning", found, expected, rows, backend=self.backend)
        )

    def tested(self, pvalue: float, finding: QualityFinding | None) -> None:
        """Note what is a fault if chance does not explain it."""
        self._tests += 1
        if finding is not None and pvalue < 1:
            self._doubtful.append(finding)

    def findings(self, alpha: float) -> tuple[QualityFinding, ...]:
        """Return the faults and the warnings; the chance of any false fault is at most `alpha`.

        P-values are compared with `alpha` divided by the number of tests (Bonferroni).
        """
        kept = [
            finding
            for finding in self._doubtful
            if finding.pvalue is not None and finding.pvalue * self._tests < alpha
        ]
        # What is a fault is no warning as well.
        faults = {(each.column, each.check, each.expected) for each in kept}
        certain = [
            each
            for each in self._certain
            if each.level == "fault" or (each.column, each.check, each.expected) not in faults
        ]
        return tuple(sorted([*certain, *kept], key=lambda each: each.level))
