"""Building blocks of a static HTML page: tables, cards, notices and inline SVG charts.

A page has no script and asks no network. Its size is bounded whatever the number of rows: charts
and tables thin out what they are given, and say so. Everything that is not already :class:`Html`
is escaped. Styles stand in the elements and colours come from the page around them, so that a
fragment reads well in a notebook, in an e-mail, in light and in dark.
"""

from treering._html import (
    Html,
    cards,
    columns,
    escape,
    figure,
    heading,
    notice,
    paragraph,
    section,
    table,
)
from treering._page import Page
from treering.report._charts import bar_chart, histogram_chart, line_chart, share_chart
from treering.report._combined import Report, html

__all__ = [
    "Html",
    "Page",
    "Report",
    "bar_chart",
    "cards",
    "columns",
    "escape",
    "figure",
    "heading",
    "histogram_chart",
    "html",
    "line_chart",
    "notice",
    "paragraph",
    "section",
    "share_chart",
    "table",
]
