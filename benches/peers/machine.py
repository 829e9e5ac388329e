"""What was measured on, in words, and who else used it meanwhile."""

import os
import platform
import time
from importlib.metadata import version
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


def describe() -> str:
    """Processor, cores, memory, system and versions, as one sentence."""
    gibibytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    libraries = ", ".join(
        f"{name} {version(name)}" for name in ("treering", "scikit-learn", "scipy", "numpy")
    )
    return (
        f"{_processor()}, {os.cpu_count()} cores, {gibibytes:.0f} GiB of memory, "
        f"{platform.system()}, Python {platform.python_version()}, {libraries}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


class Load:
    """Cores that programs other than ours kept busy, from now until asked (Linux only)."""

    def __init__(self, workers: list[int]) -> None:
        self.processes = [os.getpid(), *workers]
        self.start = self._sample()

    def other_cores(self) -> float | None:
        """Mean number of cores since the start, or None where the system does not say."""
        end = self._sample()
        if self.start is None or end is None:
            return None
        seconds, busy, ours = (
            after - before for before, after in zip(self.start, end, strict=True)
        )
        return max(0.0, round((busy - ours) / max(seconds, 1e-9), 2))

    def _sample(self) -> tuple[float, float, float] | None:
        try:
            fields = Path("/proc/stat").read_text(encoding="utf-8").splitlines()[0].split()[1:9]
            ours = sum(self._used(process) for process in self.processes)
        except (OSError, IndexError):
            return None
        user, nice, system, _idle, _wait, *interrupts = map(int, fields)
        busy = (user + nice + system + sum(interrupts)) / TICKS
        return time.monotonic(), busy, ours

    @staticmethod
    def _used(process: int) -> float:
        text = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
        # The name, in parentheses, may hold blanks; times, own and children's, stand after it.
        return sum(map(int, text.rpartition(")")[2].split()[11:15])) / TICKS
