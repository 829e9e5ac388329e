"""Pages are well formed, escaped, bounded, without script or network, and written whole."""

import os
import re
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from treering import report
from treering._files import replace_file
from treering.report import Html, Page

VOID = {"meta", "br", "hr", "img", "link"}


class Balanced(HTMLParser):
    """Every element is closed, in order; attributes and tags are remembered."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def parsed(text: str) -> Balanced:
    parser = Balanced()
    parser.feed(text)
    parser.close()
    assert parser.open == []
    return parser


def charts(name: Any = "x", size: int = 30) -> list[Html]:
    values = np.linspace(1, 0.8, size)
    labels = [f"{name} {i}" for i in range(size)]
    return [
        report.line_chart(
            labels, values, low=values - 0.1, high=values, name=name, baseline=1, alert=0.95
        ),
        report.histogram_chart([0, 1, 2], [0.5, 0.5], [0.9, 0.1], name=name, note=name),
        report.share_chart(labels, np.full((size, 2), 0.5), [name, "b"], reference=[0.4, 0.6]),
    ]


def page_of(text: Any) -> Page:
    return Page(text, subtitle=text).add(
        text,
        report.section(text, text),
        report.table([text], [[text]], caption=text),
        report.cards([(text, text), (text, text, "bad")]),
        report.notice(text, tone="warning", title=text),
        report.columns([report.figure(chart, text) for chart in charts(text)]),
    )


@given(st.text())
def test_any_text_is_escaped(text: str) -> None:
    parser = parsed(page_of(text).html())
    assert not parser.tags & {"script", "iframe", "img", "link", "object", "style"}
    assert not any(name.startswith("on") for name, _ in parser.attributes)
    page_of(text).html().encode("utf-8")


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", '"><img src=x onerror=a>', "\ud800\x00"]
)
def test_hostile_text_stays_text(text: str) -> None:
    html = page_of(text).html()
    assert "<script" not in html
    assert "<img" not in html
    for chart in charts(text):
        ET.fromstring(chart)


def test_nothing_is_fetched() -> None:
    html = page_of("x").html()
    addresses = set(re.findall(r"https?://[^\"' <]+", html))
    assert addresses == {"http://www.w3.org/2000/svg"}
    assert not {name for name, _ in parsed(html).attributes} & {"src", "href", "action"}


@pytest.mark.parametrize("size", [1, 2, 200, 201, 100_000])
def test_charts_are_bounded_and_well_formed(size: int) -> None:
    for chart in charts(size=size):
        ET.fromstring(chart)
        assert len(chart) < 25_000


def test_tables_are_bounded() -> None:
    rows = [[i, "x"] for i in range(10_000)]
    html = report.table(["a", "b"], rows, most=20)
    assert html.count("<tr") == 21
    assert "The first 20 of 10,000 rows; 9,980 are left out." in html
    assert ">9999<" in report.table(["a", "b"], rows, most=20, keep="last")


@pytest.mark.parametrize(
    "values",
    [
        [np.nan] * 3,
        [1.0, np.nan, 1.0],
        [0.0] * 3,
        [1e-300, 0, 1e-300],
        [1e300, -1e300, 0],
        [5e15] * 3,
        [1e308, -1e308, 1.7e308],
        [1.7976931348623157e308] * 3,
        [-1.7976931348623157e308, 1.7976931348623157e308, 0.0],
        [5e-324, 0.0, 1e-310],
        [2e-310, -2e-310, 5e-324],
        [np.inf, -np.inf, 1.0],
        [1e16, 1e16 + 2, 1e16],
    ],
)
def test_odd_values_are_drawn(values: list[float]) -> None:
    window = [-1e308, 0.0, 1e308]
    drawn = [
        report.line_chart(window, values, low=values, high=values, baseline=values[0]),
        report.line_chart([1, 2, 3], values, baseline=values[2], alert=values[1]),
        report.line_chart(range(600), values * 200),
        report.histogram_chart([0, 1, 2, 3], values, np.negative(values)),
        report.histogram_chart([0, 5e-324, 1e-310], [np.inf, 1e308], [1, np.nan]),
        report.histogram_chart([-1.7e308, 0, 1.7e308], [1e-309, 0], [0, 5e-324]),
    ]
    shares = np.nan_to_num(np.abs(values), nan=np.nan)
    if np.nanmax(shares, initial=0) <= 1:
        table = np.transpose([shares] * 12)
        drawn.append(report.share_chart([1, 2, 3], table, range(12), reference=table[0]))
        drawn.append(report.share_chart([1, 2, 3], table[:, :2], "ab", reference=table[1, :2]))
    else:
        with pytest.raises(ValueError, match=r"shares must lie between 0 and 1, .* not percent"):
            report.share_chart([1, 2, 3], np.transpose([shares]), "a")
    for chart in drawn:
        assert_inside(chart)


def assert_inside(chart: Html) -> None:
    """Every coordinate is a number within the picture."""
    root = ET.fromstring(chart)
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    for element in root.iter():
        for names, most in (
            (("x", "x1", "x2", "cx"), width),
            (("y", "y1", "y2", "cy"), height),
        ):
            for name in names:
                if name in element.attrib:
                    assert 0 <= float(element.attrib[name]) <= most
        for pair in element.attrib.get("points", "").split():
            x, y = map(float, pair.split(","))
            assert 0 <= x <= width
            assert 0 <= y <= height


@pytest.mark.parametrize("name", ["x", "a_long_name_" * 900, "\u202e\x9b<b>" * 50, "$\\frac$"])
def test_points_and_names_stay_inside_the_picture(name: str) -> None:
    for chart in charts(name):
        assert_inside(chart)
        assert len(chart) < 12_000
        root = ET.fromstring(chart)
        assert all(len(text) <= 400 for text in root.itertext())
        titles = [e for e in root.iter() if e.attrib.get("font-weight") == "600"]
        assert all(7 * len(e.text or "") <= float(root.attrib["width"]) for e in titles)


def test_what_was_shortened_keeps_both_ends() -> None:
    name = "first_" + "x" * 500 + "_last"
    for chart in charts(name):
        title = ET.fromstring(chart).findtext("{http://www.w3.org/2000/svg}title") or ""
        if "predicted" not in title:
            assert title.replace(" ", "_").startswith("first_")
            assert title.replace(" ", "_").endswith("_last")


def test_a_page_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    assert Page("One").add("first").save(target) == target.resolve()
    before = target.read_bytes()

    class Broken:
        def __str__(self) -> str:
            raise RuntimeError("no text")

    page = Page("Two")
    page.title = Broken()  # type: ignore[assignment]
    with pytest.raises(RuntimeError):
        page.save(target)
    assert target.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
    Page("Three").save(str(target))
    assert b"Three" in target.read_bytes()
    if os.name == "posix":
        umask = os.umask(0)
        os.umask(umask)
        assert target.stat().st_mode & 0o777 == 0o666 & ~umask


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o444])
def test_a_file_that_is_replaced_keeps_its_permissions(tmp_path: Path, mode: int) -> None:
    target = tmp_path / "page.html"
    Page("One").save(target)
    target.chmod(mode)
    Page("Two").save(target)
    assert b"Two" in target.read_bytes()
    assert target.stat().st_mode & 0o7777 == mode


_KILLED = """
import os, sys
from pathlib import Path
from treering import _files
_files.os.fsync = lambda handle: os.kill(os.getpid(), 9)
_files.replace_file(Path(sys.argv[1]), b"half of it")
"""


@pytest.mark.skipif(os.name != "posix", reason="needs a signal that cannot be caught")
def test_what_a_killed_writer_left_is_removed_by_the_next(tmp_path: Path) -> None:
    target, other = tmp_path / "page [1].html", tmp_path / "other.html"
    Page("One").save(target)
    before = target.read_bytes()
    for path in (target, other):
        done = subprocess.run([sys.executable, "-c", _KILLED, str(path)], check=False)
        assert done.returncode == -signal.SIGKILL
    assert target.read_bytes() == before
    left = [path for path in tmp_path.iterdir() if path.suffix == ".part"]
    assert len(left) == 2
    Page("Two").save(target)
    assert b"Two" in target.read_bytes()
    assert len([path for path in left if path.exists()]) == 1, "another file's draft is not ours"
    Page("Other").save(other)
    assert {path.name for path in tmp_path.iterdir()} == {"page [1].html", "other.html"}


def test_an_interrupted_write_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(handle: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("treering._files.os.fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        Page("x").save(tmp_path / "page.html")
    assert list(tmp_path.iterdir()) == []


def test_writers_at_the_same_time_each_write_whole(tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    texts = [f"{letter * 200_000}" for letter in "abcd"]
    seen: set[bytes] = set()

    def write(text: str) -> None:
        for _ in range(15):
            replace_file(target, text.encode())
            seen.add(target.read_bytes())

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, texts))
    assert seen <= {text.encode() for text in texts}
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_a_draft_that_is_taken_away_is_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its creation and its lock, another writer may take it for abandoned."""
    fsync, taken = os.fsync, []

    def take_away(handle: int) -> None:
        if not taken:
            taken.extend(tmp_path.glob(".treering-*.part"))
            taken[0].unlink()
        fsync(handle)

    monkeypatch.setattr("treering._files.os.fsync", take_away)
    Page("One").save(tmp_path / "page.html")
    assert len(taken) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_a_name_as_long_as_names_may_be_is_written(tmp_path: Path) -> None:
    assert Page("x").save(tmp_path / ("n" * 250 + ".html")).is_file()


