"""Several results on one page, and as one JSON document."""

from __future__ import annotations

from hashlib import blake2s
from typing import TYPE_CHECKING, Any

from treering._axis import label_text
from treering._checks import boolean
from treering._files import replace_file, writable_target
from treering._html import Html, escape, join, notice, section, worst_tone
from treering._page import Page
from treering._results import SCHEMA_VERSION, Result, kind_text
from treering._text import counted, shortened, visible

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence
    from pathlib import Path

    from treering._html import Tone

_LONGEST_SUMMARY = 300


class Report(Result):
    """Several results, read as one.

    Parameters
    ----------
    *results
        Results of any room, such as a DriftReport, a QualityReport and a PerformanceReport.
    title
        What they are about.

    Attributes
    ----------
    results : tuple
        The results.
    title : str
        What they are about.
    backend : str or None
        The library that the data of the first one came from.

    Examples
    --------
    >>> from treering import report, stats
    >>> both = report.Report(stats.chi2_2samp([5, 6], [9, 2]), stats.ks_2samp([1, 2], [3, 4]))
    >>> [each["type"] for each in both.to_dict()["results"]]
    ['ChiSquaredResult', 'KstestResult']
    """

    backend: str | None = None

    def __init__(self, *results: Result, title: str = "Report") -> None:
        for result in results:
            if not isinstance(result, Result):
                raise TypeError(
                    f"a report is made of results, such as detect_drift() returns; got "
                    f"{type(result).__name__}"
                )
        if not results:
            raise ValueError("a report needs at least one result")
        self.results = results
        self.title = str(title)
        self.backend = getattr(results[0], "backend", None)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Report):
            return NotImplemented
        return self.title == other.title and self.to_json() == other.to_json()

    __hash__ = None  # type: ignore[assignment]  # its results may have none

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain Python values.

        Returns
        -------
        dict
            Each of the ``results`` with its ``type`` and ``schema_version``.
        """
        parts = [
            {"type": type(each).__name__, "schema_version": SCHEMA_VERSION, **each.to_dict()}
            for each in self.results
        ]
        return {"title": self.title, "results": parts}

    def to_html(self) -> Html:
        """Return the report as a fragment of HTML: what each result says first, then all of them.

        Returns
        -------
        treering.report.Html
        """
        parts = [section(_name(each), each.to_html()) for each in self.results]
        if len(parts) == 1:
            return parts[0]
        anchors = _anchors(parts)
        said = [
            notice(_summary(each), tone=each._tone(), title=_link(_name(each), anchor))
            for each, anchor in zip(self.results, anchors, strict=True)
        ]
        targets = [
            Html(f'<div id="{anchor}">{part}</div>')
            for part, anchor in zip(parts, anchors, strict=True)
        ]
        return join([*said, *targets])

    def save_html(self, path: str | os.PathLike[str], *, title: str | None = None) -> Path:
        """Write the report as a static HTML page.

        Parameters
        ----------
        path
            Where to.
        title
            The page's title; that of the report by default.

        Returns
        -------
        pathlib.Path
            The path, absolute.
        """
        return Page(title or self.title).add(self.to_html()).save(path)

    def save_json(self, path: str | os.PathLike[str]) -> Path:
        """Write the report's JSON, whole or not at all.

        Parameters
        ----------
        path
            Where to.

        Returns
        -------
        pathlib.Path
            The path, absolute.
        """
        target = writable_target(path, "a report")
        replace_file(target, self.to_json(indent=1).encode("utf-8", "backslashreplace"))
        return target

    def _headline(self) -> str:
        if len(self.results) == 1:
            return self.results[0]._headline()
        return counted(len(self.results), "result")

    def _tone(self) -> Tone:
        return worst_tone(each._tone() for each in self.results)

    def _columns(self) -> dict[str, Any]:
        return {
            "part": [_name(each) for each in self.results],
            "says": [_summary(each) for each in self.results],
        }

    def _text(self) -> str:
        return "\n\n".join(
            [label_text(self.title, longest=120), *(str(each) for each in self.results)]
        )


def html(
    path: str | os.PathLike[str], *results: Result, title: str = "Report", json: bool = False
) -> Path:
    """Write several results as one static HTML page.

    The page has no script and asks no network; its size is bounded, however many rows were looked
    at.

    Parameters
    ----------
    path
        Where to.
    *results
        Results of any room, such as a DriftReport, a QualityReport and a PerformanceReport; one
        that needs a name of its own as ``Report(result, title="March")``.
    title
        The page's title.
    json
        Whether the same is written as JSON beside the page, with the ending ``.json`` in place of
        ``.html``.

    Returns
    -------
    pathlib.Path
        The page's path, absolute.

    Raises
    ------
    TypeError
        If one of them is no result.
    OSError
        If the folder does not exist or cannot be written to.

    Examples
    --------
    >>> import numpy as np
    >>> from treering import report
    >>> from treering.drift import detect_drift
    >>> from treering.quality import check_quality
    >>> before, now = np.arange(100.0).reshape(-1, 1), np.arange(50.0).reshape(-1, 1)
    >>> page = report.html(
    ...     "monday.html", detect_drift(before, now), check_quality(before, now), title="Monday"
    ... )
    >>> page.name
    'monday.html'
    """
    whole = Report(*results, title=title)
    boolean("json", json)
    if json and str(path).lower().endswith(".json"):
        raise ValueError(f"the page itself ends in .json, {path}; give it another ending")
    target = whole.save_html(path)
    if json:
        stem = target.stem if target.suffix.lower() in {".html", ".htm"} else target.name
        whole.save_json(target.with_name(f"{stem}.json"))
    return target


def _name(result: Result) -> str:
    """Return what a part is called: a report within a report by its title, others by their kind."""
    return result.title if isinstance(result, Report) else kind_text(result)


def _summary(result: Result) -> str:
    """Return what a result says, in a line that is not endless."""
    return shortened(visible(result._headline()), _LONGEST_SUMMARY)


def _anchors(parts: Sequence[Html]) -> list[str]:
    """Name the parts for links: a notebook shows several reports in one document."""
    digest = blake2s(join(parts).encode("utf-8", "backslashreplace"), digest_size=6).hexdigest()
    return [f"part-{digest}-{place}" for place in range(1, len(parts) + 1)]


def _link(text: str, anchor: str) -> Html:
    return Html(f'<a href="#{anchor}" style="color:inherit">{escape(text)}</a>')
