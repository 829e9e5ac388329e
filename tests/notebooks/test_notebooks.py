"""The notebooks run from top to bottom and print what is stored in them."""

import os
import re
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

import architecture as house

NOTEBOOKS = sorted((house.ROOT / "notebooks").glob("*.ipynb"))
MOST_BYTES = 1_500_000


class ThisInterpreter(AsyncKernelManager):
    """Runs the interpreter of the tests, whatever kernels the machine has installed."""

    @property
    def kernel_spec(self) -> KernelSpec:
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=command, display_name="tests", language="python")


def outputs(notebook: Any, *, kind: str) -> list[Any]:
    return [
        output
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if kind in (output.output_type, *output.get("data", {}))
    ]


def printed(notebook: Any) -> str:
    """What cells print, without the size of files, which follows the version."""
    texts = [output.text for output in outputs(notebook, kind="stream") if output.name == "stdout"]
    return re.sub(r"\d+ kB", "kB", "".join(texts))  # a cell's text may come in several pieces


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_stores_what_it_shows(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert outputs(notebook, kind="image/png"), "figures must show on GitHub"
    assert path.stat().st_size < MOST_BYTES
    assert str(Path.home()) not in path.read_text(encoding="utf-8")


# Jupyter's own libraries warn about event loops and open sockets; the notebook's warnings show as
# output on stderr, which is refused below.
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_prints_what_is_stored(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONWARNINGS", "")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.delenv("MPLBACKEND", raising=False)
    if "PYTHONPATH" in os.environ:
        places = [
            str(Path(place).resolve()) for place in os.environ["PYTHONPATH"].split(os.pathsep)
        ]
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(places))
    stored = nbformat.read(path, as_version=4)
    fresh = nbformat.read(path, as_version=4)
    client = NotebookClient(
        fresh,
        kernel_manager_class=ThisInterpreter,
        timeout=900,
        resources={"metadata": {"path": str(tmp_path)}},
    )
    try:
        client.execute()
    except CellExecutionError as error:
        if "is not on this machine" not in error.evalue:
            raise
        pytest.skip(error.evalue)
    warnings = [output.text for output in outputs(fresh, kind="stream") if output.name == "stderr"]
    assert warnings == []
    assert printed(fresh) == printed(stored)
    assert len(outputs(fresh, kind="image/png")) == len(outputs(stored, kind="image/png"))
