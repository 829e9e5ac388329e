"""How much memory a call takes at its peak, as Linux tells it."""

import ctypes
import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

STATUS = Path("/proc/self/status")
# Writing 5 here makes the highest mark of resident memory start anew.
CLEAR = Path("/proc/self/clear_refs")


def unreadable() -> str | None:
    """What keeps the peak from being known on this system."""
    return None if CLEAR.exists() else "this system has no /proc/self/clear_refs to read a peak by"


def during(call: Callable[[], Any]) -> tuple[int, Any]:
    """Bytes by which resident memory grew at its peak, and what the call returned."""
    gc.collect()
    _give_back()
    CLEAR.write_text("5", encoding="utf-8")
    before = _resident("VmRSS")
    result = call()
    return max(0, _resident("VmHWM") - before), result


def _give_back() -> None:
    """Return freed memory to the system, so that the call cannot reuse it unseen (glibc only)."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _resident(mark: str) -> int:
    fields = dict(line.split(":", 1) for line in STATUS.read_text(encoding="utf-8").splitlines())
    return int(fields[mark].split()[0]) * 1024
