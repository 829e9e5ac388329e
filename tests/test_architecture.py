"""The rules of the house, held by tests. Each rule is also shown to fail where it is broken."""

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest

import architecture as house

# As in `src/lib.rs` for the rooms that both languages have; a room uses only rooms before it.
# Modules that start with an underscore are the foundation of all; the command lines end the list.
PYTHON_ROOMS = [
    "_core",
    "_foundation",
    "plotting",
    "stats",
    "metrics",
    "preprocessing",
    "tree",
    "ensemble",
    "linear_model",
    "persistence",
    "model_selection",
    "report",
    "explain",
    "profile",
    "drift",
    "quality",
    "performance",
    "anomaly",
    "automl",
    "storage",
    "registry",
    "inference_log",
    "serving",
    "monitoring",
    "alerts",
    "lifecycle",
    "dashboard",
    "cli",
    "testing",
    "demo",
]

_FOREST = "a forest is made of trees: it trains, encodes and refuses as a tree does, by one engine"
_COUNTS = "drift has counts at hand, where the public functions of these names take samples"

# What a room keeps to itself, and why another may import it all the same
BETWEEN_ROOMS = {
    ("drift", "stats._counts"): _COUNTS,
    ("drift", "stats._divergences"): _COUNTS,
    ("ensemble", "tree._base"): _FOREST,
    ("ensemble", "tree._categories"): _FOREST,
    ("ensemble", "tree._category_order"): _FOREST,
    ("ensemble", "tree._classes"): _FOREST,
    ("ensemble", "tree._numbers"): _FOREST,
    ("ensemble", "tree._training"): _FOREST,
    ("model_selection", "tree._training"): (
        "a search reads trees and forests from one another: they adopt what was fitted for all"
    ),
    ("quality", "profile._column"): "a report on quality ends with the profile's table of columns",
}

# Each is an extra or belongs to the user; nothing in treering loads them before they are asked for.
NEVER_AT_IMPORT = {
    "alembic",
    "dash",
    "dask",
    "fastapi",
    "matplotlib",
    "optuna",
    "pandas",
    "plotly",
    "polars",
    "pyarrow",
    "pyspark",
    "sqlalchemy",
}


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def label(path: Path) -> str:
    return path.relative_to(house.ROOT).as_posix()


def rank_name(room: str) -> str:
    """The foundation's modules count as one room: they may use one another."""
    return "_foundation" if room.startswith("_") and room != "_core" else room


# ---- direction


def test_every_rust_room_stands_in_the_table_of_lib_rs() -> None:
    rooms = {house.rust_room(path) for path in house.rust_files()} - {"lib"}
    assert rooms == set(house.rust_rooms(read(house.RUST / "lib.rs")))


def test_rust_rooms_use_only_rooms_above_them() -> None:
    order = house.rust_rooms(read(house.RUST / "lib.rs"))
    uses = {
        (house.rust_room(path), used)
        for path in house.rust_files()
        if path.name != "lib.rs"
        for used in house.rust_uses(read(path), house.rust_depth(path))
    }
    assert ("python", "data") in uses, "the reader of imports found nothing"
    assert house.upward(uses, order) == []


def test_every_python_room_has_its_place() -> None:
    rooms = {house.python_room(path) for path in house.python_files()} - {"__init__"}
    unknown = {rank_name(room) for room in rooms} - set(PYTHON_ROOMS)
    assert unknown == set(), "add the room to PYTHON_ROOMS, where data meets it"


def test_python_rooms_use_only_rooms_above_them() -> None:
    uses = set()
    for path in house.python_files():
        room = house.python_room(path)
        if room != "__init__":
            used = {rank_name(name) for name in house.python_uses(read(path), house.package(path))}
            uses.update((rank_name(room), name) for name in used)
    assert house.upward(uses, PYTHON_ROOMS) == []


def test_python_rooms_import_what_others_offer() -> None:
    """What several rooms share stands in the foundation, or has its reason to stay where it is."""
    found = set()
    for path in house.python_files():
        room = house.python_room(path)
        used = house.private_uses(read(path), house.package(path))
        found.update((room, name) for name in used if not name.startswith(f"{room}."))
    assert found == set(BETWEEN_ROOMS)


