"""How many labels of each window have come, and how many are still to come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np

from treering._axis import label_array, label_text, moment_of
from treering._checks import between_0_and_1, shown
from treering._frames import backend_of, read_vector
from treering._results import Result, percent_text, text_table
from treering._text import counted
from treering._time import moment as read_moment
from treering.performance._windows import place_of, split

if TYPE_CHECKING:
    import datetime as dt

    from numpy.typing import NDArray

    from treering._html import Tone
    from treering.report import Html

_POINTS = 100
"""Points that the curve of delays keeps at most."""
_MOST_PRINTED = 40
_SECOND = np.timedelta64(1_000_000, "us")
_UNITS = ((86_400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s"))

Maturity = Literal["final", "provisional", "no labels"]


@dataclass(frozen=True, repr=False)
class WindowLabels(Result):
    """The labels of one window.

    Attributes
    ----------
    window : object
        The window's label.
    count : int
        How many rows were predicted.
    labelled : int
        How many labels of them have come.
    share : float
        Their share.
    expected_share : float
        The share that is expected by now, by how long labels took so far.
    state : str
        "final" if nearly all labels that will ever be expected have come, "provisional" if some
        are still to come, "no labels" if none has.
    backend : str or None
        The library that the moments came from; None for lists and arrays.

    Examples
    --------
    >>> import numpy as np
    >>> from treering.performance import label_maturity
    >>> day = np.datetime64("2026-03-01") + np.arange(4)
    >>> label_maturity(day, day + 1, now="2026-03-04", window=day)[-1].state
    'no labels'
    """

    window: Any
    count: int
    labelled: int
    share: float
    expected_share: float
    state: Maturity
    backend: str | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, repr=False)
class LabelMaturity(Result, Sequence[WindowLabels]):
    """How far the labels of windows have come.

    Attributes
    ----------
    windows : tuple of WindowLabels
        The windows, in order.
    now : numpy.datetime64
        When this was looked at.
    delays : tuple of float
        After so many seconds ...
    arrived : tuple of float
        ... this share of the rows has its label (Kaplan and Meier's curve).
    complete : float
        From which expected share on a window is final.
    left_out : dict
        Why rows were left out, naming the first of them, and how many.
    backend : str or None
        The library that the moments came from; None for lists and arrays.

    Examples
    --------
    >>> import numpy as np
    >>> from treering.performance import label_maturity
    >>> day = np.datetime64("2026-03-01") + np.arange(4)
    >>> maturity = label_maturity(day, day + 1, now="2026-03-04", window=day)
    >>> len(maturity.final), maturity.delay(0.5)
    (3, 86400.0)
    """

    windows: tuple[WindowLabels, ...]
    now: Any
    delays: tuple[float, ...]
    arrived: tuple[float, ...]
    complete: float
    left_out: dict[str, int] = field(default_factory=dict)
    backend: str | None = None

    @overload
    def __getitem__(self, index: int) -> WindowLabels: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[WindowLabels, ...]: ...
    def __getitem__(self, index: int | slice) -> WindowLabels | tuple[WindowLabels, ...]:
        if isinstance(index, slice):
            return self.windows[index]
        return self.windows[place_of(index, len(self))]

    def __len__(self) -> int:
        return len(self.windows)

    def __iter__(self) -> Iterator[WindowLabels]:
        return iter(self.windows)

    @property
    def final(self) -> tuple[Any, ...]:
        """The labels of the windows whose scores will hardly change."""
        return tuple(row.window for row in self.windows if row.state == "final")

    def delay(self, share: float) -> float:
        """Return after how many seconds a share of the rows has a label; infinite if it never had.

        Parameters
        ----------
        share
            Between 0 and 1.

        Returns
        -------
        float
        """
        share = between_0_and_1("share", share)
        reached = [
            delay
            for delay, so_far in zip(self.delays, self.arrived, strict=True)
            if so_far >= share
        ]
        return reached[0] if reached else float("inf")

    def to_html(self) -> Html:
        """Return the view as a fragment of HTML.

        Returns
        -------
        treering.report.Html
        """
        from treering import report

        tones: dict[str, Tone] = {"final": "good", "provisional": "warning", "no labels": "plain"}
        blocks = [
            report.cards(
                [
                    ("final windows", f"{len(self.final)} of {len(self)}"),
                    ("half of the rows have a label after", _length(self.delay(0.5))),
                    ("nine in ten after", _length(self.delay(0.9))),
                ]
            ),
            report.table(
                _HEADERS,
                [_cells(row) for row in self.windows],
                align=_ALIGNMENT,
                tones=[tones[row.state] for row in self.windows],
            ),
            *(report.paragraph(line, quiet=True) for line in self._left_out()),
        ]
        return report.Html("\n".join(blocks))

    def _columns(self) -> dict[str, Any]:
        return WindowLabels._table(list(self.windows))

    def _text(self) -> str:
        told = (
            f"LabelMaturity: {len(self.final)} of {counted(len(self), 'window')} final at "
            f"{label_text(self.now)} ({self._left_out_count()}half of the rows have a label after "
            f"{_length(self.delay(0.5))}, nine in ten after {_length(self.delay(0.9))})"
        )
        rows = [_cells(row) for row in self.windows[-_MOST_PRINTED:]]
        left = len(self) - len(rows)
        note = [f"the last {len(rows)} windows; to_frame() has all {len(self):,}"] if left else []
        table = text_table(_HEADERS, rows, align=_ALIGNMENT)
        return "\n".join([told, *note, table, *self._left_out()])

    def _left_out_count(self) -> str:
        count = sum(self.left_out.values())
        whole = count + sum(row.count for row in self.windows)
        return f"{count:,} of {counted(whole, 'row')} left out, " if count else ""

    def _tone(self) -> Tone:
        return "warning" if self.left_out else "plain"

    def _left_out(self) -> list[str]:
        return [f"left out: {counted(count, 'row')} {why}" for why, count in self.left_out.items()]


_HEADERS = ("window", "rows", "labelled", "share", "expected by now", "state")
_ALIGNMENT = "<>>>><"


def _cells(row: WindowLabels) -> tuple[str, ...]:
    return (
        label_text(row.window),
        f"{row.count:,}",
        f"{row.labelled:,}",
        percent_text(row.share),
        percent_text(row.expected_share),
        row.state,
    )


def _length(seconds: float) -> str:
    if not np.isfinite(seconds):
        return "longer than seen"
    size, unit = next((each for each in _UNITS if seconds >= each[0]), _UNITS[-1])
    return f"{seconds / size:.3g} {unit}"


def label_maturity(
    predicted_at: Any,
    labelled_at: Any,
    *,
    now: Any,
    window: Any = None,
    every: str | dt.timedelta | None = None,
    complete: float = 0.95,
) -> LabelMaturity:
    """Tell how many labels of each window have come, and whether its scores may still change.

    Parameters
    ----------
    predicted_at
        When each row was predicted: an array, list or column of moments.
    labelled_at
        When its label came; missing (NaT, None) where it has not come yet.
    now
        The moment of looking: labels that come later count as not there yet.
    window, every
        As in :func:`track`; by default one window or, with `every`, windows of the moments of
        prediction.
    complete
        From which share of the labels that are expected by its age on a window is final, between 0
        and 1.

    Returns
    -------
    LabelMaturity
        Rows without a moment of prediction, predicted after `now` or before which their label
        came are named in ``left_out``.

    Raises
    ------
    TypeError
        If something is no moment.
    ValueError
        If lengths differ, or no row is left.

    Notes
    -----
    How long labels take is told by all rows, with those that still wait (Kaplan and Meier's
    estimate): the share of labels that have come among those that came is no such curve, since
    slow ones are not among them yet.

    References
    ----------
    .. [1] E. L. Kaplan and P. Meier, "Nonparametric estimation from incomplete observations",
       Journal of the American Statistical Association 53 (1958).

    Examples
    --------
    >>> import numpy as np
    >>> from treering.performance import label_maturity
    >>> day = np.repeat(np.datetime64("2026-03-01") + np.arange(10), 50)
    >>> late = day + np.tile(np.arange(50) % 5, 10)
    >>> maturity = label_maturity(day, late, now="2026-03-10", window=day)
    >>> maturity[0].state, maturity[-1].state, maturity[-1].share
    ('final', 'provisional', 0.2)
    """
    complete = between_0_and_1("complete", complete)
    moment = read_moment("now", now)
    began = _moments(predicted_at, "predicted_at")
    ended = _moments(labelled_at, "labelled_at")
    if len(began) != len(ended):
        raise ValueError(
            f"predicted_at has {counted(len(began), 'row')} and labelled_at {len(ended):,}; give "
            "one of each per row"
        )
    left_out, kept = _usable(began, ended, moment)
    window = began if window is None and every is not None else window
    if left_out:
        began, ended = began[kept], ended[kept]
        if not (window is None or isinstance(window, int | np.integer)):
            window = _kept_labels(window, kept)
    has_come = ~np.isnat(ended) & (ended <= moment)
    waited = (np.where(has_come, ended, moment) - began) / _SECOND
    delays, arrived = _kaplan_meier(waited, has_come)
    windows = split(len(began), window, every=every)
    backend = backend_of(predicted_at, labelled_at, window)
    ages = (moment - began) / _SECOND
    # Beyond the longest delay that was seen nothing more is expected.
    ever = arrived[-1] if len(arrived) else 0.0
    places = np.searchsorted(delays, ages, side="right") - 1
    by_now = np.where(places >= 0, arrived[np.maximum(places, 0)] if len(arrived) else 0.0, 0.0)
    found = []
    for name, rows in zip(windows.labels, windows.rows, strict=True):
        count, labelled = len(began[rows]), int(has_come[rows].sum())
        expected = float(by_now[rows].mean())
        state: Maturity = "no labels"
        if labelled:
            state = "final" if ever and expected >= complete * ever else "provisional"
        found.append(
            WindowLabels(name, count, labelled, labelled / count, expected, state, backend)
        )
    kept = np.unique(np.linspace(0, len(delays) - 1, min(_POINTS, len(delays))).astype(np.intp))
    return LabelMaturity(
        windows=tuple(found),
        now=moment,
        delays=tuple(delays[kept].tolist()) if len(delays) else (),
        arrived=tuple(arrived[kept].tolist()) if len(delays) else (),
        complete=complete,
        left_out=left_out,
        backend=backend,
    )


def _usable(
    began: NDArray[np.datetime64], ended: NDArray[np.datetime64], now: np.datetime64
) -> tuple[dict[str, int], NDArray[np.bool_]]:
    """Return why rows cannot be used and how many, and which rows are left."""
    faults = (
        (np.isnat(began), "without a moment of prediction"),
        (began > now, f"predicted after now, {now}"),
        (ended < began, "whose label came before the prediction"),
    )
    left_out: dict[str, int] = {}
    kept = np.ones(len(began), dtype=bool)
    for is_faulty, why in faults:
        counted_now = is_faulty & kept  # each row by its first fault
        if counted_now.any():
            first = int(counted_now.argmax())
            left_out[f"{why} (the first is row {first})"] = int(counted_now.sum())
        kept &= ~is_faulty
    if left_out and not kept.any():
        told = "; ".join(f"{counted(count, 'row')} {why}" for why, count in left_out.items())
        raise ValueError(f"no row can be used: {told}")
    return left_out, kept


def _kept_labels(window: Any, kept: NDArray[np.bool_]) -> Any:
    """Return the windows' labels of the rows that are left."""
    labels = read_vector(window, what="window")
    if len(labels) != len(kept):
        raise ValueError(
            f"window holds {counted(len(labels), 'label')} for {counted(len(kept), 'row')}; give "
            "one per row"
        )
    return labels[kept]


def _kaplan_meier(
    waited: NDArray[np.float64], has_come: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return at which delays labels came, and the share of all that has come by then."""
    delays, counts = np.unique(waited[has_come], return_counts=True)
    order = np.sort(waited)
    waiting = len(order) - np.searchsorted(order, delays, side="left")
    return delays, np.asarray(1 - np.cumprod(1 - counts / waiting), dtype=np.float64)


def _moments(values: Any, what: str) -> NDArray[np.datetime64]:
    array = read_vector(values, what=what)
    if array.dtype == object:
        missing = [value is None or value != value for value in array]  # noqa: PLR0124
        filled = [
            np.datetime64("NaT") if gone else value
            for value, gone in zip(array, missing, strict=True)
        ]
        array = label_array(filled)
        if array.dtype == object and all(moment_of(value) is not None for value in filled):
            array = np.array([moment_of(value) for value in filled], dtype="datetime64[us]")
    if array.dtype.kind != "M":
        first = array[0] if len(array) else array
        raise TypeError(f"{what} must hold moments; got {shown(first)}: convert it first")
    return array.astype("datetime64[us]")
