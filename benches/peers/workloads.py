"""Which workloads there are, and their cases."""

from importlib import import_module

from benches.peers.case import Case, Peer

WORKLOADS = (
    "forest",
    "small",
    "regressor",
    "tree",
    "onedal",
    "predict",
    "memory",
    "ks",
    "drift",
    "estimate",
    "segments",
    "shap",
    "isolation",
    "boosting",
    "profile",
    "scaler",
    "describe",
    "preparation",
    "metrics",
    "cv",
    "search",
)


def cases(workload: str) -> tuple[Case, ...]:
    found: tuple[Case, ...] = import_module(f"benches.peers.{workload}").CASES
    return found


def lines() -> list[tuple[str, Case, Peer]]:
    """The workload, the case and the peer of every line of the table, in its order."""
    return [
        (workload, case, peer)
        for workload in WORKLOADS
        for case in cases(workload)
        for peer in case.peers
    ]
