"""A page in real browsers: headless Chromium, a browser for terminals, and through nbconvert."""

import re
import shutil
import subprocess

import matplotlib.image as mpimg
import nbformat
import numpy as np
import pandas as pd
import pytest
from nbconvert import HTMLExporter

from treering import report
from treering.drift import detect_drift
from treering.performance import performance_report, track
from treering.quality import check_quality

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
W3M = shutil.which("w3m")


@pytest.fixture(scope="module")
def whole():
    rng = np.random.default_rng(0)

    def homes(rows, shift):
        return pd.DataFrame(
            {
                "area": rng.normal(90 + shift, 20, rows),
                "price <eur>": rng.lognormal(12, 0.3, rows),
                "town": rng.choice(["Bonn", "Köln", "Ulm"], rows),
            }
        )

    before, now = homes(900, 0), homes(400, 30)
    now["price <eur>"] /= 1000
    truth = rng.integers(0, 2, 400)
    said = np.where(rng.random(400) < 0.1, 1 - truth, truth)
    return report.Report(
        detect_drift(before, now),
        check_quality(before, now),
        performance_report(track(truth, said, window=100), baseline={"accuracy": 0.95}),
        title="Homes & prices",
    )


@pytest.fixture(scope="module")
def page(whole, tmp_path_factory):
    return whole.save_html(tmp_path_factory.mktemp("page") / "page.html")


def chromium(*arguments, folder):
    run = subprocess.run(
        [
            CHROMIUM,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            f"--user-data-dir={folder / 'profile'}",
            *arguments,
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    return run.stdout


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_chromium_shows_all_parts(page, tmp_path):
    dom = chromium("--dump-dom", page.as_uri(), folder=tmp_path)
    text = re.sub(r"<[^>]+>", " ", dom)
    for words in ("Homes &amp; prices", "Drift report", "columns drifted", "price &lt;eur&gt;"):
        assert words in text
    assert dom.count("<svg") == page.read_text(encoding="utf-8").count("<svg") > 3
    # The title that the browser took is the page's, and its elements all closed where they should.
    assert dom.rstrip().endswith("</html>")


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_chromium_paints_it_without_a_bar_to_scroll_sideways(page, tmp_path):
    picture = tmp_path / "page.png"
    size = "--window-size=1200,3000"
    chromium(f"--screenshot={picture}", size, page.as_uri(), folder=tmp_path)
    pixels = mpimg.imread(picture)[:, :, :3]
    assert pixels.shape[:2] == (3000, 1200)
    colours = np.unique((pixels * 255).astype(np.uint8).reshape(-1, 3), axis=0)
    assert len(colours) > 50  # text, cards, charts
    # What is at the right edge is background from top to bottom: nothing is cut off.
    assert (pixels[:, -30:] == pixels[0, -1]).all()


@pytest.mark.skipif(W3M is None, reason="w3m is not installed")
def test_a_browser_for_terminals_shows_it_as_text(page):
    run = subprocess.run(
        [W3M, "-dump", "-cols", "160", "-T", "text/html", "-O", "UTF-8", str(page)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    for words in ("Homes & prices", "Drift report", "area", "price <eur>", "fault", "accuracy"):
        assert words in run.stdout
    assert "style=" not in run.stdout


def test_it_survives_nbconvert(whole):
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell(
                "whole",
                outputs=[
                    nbformat.v4.new_output(
                        "execute_result",
                        {"text/html": whole._repr_html_(), "text/plain": repr(whole)},
                    )
                ],
            )
        ]
    )
    body, _ = HTMLExporter(template_name="lab").from_notebook_node(notebook)
    shown = whole._repr_html_()
    assert shown.count("<svg") > 3
    assert body.count('role="img"') >= shown.count('role="img"')
    for words in ("columns drifted", "price &lt;eur&gt;", "Performance report"):
        assert words in body