def test_what_no_encoding_holds_is_written_out(tmp_path: Path) -> None:
    path = Page("half \ud800").add(Html("<p>\udfff</p>")).save(tmp_path / "page.html")
    text = path.read_text(encoding="utf-8")
    assert "half \\ud800" in text
    assert "<p>\\udfff</p>" in text


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere does not exist; make it first"):
        Page("x").save(tmp_path / "nowhere" / "page.html")


def test_a_page_takes_what_shows_itself() -> None:
    class Shown:
        def _repr_html_(self) -> str:
            return "<p>shown</p>"

    assert "<p>shown</p>" in Page("x").add(Shown()).html()
    with pytest.raises(TypeError, match="an object with _repr_html_; got int"):
        Page("x").add(3)


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="level must be 1 to 6"):
        report.heading("x", 7)
    with pytest.raises(ValueError, match="no window to draw"):
        report.line_chart([], [])
    with pytest.raises(ValueError, match="one row per window"):
        report.share_chart([1], [[1, 2]], ["a"])
    with pytest.raises(ValueError, match="one density for each bin"):
        report.histogram_chart([0, 1], [1], [1, 2])
    for edges in ([0, np.nan], [1, 1], [0, np.inf], [0], 3, [[0, 1]]):
        with pytest.raises(ValueError, match="finite numbers, each above the one before"):
            report.histogram_chart(edges, [1], [1])