@pytest.mark.parametrize(
    ("source", "depth", "expected"),
    [
        ("use crate::drift::Reference;", 1, {"drift"}),
        ("fn f() -> crate::drift::Report { todo() }", 2, {"drift"}),
        ("use crate::{data::{self, View}, drift::{a, b}, Error};", 1, {"data", "drift", "Error"}),
        ("use crate::{\n    data::View,\n    drift,\n};", 1, {"data", "drift"}),
        ("use super::drift;", 1, {"drift"}),
        ("use super::{drift, stats::ks};", 1, {"drift", "stats"}),
        ("use super::node;", 2, set()),
        ("use super::super::drift;", 2, {"drift"}),
        ("// crate::drift\n/// [`crate::drift`]", 1, set()),
        ("#[cfg(test)]\nmod tests {\n    use crate::drift;\n}\nuse crate::data;", 1, {"data"}),
        ("#[cfg(test)]\nmod tests;\nuse crate::data;", 1, {"data"}),
    ],
)
def test_the_reader_of_rust_sees_every_spelling(
    source: str, depth: int, expected: set[str]
) -> None:
    assert house.rust_uses(source, depth) == expected


@pytest.mark.parametrize(
    "source",
    [
        "import treering.drift",
        "import treering.drift.report as r",
        "from treering import drift",
        "from treering.drift import detect_drift",
        "from .. import drift",
        "from ..drift import detect_drift",
        "def f():\n    from treering.drift import detect_drift",
    ],
)
def test_the_reader_of_python_sees_every_spelling(source: str) -> None:
    assert house.python_uses(source, "treering.stats") == {"drift"}


@pytest.mark.parametrize(
    "source",
    [
        "import treering.drift._effect",
        "from treering.drift import _effect",
        "from treering.drift._effect import Effect",
        "from ..drift._effect import Effect",
        "from ..drift import _effect",
        "def f():\n    from treering.drift._effect import Effect",
    ],
)
def test_a_private_import_would_be_seen(source: str) -> None:
    assert house.private_uses(source, "treering.quality") == {"drift._effect"}


def test_the_foundation_and_public_names_are_for_all() -> None:
    source = "from treering._checks import shown\nfrom treering.drift.stream import ADWIN"
    assert house.private_uses(source, "treering.quality") == set()


def test_an_upward_use_is_named() -> None:
    assert house.upward([("stats", "drift"), ("drift", "stats")], ["stats", "drift"]) == [
        "stats uses drift"
    ]


# ---- the border


def test_only_the_border_names_python() -> None:
    named = [
        label(path)
        for path in house.rust_files()
        if house.rust_room(path) != "python"
        and house.NAMES_PYTHON.search(house.production(read(path)))
    ]
    assert named == []


def test_every_python_class_of_the_core_is_frozen() -> None:
    found = {label(path): house.unfrozen(read(path)) for path in house.rust_files()}
    assert {path: names for path, names in found.items() if names} == {}


def test_naming_python_and_unfrozen_classes_would_be_seen() -> None:
    assert house.NAMES_PYTHON.search("use pyo3::prelude::*;")
    assert house.NAMES_PYTHON.search("fn f(a: numpy :: PyArray1<f64>) {}")
    assert not house.NAMES_PYTHON.search("let numpy_like = 1;")
    source = """
#[pyclass(frozen, module = "treering._core")]
pub(crate) struct Kept;
#[pyclass]
#[derive(Clone)]
pub(crate) struct Bare;
#[pyclass(
    module = "treering._core.stats",
)]
pub struct Spread;
"""
    assert house.unfrozen(source) == ["Bare", "Spread"]


def test_all_crates_share_one_ndarray() -> None:
    """Cargo takes two where it may; arrays of numpy would then be strangers to linfa."""
    lock = tomllib.loads(read(house.ROOT / "Cargo.lock"))
    versions = [crate["version"] for crate in lock["package"] if crate["name"] == "ndarray"]
    assert len(versions) == 1, versions
    users = {
        crate["name"]
        for crate in lock["package"]
        if any(used.split()[0] == "ndarray" for used in crate.get("dependencies", []))
    }
    assert {"numpy", "linfa", "treering"} <= users


# ---- no panics, no long files, no machine


def test_no_rust_code_panics_on_purpose() -> None:
    found = [
        f"{label(path)}: {line.strip()}"
        for path in house.rust_files()
        for line in house.production(read(path)).splitlines()
        if house.PANICS.search(line)
    ]
    assert found == [], "return an Error instead"


def test_missing_documentation_is_never_allowed() -> None:
    assert [label(path) for path in house.rust_files() if "allow(missing_docs)" in read(path)] == []


def texts() -> list[Path]:
    """Every text of the project; what was built or downloaded lies elsewhere."""
    folders = ("src", "python", "tests", "benches", "docs", "notebooks", ".ci", ".github")
    folders += ("fuzz/fuzz_targets",)  # beside it lies what was built
    found = [path for folder in folders for path in (house.ROOT / folder).rglob("*")]
    found += house.ROOT.glob("*")
    kinds = {".rs", ".py", ".pyi", ".md", ".toml", ".yml", ".yaml", ".ipynb", ".json", ".txt"}
    return sorted(
        path
        for path in found
        if path.is_file() and (path.suffix in kinds or path.name in {"Makefile", "run"})
    )


