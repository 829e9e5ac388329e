"""What pictures of a feature in the reference and now have in common."""

from __future__ import annotations

from typing import Any

from treering._text import VERDICT_TITLES
from treering.plotting._style import GREY, RED, legend_size, plain_text, quiet

LARGEST_DRAWN = 1e300
"""matplotlib cannot place ticks nearer to the largest number there is."""


class TwoSides:
    """A name, a verdict and a line of detail, and how they are written."""

    figure_: Any
    ax_: Any
    name: str
    verdict: str | None
    detail: str | None

    def _tell(self, name: str, verdict: str | None, detail: str | None) -> None:
        if verdict is not None and verdict not in VERDICT_TITLES:
            raise ValueError(f"verdict must be one of {', '.join(VERDICT_TITLES)}; got {verdict!r}")
        self.name, self.verdict, self.detail = name, verdict, detail

    def _finish(self, ylabel: str, detail: str | None = None) -> None:
        title = plain_text(self.name)
        if self.verdict is not None:
            title += f": {VERDICT_TITLES[self.verdict]}"
        quiet(self.ax_, title=title, xlabel=plain_text(detail or self.detail or ""), ylabel=ylabel)
        if self.verdict == "drift":
            self.ax_.title.set_color(RED)
        size = legend_size(self.ax_)
        self.ax_.legend(frameon=False, fontsize=size, labelcolor=GREY, handlelength=1.8)
