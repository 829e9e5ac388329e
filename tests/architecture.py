"""Readers of the source tree: what each rule of the house looks at. No rule stands here."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
RUST = ROOT / "src"
PYTHON = ROOT / "python" / "treering"


def rust_files() -> list[Path]:
    """Every file of the core that ships, without the test modules that stand beside."""
    return sorted(
        path
        for path in RUST.rglob("*.rs")
        if path.name != "tests.rs" and "tests" not in path.relative_to(RUST).parts
    )


def production(source: str) -> str:
    """Rust code without comments and without what is compiled for tests only."""
    return re.sub(r"//.*", "", without_tests(source))


def without_tests(source: str) -> str:
    """Rust code without what is compiled for tests only."""
    kept = []
    closing = None  # the line that ends the item which is being left out
    pending = False  # after #[cfg(test)], before the item's first line
    for line in source.splitlines():
        bare = line.strip()
        if closing is not None:
            closing = None if line.rstrip() in closing else closing
        elif bare == "#[cfg(test)]":
            pending = True
        elif pending:
            if not bare.startswith(("#[", "//")):
                indent = line[: len(line) - len(line.lstrip())]
                pending = False
                closing = None if bare.endswith((";", "}")) else (indent + "}", indent + "};")
        else:
            kept.append(line)
    return "\n".join(kept)


def rust_rooms(contents_page: str) -> list[str]:
    """The rooms in the order of the table in lib.rs."""
    return re.findall(r"^//! \| \[?`(\w+)`\]? \|", contents_page, flags=re.MULTILINE)


def rust_room(path: Path) -> str:
    return path.relative_to(RUST).parts[0].removesuffix(".rs")


def rust_uses(source: str, depth: int) -> set[str]:
    """Names that a module at this depth below the crate takes from the crate's root."""
    code = production(source)
    to_root = rf"(?:\bcrate::|(?<![\w:])(?:super::){{{depth}}})"
    uses = set(re.findall(to_root + r"(\w+)", code))
    for group in re.finditer(to_root + r"\{", code):
        uses.update(_first_names(code[group.end() :]))
    return uses - {"self", "super"}


def rust_depth(path: Path) -> int:
    parts = path.relative_to(RUST).with_suffix("").parts
    return len(parts) - (parts[-1] == "mod")


def _first_names(text: str) -> Iterator[str]:
    """The first names of the parts of a braced group, of which `text` is the inside onwards."""
    level, start = 0, True
    for token in re.findall(r"\w+|[{},]", text):
        if token == "}":
            level -= 1
            if level < 0:
                return
        elif token == "{":
            level += 1
        elif token == ",":
            start = start or level == 0
        else:
            if start and level == 0:
                yield token
            start = False


def python_files() -> list[Path]:
    return sorted(PYTHON.rglob("*.py"))


def python_room(path: Path) -> str:
    return path.relative_to(PYTHON).parts[0].removesuffix(".py")


def package(path: Path) -> str:
    return ".".join(("treering", *path.relative_to(PYTHON).parts[:-1]))


def python_uses(source: str, package: str) -> set[str]:
    """Rooms of treering that a module of `package` imports, at any place of the file."""
    return {name.split(".")[0] for name in _imported(source, package)}


def private_uses(source: str, package: str) -> set[str]:
    """What a module of `package` imports that another room keeps to itself, as `room._module`."""
    inside = (re.match(r"[a-z]\w*(?:\.\w+)*?\._\w+", name) for name in _imported(source, package))
    return {found[0] for found in inside if found}


def _imported(source: str, package: str) -> Iterator[str]:
    """Names that a module of `package` imports from treering, as they are called within it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = [*(parents if node.level else []), *((node.module or "").split("."))]
            names = [".".join(filter(None, [*base, alias.name])) for alias in node.names]
        else:
            continue
        for name in names:
            if name.startswith("treering."):
                yield name.removeprefix("treering.")


def upward(uses: Iterable[tuple[str, str]], order: list[str]) -> list[str]:
    """What breaks the direction: a room may use only rooms that stand before it."""
    rank = {room: index for index, room in enumerate(order)}
    return sorted(
        f"{user} uses {used}"
        for user, used in uses
        if used in rank and used != user and rank[used] > rank[user]
    )


def unfrozen(source: str) -> list[str]:
    """Python classes of the core that two threads could find changed."""
    classes = re.findall(
        r"#\[pyclass(?!_)([^\]]*)\]\s*(?:#\[[^\]]*\]\s*)*(?:pub(?:\(\w+\))? )?\w+ (\w+)", source
    )
    return [name for options, name in classes if not re.search(r"\bfrozen\b", options)]


PANICS = re.compile(
    r"\.unwrap\(\)|\.expect\(|\.unwrap_err\(\)|\.expect_err\(|\b(?:panic|todo|unimplemented|unreachable)!"
)

NAMES_PYTHON = re.compile(r"\b(?:pyo3|numpy)\s*::|\buse\s+(?:pyo3|numpy)\b|#\[py")

# In two pieces, so that this file does not name what it looks for.
MACHINE = re.compile(r"(?<![\w.])/" + r"(?:home|root|tmp|work|Users|mnt)/[A-Za-z.]")

ARGUED_LENGTH = re.compile(r"longer than 500 lines because", re.IGNORECASE)


def too_long(source: str) -> bool:
    lines = source.splitlines()
    return len(lines) > 500 and not ARGUED_LENGTH.search("\n".join(lines[:25]))
