"""Progress bars for long work."""

from __future__ import annotations

import warnings
from typing import Any


def progress_bar(total: int, title: str | None, unit: str = "fit") -> Any:
    """Return a bar of tqdm's, as a notebook or a terminal shows it; none is shown without a title.

    tqdm is imported when the first bar is asked for, and without its warning where a notebook lacks
    the widgets for a bar in colour: then it writes the bar as text.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from tqdm.auto import tqdm
    return tqdm(total=total, desc=title, unit=unit, disable=title is None)