def shipped(path: Path) -> str:
    """A Rust file's unit tests stand at its end and do not count."""
    return house.without_tests(read(path)) if path.suffix == ".rs" else read(path)


def test_files_are_short_or_say_why_not() -> None:
    code = [path for path in texts() if path.suffix in {".rs", ".py", ".pyi"}]
    assert [label(path) for path in code if house.too_long(shipped(path))] == []


def test_no_file_names_a_place_on_one_machine() -> None:
    found = [
        f"{label(path)}: {line.strip()[:120]}"
        for path in texts()
        for line in read(path).splitlines()
        if house.MACHINE.search(line)
    ]
    assert found == []


def test_panics_long_files_and_machines_would_be_seen() -> None:
    assert house.PANICS.search(house.production("let a = b.unwrap();"))
    assert house.PANICS.search(house.production('    panic!("no");'))
    assert not house.PANICS.search(house.production("/// a.unwrap()\nlet a = b.unwrap_or(0);"))
    assert not house.PANICS.search(
        house.production("#[cfg(test)]\nmod tests {\n    fn f() {\n        a.unwrap();\n    }\n}")
    )
    assert house.too_long("x\n" * 501)
    assert not house.too_long("# Longer than 500 lines because of its table.\n" + "x\n" * 501)
    assert not house.too_long(
        house.without_tests("x\n" * 400 + "#[cfg(test)]\nmod tests {\n" + "    x\n" * 400 + "}\n")
    )
    assert house.MACHINE.search("see /" + "home/ann/data.csv")
    assert not house.MACHINE.search("https://example.org/" + "work/items, src/tmp/x")


# ---- what an import costs

_IMPORT = """
import importlib, json, sys, time
sys.modules.update(dict.fromkeys({hidden}))
for name in {before}:
    importlib.import_module(name)
seconds = []
for name in {names}:
    start = time.process_time()
    importlib.import_module(name)
    seconds.append(time.process_time() - start)
print(json.dumps([seconds, sorted(sys.modules)]))
"""


def imported(
    names: list[str], *, before: Iterable[str] = (), hidden: Iterable[str] = ()
) -> tuple[list[float], list[str]]:
    """Seconds of processor time for each import in a fresh process, and all modules then loaded."""
    code = _IMPORT.format(names=names, before=list(before), hidden=list(hidden))
    # Bytecode is kept, as an installation does; to compile takes longer than to import.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment
    )
    seconds, modules = json.loads(done.stdout)
    return seconds, modules


def python_rooms() -> list[str]:
    rooms = {path.parent.name for path in house.PYTHON.glob("*/__init__.py")}
    return [f"treering.{room}" for room in PYTHON_ROOMS if room in rooms]


def packages(modules: list[str]) -> set[str]:
    return {module.partition(".")[0] for module in modules}


def test_import_treering_loads_the_core_and_nothing_more() -> None:
    _, modules = imported(["treering"])
    assert packages(modules) & (NEVER_AT_IMPORT | {"narwhals", "scipy", "sklearn"}) == set()


def test_every_room_loads_without_the_optional_libraries() -> None:
    """They are hidden rather than looked for afterwards: scikit-learn loads pandas where it is."""
    done = imported(["treering", *python_rooms()], hidden=NEVER_AT_IMPORT)
    assert "treering" in done[1]


def seconds_beyond(names: list[str]) -> float:
    """Of importing these after numpy, SciPy and what they need of scikit-learn.

    Processor time, not the clock, and the best of up to five processes: a busy machine does not
    fail this test.
    """
    _, modules = imported(names)
    before = [name for name in modules if name.partition(".")[0] in {"numpy", "scipy", "sklearn"}]
    best = 1.0
    for _ in range(5):
        best = min(best, sum(imported(names, before=before)[0]))
        if best < 0.15:
            break
    return best


def test_imports_are_quick_beyond_numpy_and_scikit_learn() -> None:
    """Each room takes less than 150 ms; if all together do, nobody need ask each of them."""
    names = ["treering", *python_rooms()]
    if seconds_beyond(names) >= 0.15:
        slow = {name: seconds for name in names if (seconds := seconds_beyond([name])) >= 0.15}
        assert slow == {}


def test_a_room_that_needs_an_optional_library_would_be_seen() -> None:
    with pytest.raises(subprocess.CalledProcessError):
        imported(["pandas"], hidden=NEVER_AT_IMPORT)


def test_a_slow_import_would_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = "import time\nend = time.process_time() + 0.2\nwhile time.process_time() < end: pass\n"
    (tmp_path / "slow_to_import.py").write_text(slow, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    seconds, modules = imported(["slow_to_import", "json"])
    assert seconds[0] > 0.15
    assert "slow_to_import" in modules