HUGE = 10**400


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"width": "x"}, TypeError, "width must be a whole number from 100 to 10000; got 'x'"),
        ({"width": 0}, ValueError, "width must be a whole number from 100 to 10000; got 0"),
        ({"width": None}, TypeError, "width must be"),
        ({"width": np.nan}, ValueError, "width must be"),
        (
            {"height": 10**9},
            ValueError,
            "height must be a whole number from 104 to 10000; got 1000",
        ),
        ({"height": -3}, ValueError, "height must be"),
        ({"name": None}, TypeError, "name must be text; got None"),
        ({"name": ["a"]}, TypeError, "name must be text"),
        ({"windows": None}, TypeError, "windows must be a list of labels; got None"),
        ({"values": [0.5, HUGE]}, ValueError, "values must hold numbers that double precision"),
        ({"values": [0.5, "x"]}, ValueError, "values must hold numbers"),
        ({"values": None}, ValueError, r"values must hold one number for each window, 2 in all"),
        ({"values": [0.5]}, ValueError, r"each window, 2 in all; got shape \(1,\)"),
        ({"low": [HUGE, 1], "high": [1, 1]}, ValueError, "low must hold numbers"),
        ({"low": [0, 0], "high": [1]}, ValueError, "high must hold one number for each window"),
        ({"baseline": HUGE}, ValueError, "baseline must be a number that double precision"),
        ({"alert": "x"}, TypeError, "alert must be a number or None; got 'x'"),
    ],
)
def test_what_a_line_chart_cannot_draw_is_named(
    options: dict[str, Any], error: type[Exception], message: str
) -> None:
    arguments: dict[str, Any] = {"windows": ["Mon", "Tue"], "values": [0.9, 0.8], **options}
    with pytest.raises(error, match=message):
        report.line_chart(**arguments)


def test_what_other_charts_cannot_draw_is_named() -> None:
    histogram: Any = report.histogram_chart
    share: Any = report.share_chart
    bins, shares = ([0, 1], [1], [1]), (["Mon"], [[0.4, 0.6]], ["a", "b"])
    for draw, arguments in ((histogram, bins), (share, shares)):
        for name in ("width", "height"):
            for value, error in (("x", TypeError), (0, ValueError), (10**9, ValueError)):
                with pytest.raises(error, match=f"{name} must be a whole number from"):
                    draw(*arguments, **{name: value})
        with pytest.raises(TypeError, match="name must be text; got None"):
            draw(*arguments, name=None)
    with pytest.raises(TypeError, match="note must be text; got 3"):
        histogram(*bins, note=3)
    with pytest.raises(ValueError, match="current must hold numbers that double precision"):
        histogram([0, 1], [1], [HUGE])
    with pytest.raises(ValueError, match="edges must hold numbers that double precision"):
        histogram([0, HUGE], [1], [1])
    with pytest.raises(TypeError, match="classes must be a list of labels; got None"):
        share(["Mon"], [[1]], None)
    with pytest.raises(ValueError, match="shares must hold numbers that double precision"):
        share(["Mon"], [[HUGE]], ["a"])
    with pytest.raises(ValueError, match="reference must hold one number for each class, 2 in all"):
        share(*shares, reference=[0.4])


@pytest.mark.parametrize("size", [{"width": 100, "height": 104}, {"width": 1e4, "height": 1e4}])
def test_the_smallest_and_the_largest_chart_are_drawn(size: dict[str, Any]) -> None:
    chart = report.line_chart(["Mon", "Tue"], [0.9, 0.8], baseline=0.9, **size)
    assert f'width="{int(size["width"])}" height="{int(size["height"])}"' in chart


def test_only_files_are_replaced(tmp_path: Path) -> None:
    with pytest.raises(FileExistsError, match="not a file"):
        Page("x").save(tmp_path)
