"""A whole page, written at once or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from treering._files import replace_file, writable_target
from treering._html import FONT, Html, escape, heading, join, paragraph

if TYPE_CHECKING:
    import os
    from pathlib import Path

_TEMPLATE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
</head>
<body style="color-scheme:light dark;background:Canvas;color:CanvasText;font:15px/1.5 {font};\
margin:0 auto;padding:24px 20px 60px;max-width:1120px">
{body}
</body>
</html>
"""


class Page:
    """A static HTML page.

    Parameters
    ----------
    title
        The page's title.
    subtitle
        A line under it.

    Examples
    --------
    >>> from treering.report import Page, notice
    >>> page = Page("Model report").add("All is well.", notice("Nothing to do.", tone="good"))
    >>> "All is well." in page.html()
    True
    """

    def __init__(self, title: str, *, subtitle: str | None = None) -> None:
        self.title = title
        self._blocks: list[Html] = [heading(title, 1)]
        if subtitle is not None:
            self._blocks.append(paragraph(subtitle, quiet=True))

    def add(self, *blocks: Any) -> Self:
        """Add to the page.

        Parameters
        ----------
        *blocks
            Fragments of :class:`Html`, objects that show themselves in notebooks by
            ``_repr_html_`` (trusted as a notebook trusts them), or text, which becomes a paragraph.

        Returns
        -------
        Page
            Itself.
        """
        for block in blocks:
            if isinstance(block, Html):
                self._blocks.append(block)
            elif isinstance(block, str):
                self._blocks.append(paragraph(block))
            elif hasattr(block, "_repr_html_"):
                self._blocks.append(Html(block._repr_html_()))
            else:
                raise TypeError(
                    "a page takes text, Html or an object with _repr_html_; "
                    f"got {type(block).__name__}"
                )
        return self

    def html(self) -> str:
        """Return the whole document.

        Returns
        -------
        str
        """
        return _TEMPLATE.format(title=escape(self.title), font=FONT, body=join(self._blocks))

    def _repr_html_(self) -> str:
        return join(self._blocks)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page.

        The file is written under another name, forced to the disk and renamed: a reader, or a
        crash, finds the old page or the new one, never a part. A page that is replaced passes its
        permissions on.

        Parameters
        ----------
        path
            Where to.

        Returns
        -------
        pathlib.Path
            The path, absolute.

        Raises
        ------
        OSError
            If the folder does not exist or cannot be written to, if symbolic links lead in a circle
            or the user of ``~user`` is not known, or if a folder or a device stands
            under the name; nothing is left behind.
        """
        target = writable_target(path, "a page")
        # What is not escaped, since a fragment brought it, may still hold what UTF-8 cannot.
        replace_file(target, self.html().encode("utf-8", "backslashreplace"))
        return target
