"""The hand-written stubs say what the native module has, no more and no less."""

import os
import subprocess
import sys

import architecture as house


def stubtest(module: str, mypypath: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mypy.stubtest", module],
        check=False,
        capture_output=True,
        text=True,
        cwd=house.ROOT,
        env=os.environ | {"MYPYPATH": mypypath},
    )


def test_stubs_say_what_the_native_module_has() -> None:
    done = stubtest("treering._core", "python")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_stub_that_drifted_would_be_seen(tmp_path, monkeypatch) -> None:
    (tmp_path / "drifted.py").write_text("def mean(values): ...\n")
    (tmp_path / "drifted.pyi").write_text(
        "def mean(values: list[float], axis: int) -> float: ...\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    done = stubtest("drifted", str(tmp_path))
    assert done.returncode == 1
    assert "axis" in done.stdout


def test_every_binding_has_its_stub() -> None:
    """`src/python/stats.rs` is exported as `treering._core.stats`, written down in `stats.pyi`."""
    shared = {"mod", "convert", "detached", "errors"}
    bindings = {path.stem for path in (house.RUST / "python").glob("*.rs")} - shared
    stubs = {path.stem for path in (house.PYTHON / "_core").glob("*.pyi")} - {"__init__"}
    assert bindings >= stubs, "a stub without its binding"
    exported = {
        name
        for name in bindings
        if f"mod {name} " in (house.RUST / "python" / f"{name}.rs").read_text()
    }
    assert exported <= stubs, "a native module without its stub"
