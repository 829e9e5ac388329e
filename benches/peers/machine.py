"""What was measured on, in words, and who else used it meanwhile."""

import os
import platform
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

# By the names under which they are installed; those that are not here are not told.
LIBRARIES = (
    "treering",
    "scikit-learn",
    "scikit-learn-intelex",
    "lightgbm",
    "xgboost",
    "xgboost-cpu",
    "onnxruntime",
    "skl2onnx",
    "scipy",
    "numpy",
)

TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


def describe() -> str:
    """Processor, cores, memory, system and versions, as one sentence."""
    libraries = [f"{name} {found}" for name in LIBRARIES if (found := _version(name))]
    return (
        f"{_processor()}, {os.cpu_count()} cores, {_memory()}"
        f"{platform.system()}, Python {platform.python_version()}, {', '.join(libraries)}"
    )


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _memory() -> str:
    if not hasattr(os, "sysconf"):
        return ""
    gibibytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{gibibytes:.0f} GiB of memory, "


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
        try:
            text = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
        except OSError:  # it has ended, and its times count among those of the children
            return 0.0
        # The name, in parentheses, may hold blanks; times, own and children's, stand after it.
        return sum(map(int, text.rpartition(")")[2].split()[11:15])) / TICKS
