"""Text, tables, cards and notices as HTML fragments with styles of their own."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any, Literal

from treering._text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from treering._text import Verdict

Tone = Literal["plain", "good", "warning", "bad"]

# Middle tones: legible (3:1 or better) on white and on near-black alike.
BLUE = "#3380C2"
ORANGE = "#C07A00"
GREEN = "#1F9270"
RED = "#D0512B"
PURPLE = "#A663A0"
GREY = "#7D7D7D"
SERIES = (BLUE, ORANGE, GREEN, PURPLE, RED, "#5E8F9B", GREY, "#8F7B3A")

FONT = "system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
_LINE = "1px solid rgba(128,128,128,.32)"
_TONES: dict[str, tuple[str, str]] = {
    "plain": (GREY, "rgba(128,128,128,.08)"),
    "good": (GREEN, "rgba(31,146,112,.10)"),
    "warning": (ORANGE, "rgba(192,122,0,.12)"),
    "bad": (RED, "rgba(208,81,43,.13)"),
}
VERDICT_TONES: dict[Verdict, Tone] = {
    "drift": "bad",
    "no drift": "good",
    "not enough data": "warning",
    "undecided": "warning",
}


def worst_tone(tones: Iterable[Tone]) -> Tone:
    """Return the tone that asks for most attention; plain for none."""
    return max(tones, key=[*_TONES].index, default="plain")


class Html(str):
    """A fragment of HTML that is inserted as it is; every other text is escaped first.

    Examples
    --------
    >>> from treering.report import Html, escape
    >>> escape("a < b")
    'a &lt; b'
    >>> escape(Html("<b>a</b>"))
    '<b>a</b>'
    """

    __slots__ = ()

    def _repr_html_(self) -> str:
        return str(self)


def escape(value: Any) -> Html:
    r"""Make any value safe to stand in an element or in a quoted attribute.

    Control characters, marks that turn the direction of writing, and what UTF-8 cannot hold are
    written out, such as ``\x1b``.

    Parameters
    ----------
    value
        Anything; fragments of :class:`Html` are returned unchanged.

    Returns
    -------
    Html

    Examples
    --------
    >>> from treering.report import escape
    >>> escape("a < b")
    'a &lt; b'
    """
    if isinstance(value, Html):
        return value
    return Html(html.escape(visible(str(value), keep="\t\n\r"), quote=True))


def join(fragments: Iterable[str]) -> Html:
    """Set fragments one after the other."""
    return Html("\n".join(escape(fragment) for fragment in fragments))


def heading(text: Any, level: int = 2) -> Html:
    """Write a heading.

    Parameters
    ----------
    text
        What it says.
    level
        1 to 6.

    Returns
    -------
    Html

    Examples
    --------
    >>> from treering.report import heading
    >>> heading("Drift")[:3]
    '<h2'
    """
    if not 1 <= level <= 6:
        raise ValueError(f"level must be 1 to 6; got {level}")
    size = {1: 26, 2: 20, 3: 16}.get(level, 14)
    style = f"font:600 {size}px/1.3 {FONT};margin:1.2em 0 .5em"
    return Html(f'<h{level} style="{style}">{escape(text)}</h{level}>')


def paragraph(text: Any, *, quiet: bool = False) -> Html:
    """Write a paragraph.

    Parameters
    ----------
    text
        What it says.
    quiet
        Smaller and paler, for notes.

    Returns
    -------
    Html

    Examples
    --------
    >>> from treering.report import paragraph
    >>> "a &lt; b" in paragraph("a < b")
    True
    """
    style = f"font:{13 if quiet else 15}px/1.5 {FONT};margin:.4em 0;max-width:46em"
    if quiet:
        style += ";opacity:.75"
    return Html(f'<p style="{style}">{escape(text)}</p>')


def section(title: Any, *blocks: Any) -> Html:
    """Set blocks under a heading.

    Parameters
    ----------
    title
        The heading.
    *blocks
        Fragments; plain text becomes a paragraph.

    Returns
    -------
    Html

    Examples
    --------
    >>> from treering.report import section
    >>> section("Drift", "No column moved.")[:9]
    '<section>'
    """
    inside = [block if isinstance(block, Html) else paragraph(block) for block in blocks]
    return Html(f"<section>\n{join([heading(title), *inside])}\n</section>")


def table(
    headers: Sequence[Any],
    rows: Sequence[Sequence[Any]],
    *,
    align: str | None = None,
    most: int = 60,
    keep: Literal["first", "last"] = "first",
    tones: Sequence[Tone] | None = None,
    caption: Any = None,
    rest: str | None = None,
) -> Html:
    """Write a table.

    Parameters
    ----------
    headers
        One per column.
    rows
        The cells.
    align
        ``<`` or ``>`` for each column; the first is left-aligned and the rest right by default.
    most
        How many rows are shown at most; a note says how many there are besides.
    keep
        Which end of a long table is shown.
    tones
        ``plain``, ``good``, ``warning`` or ``bad`` for each row.
    caption
        Said above the table.
    rest
        Where to find the rows that are left out; said in the note.

    Returns
    -------
    Html

    Examples
    --------
    >>> from treering.report import table
    >>> table(["day", "rows"], [[1, 30], [2, 30]]).count("<tr")
    3
    """
    sides = ["left" if side == "<" else "right" for side in align or "<" + ">" * (len(headers) - 1)]
    count = len(rows)
    shown = range(min(count, most)) if keep == "first" else range(max(0, count - most), count)
    cell = f"padding:4px 10px;border-bottom:{_LINE};white-space:nowrap"
    head = "".join(
        f'<th scope="col" style="{cell};text-align:{side};font-weight:600">{escape(title)}</th>'
        for title, side in zip(headers, sides, strict=True)
    )
    body = []
    for index in shown:
        tone = "plain" if tones is None else tones[index]
        tint = "" if tone == "plain" else f' style="background:{_TONES[tone][1]}"'
        cells = "".join(
            f'<td style="{cell};text-align:{side}">{escape(value)}</td>'
            for value, side in zip(rows[index], sides, strict=True)
        )
        body.append(f"<tr{tint}>{cells}</tr>")
    style = f"border-collapse:collapse;font:13px/1.4 {FONT};font-variant-numeric:tabular-nums"
    title = (
        ""
        if caption is None
        else f'<caption style="text-align:left;padding:4px 10px">{escape(caption)}</caption>'
    )
    note = ""
    if count > most:
        which = "first" if keep == "first" else "last"
        told = f"The {which} {most:,} of {count:,} rows; {count - most:,} are left out"
        note = paragraph(f"{told}{(rest and f': {rest}') or ''}.", quiet=True)
    return Html(
        f'<div style="overflow-x:auto;margin:.6em 0 1em"><table style="{style}">{title}'
        f"<thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(body)}</tbody></table></div>{note}"
    )


def cards(items: Sequence[tuple[Any, Any] | tuple[Any, Any, Tone]]) -> Html:
    """Write numbers side by side, each under its name.

    Parameters
    ----------
    items
        ``(name, value)`` or ``(name, value, tone)``.

    Returns
    -------
    Html

    Examples
    --------
    >>> from treering.report import cards
    >>> "0.97" in cards([("accuracy", 0.97, "good"), ("rows", "12,000")])
    True
    """
    boxes = []
    for name, value, *rest in items:
        edge, tint = _TONES[rest[0] if rest else "plain"]
        boxes.append(
            f'<div style="display:inline-block;vertical-align:top;box-sizing:border-box;'
            f"min-width:138px;margin:0 8px 8px 0;padding:10px 14px;border-radius:6px;"
            f'border-left:4px solid {edge};background:{tint};font-family:{FONT}">'
            f'<div style="font-size:12px;opacity:.75">{escape(name)}</div>'
            f'<div style="font-size:19px;font-weight:600;font-variant-numeric:tabular-nums">'
            f"{escape(value)}</div></div>"
        )
    return Html(f"<div>{''.join(boxes)}</div>")


def notice(text: Any, *, tone: Tone = "plain", title: Any = None) -> Html:
    """Write a boxed message, such as an alert.

    Parameters
    ----------
    text
        What it says.
    tone
        ``plain``, ``good``, ``warning`` or ``bad``.
    title
        Said before it in bold; severity must be readable without colour.

    Returns
    -------
    Html

    Examples
    --------
    >>> from treering.report import notice
    >>> "HIGH" in notice("accuracy degraded by 12.00%", tone="bad", title="HIGH")
    True
    """
    edge, tint = _TONES[tone]
    lead = "" if title is None else f"<strong>{escape(title)}</strong> "
    return Html(
        f'<div style="margin:.5em 0;padding:9px 14px;border-radius:6px;border-left:4px solid '
        f'{edge};background:{tint};font:14px/1.5 {FONT};max-width:52em">{lead}{escape(text)}</div>'
    )


def figure(chart: Html, caption: Any = None) -> Html:
    """Set a chart with a caption.

    Parameters
    ----------
    chart
        What one of the chart writers returned.
    caption
        Said below it.

    Returns
    -------
    Html

    Examples
    --------
    >>> from treering.report import figure, line_chart
    >>> figure(line_chart([1, 2], [0.9, 0.8]), "Accuracy falls.")[:7]
    '<figure'
    """
    said = (
        ""
        if caption is None
        else f'<figcaption style="font:13px/1.5 {FONT};opacity:.75">{escape(caption)}</figcaption>'
    )
    return Html(f'<figure style="margin:.6em 0">{chart}{said}</figure>')


def columns(blocks: Sequence[Html], *, width: int = 400) -> Html:
    """Set blocks side by side as far as they fit.

    Parameters
    ----------
    blocks
        The fragments.
    width
        Pixels for each.

    Returns
    -------
    Html

    Examples
    --------
    >>> from treering.report import columns, line_chart
    >>> columns([line_chart([1, 2], [0.9, 0.8]), line_chart([1, 2], [0.8, 0.7])]).count("<svg")
    2
    """
    style = f"display:inline-block;vertical-align:top;width:{width}px;max-width:100%"
    boxes = "".join(
        f'<div style="{style};margin:0 14px 10px 0">{escape(block)}</div>' for block in blocks
    )
    return Html(f"<div>{boxes}</div>")
