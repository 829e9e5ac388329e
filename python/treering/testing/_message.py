"""What a failed check says: a line that sums it up, and a line for each thing that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treering._text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

_MOST_LINES = 40


def failure(summary: str, details: Iterable[str]) -> AssertionError:
    """Return the error, in characters that every log and JUnit's XML can hold."""
    lines = [f"  {visible(line)}" for line in details]
    if len(lines) > _MOST_LINES:
        lines[_MOST_LINES:] = [f"  and {len(lines) - _MOST_LINES:,} more"]
    return AssertionError("\n".join([visible(summary), *lines]))
