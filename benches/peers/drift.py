"""Drift of a million rows of twenty columns: a pandas frame in, a report out.

Evidently and NannyML do not install beside the other peers: each has an interpreter of its own.
Figures are how many columns were compared.
"""

from importlib import import_module
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np

from benches.peers import peak
from benches.peers.case import OURS, SEED, Case, Peer, Task, size

COLUMNS = 20


def frames() -> tuple[Any, Any]:
    """A reference, and a window in which a quarter of the columns has moved."""
    random = np.random.default_rng(SEED)
    rows = size(1_000_000)
    names = [f"c{place}" for place in range(COLUMNS)]
    frame = import_module("pandas").DataFrame
    sides = [frame(random.standard_normal((rows, COLUMNS)), columns=names) for _ in range(2)]
    sides[1].iloc[:, ::4] += 0.3
    return sides[0], sides[1]


def _ours() -> Task:
    reference, current = frames()
    detect_drift = import_module("treering.drift").detect_drift
    return Task(lambda _: detect_drift(reference, current), lambda report: [float(len(report))])


def _stored() -> Task:
    reference, current = frames()
    drift = import_module("treering.drift")
    stored = drift.Reference(reference)
    return Task(lambda _: drift.detect_drift(stored, current), lambda report: [float(len(report))])


def _evidently() -> Task:
    reference, current = frames()
    report_of = import_module("evidently").Report
    preset = import_module("evidently.presets").DataDriftPreset

    def figures(result: Any) -> list[float]:
        names = [metric["metric_name"] for metric in result.dict()["metrics"]]
        return [float(sum(name.startswith("ValueDrift") for name in names))]

    return Task(lambda _: report_of([preset()]).run(current, reference), figures)


def _nannyml() -> Task:
    reference, current = frames()
    nannyml = import_module("nannyml")

    def run(_: int) -> Any:
        calculator = nannyml.UnivariateDriftCalculator(
            column_names=list(reference.columns),
            continuous_methods=["kolmogorov_smirnov"],
            chunk_number=1,
        )
        return calculator.fit(reference).calculate(current)

    def figures(result: Any) -> list[float]:
        names = {column[0] for column in result.to_df().columns}
        return [float(len(names - {"chunk"}))]

    return Task(run, figures)


def _page() -> Path:
    return Path(mkdtemp()) / "page.html"


def _our_page() -> Task:
    """Drift and quality as one page; the figure is how many columns are on it."""
    reference, current = frames()
    detect_drift = import_module("treering.drift").detect_drift
    check_quality = import_module("treering.quality").check_quality
    html = import_module("treering.report").html
    page = _page()

    def run(_: int) -> Any:
        return html(page, detect_drift(reference, current), check_quality(reference, current))

    return Task(run, lambda path: _columns_of(path, reference))


def _evidently_page() -> Task:
    reference, current = frames()
    report_of = import_module("evidently").Report
    presets = import_module("evidently.presets")
    page = _page()

    def run(_: int) -> Any:
        report = report_of([presets.DataDriftPreset(), presets.DataSummaryPreset()])
        report.run(current, reference).save_html(str(page))
        return page

    return Task(run, lambda path: _columns_of(path, reference))


def _columns_of(page: Path, frame: Any) -> list[float]:
    text = page.read_text(encoding="utf-8")
    return [float(sum(f"{name}<" in text or f'"{name}"' in text for name in frame.columns))]


def _pages(time: bool) -> tuple[Peer, ...]:
    evidently = Peer(
        "Evidently",
        _evidently_page,
        target=50.0 if time else 3.0,
        interpreter="TREERING_EVIDENTLY_PYTHON",
    )
    return Peer(OURS, _our_page), evidently


def _peers(time: bool) -> tuple[Peer, ...]:
    return (
        Peer(OURS, _ours),
        Peer(
            "Evidently",
            _evidently,
            target=50.0 if time else 3.0,
            interpreter="TREERING_EVIDENTLY_PYTHON",
        ),
        Peer(
            "NannyML",
            _nannyml,
            target=5.0 if time else 3.0,
            environment={"NML_DISABLE_USAGE_LOGGING": "1"},  # it would wait for a network
            interpreter="TREERING_NANNYML_PYTHON",
        ),
    )


CASES = (
    Case("drift report, 1M x 20", _peers(time=True)),
    Case("drift report, 1M x 20, stored reference", (Peer(OURS, _stored), *_peers(time=True)[1:])),
    Case(
        "drift report, 1M x 20, memory",
        _peers(time=False),
        measure="memory",
        obstacle=peak.unreadable,
    ),
    Case("drift and quality as a page, 1M x 20", _pages(time=True)),
    Case(
        "drift and quality as a page, 1M x 20, memory",
        _pages(time=False),
        measure="memory",
        obstacle=peak.unreadable,
    ),
)
