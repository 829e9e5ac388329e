"""Profiling a million rows of twenty columns, beside whylogs.

whylogs asks for numpy before 2: it has an interpreter of its own. Figures are the columns' means.
"""

from importlib import import_module
from typing import Any

from benches.peers.case import OURS, Case, Peer, Task
from benches.peers.drift import frames


def _ours() -> Task:
    frame, _ = frames()
    profile = import_module("treering.profile").Profile

    def figures(found: Any) -> list[float]:
        return [float(column.mean) for column in found.values()]

    return Task(lambda _: profile.of(frame), figures)


def _whylogs() -> Task:
    frame, _ = frames()
    log = import_module("whylogs").log

    def figures(found: Any) -> list[float]:
        table = found.view().to_pandas()
        return [float(table.loc[name, "distribution/mean"]) for name in frame.columns]

    return Task(lambda _: log(frame), figures)


CASES = (
    Case(
        "profile, 1M x 20",
        (
            Peer(OURS, _ours),
            Peer(
                "whylogs",
                _whylogs,
                environment={"WHYLOGS_NO_ANALYTICS": "1"},
                target=10.0,
                interpreter="TREERING_WHYLOGS_PYTHON",
            ),
        ),
    ),
)
