"""The README is true: its code runs, its commands exist, its links lead somewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import architecture as house

README = house.ROOT / "README.md"
PAGES = [README, house.ROOT / "CONTRIBUTING.md", *sorted((house.ROOT / "docs").glob("*.md"))]


def blocks(page: Path, language: str) -> list[str]:
    text = page.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def verbs(text: str) -> set[str]:
    """What follows `make` in shell blocks and in inline code."""
    return set(re.findall(r"(?:^|`)make ([a-z][a-z-]*)", text, flags=re.MULTILINE))


def targets() -> set[str]:
    makefile = (house.ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^\.PHONY: ([a-z-]+)$", makefile, flags=re.MULTILINE))


def broken_links(page: Path) -> list[str]:
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#\s]+)", text)
    local = [link for link in links if not link.startswith(("https:", "http:", "mailto:"))]
    return [link for link in local if not (page.parent / link).exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_code_blocks_run_from_top_to_bottom(page: Path, tmp_path: Path) -> None:
    """In one process, in the order of the page, with warnings as errors, as a reader would paste.

    Blocks that stand for themselves, with ellipses or a made-up file, are marked ``text``.
    """
    code = "\n".join(blocks(page, "python"))
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_make_verb_exists(page: Path) -> None:
    assert verbs(page.read_text(encoding="utf-8")) - targets() == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    assert broken_links(page) == []


def test_the_readme_sets_up_with_two_commands() -> None:
    assert blocks(README, "console") == ["make demo\nmake test\n"]
    assert len(blocks(README, "python")) >= 3


def test_a_false_readme_would_be_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("`make coffee` [x](missing.md)\n```python\n1 / 0\n```\n", encoding="utf-8")
    assert verbs(page.read_text(encoding="utf-8")) - targets() == {"coffee"}
    assert broken_links(page) == ["missing.md"]
    assert blocks(page, "python") == ["1 / 0\n"]
