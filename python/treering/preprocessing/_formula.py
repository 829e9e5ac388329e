"""Arithmetic on columns, written as text: read into a tree that can do nothing else."""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from treering._checks import close_names, quoted, shown
from treering._text import counted

if TYPE_CHECKING:
    from numpy.typing import NDArray

Columns: TypeAlias = "Mapping[str, NDArray[Any]]"
Compute: TypeAlias = Callable[[Columns], Any]

_LONGEST = 1000
_DEEPEST = 50

_OPERATORS: dict[type, Callable[..., Any]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.true_divide,
    ast.Pow: np.power,
    ast.UAdd: np.positive,
    ast.USub: np.negative,
}

# Functions, and how many values each takes
_FUNCTIONS: dict[str, tuple[Callable[..., Any], int]] = {
    **{name: (getattr(np, name), 1) for name in ("abs", "exp", "expm1", "log", "log1p")},
    **{name: (getattr(np, name), 1) for name in ("log2", "log10", "sqrt", "sin", "cos")},
    **{name: (getattr(np, name), 2) for name in ("minimum", "maximum")},
}

_HELP = (
    "Write columns by name (between backquotes where a name holds more than letters, digits and "
    f"_, or is a word of Python's), numbers, + - * / ** and {', '.join(_FUNCTIONS)}"
)

_QUOTED = re.compile(r"`([^`]*)`")


@dataclass(frozen=True)
class Formula:
    """One formula, ready to be computed."""

    columns: frozenset[str]
    """The columns that it reads."""
    compute: Compute
    """From columns by their names: one value for each row, or one for all."""


def parse_formula(name: str, text: Any) -> Formula:
    """Read a formula.

    Parameters
    ----------
    name
        What it computes, for messages.
    text
        Columns by name, numbers, ``+ - * / **``, parentheses and functions. A name that is no
        identifier stands between backquotes.

    Returns
    -------
    Formula

    Raises
    ------
    TypeError
        If it is no text.
    ValueError
        If it is anything else than such arithmetic.
    """
    if not isinstance(text, str):
        raise TypeError(f"the formula of {quoted(name)} must be text; got {shown(text)}")
    if len(text) > _LONGEST:
        raise ValueError(
            f"the formula of {quoted(name)} has {len(text)} characters, more than {_LONGEST}; "
            "compute it in steps"
        )
    # Python's grammar reads some letters as others that look alike, and skips comments.
    bare = _QUOTED.sub("", text)
    if "#" in bare or not unicodedata.is_normalized("NFKC", bare):
        raise ValueError(
            f"the formula of {quoted(name)} holds letters that are written in several ways, or #, "
            f"outside backquotes: {shown(text)}. {_HELP}"
        )
    names: dict[str, str] = {}
    mark = "_"
    while mark in text:  # no name of the text may look like one that stands in
        mark += "_"

    def stand_in(match: re.Match[str]) -> str:
        name = f"{mark}{len(names)}"
        names[name] = match[1]
        return f" {name} "

    try:
        tree = ast.parse(_QUOTED.sub(stand_in, text).strip(), mode="eval")
    except (MemoryError, RecursionError, SyntaxError, ValueError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else str(error)
        raise ValueError(
            f"the formula of {quoted(name)} cannot be read ({reason or 'too deep'}): "
            f"{shown(text)}. {_HELP}"
        ) from None
    reader = _Reader(name, text, names)
    compute = reader.read(tree.body, 0)
    return Formula(frozenset(reader.columns), compute)


def _complaint(node: ast.expr) -> str:
    """Say what of Python's grammar is no arithmetic of this kind."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        name = node.func.id
        if name in _FUNCTIONS:
            count = _FUNCTIONS[name][1]
            return f"gives {name} something else than {counted(count, 'value')}"
        return f"calls {name}, which is none of its functions{close_names(name, _FUNCTIONS)}"
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitXor):
        return "holds ^, which is no power: write **"
    what = {
        ast.Attribute: "a name with a dot (functions stand alone, other names in backquotes)",
        ast.BinOp: "another operator",
        ast.BoolOp: "a condition",
        ast.Call: "a call of something else than a function by its name",
        ast.Compare: "a comparison",
        ast.Constant: "a text",
        ast.IfExp: "a condition",
    }.get(type(node), f"a {type(node).__name__}")
    return f"holds {what}, which is no arithmetic"


class _Reader:
    """Turns nodes of Python's grammar into functions of columns, and refuses all others."""

    def __init__(self, name: str, text: str, names: Mapping[str, str]) -> None:
        self.name = name
        self.text = text
        self.names = names
        self.columns: set[str] = set()

    def read(self, node: ast.expr, depth: int) -> Compute:
        if depth > _DEEPEST:
            raise ValueError(
                f"the formula of {quoted(self.name)} is more than {_DEEPEST} operations deep; "
                "compute it in steps"
            )
        if isinstance(node, ast.Name):
            column = self.names.get(node.id, node.id)
            self.columns.add(column)
            return lambda columns: columns[column]
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            return self.constant(node.value)
        if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
            return self.chain(node, depth)
        if isinstance(node, ast.UnaryOp) and type(node.op) in _OPERATORS:
            return self.call(_OPERATORS[type(node.op)], [node.operand], depth)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
            function, count = _FUNCTIONS.get(node.func.id, (None, -1))
            if function is not None and len(node.args) == count:
                return self.call(function, node.args, depth)
        raise ValueError(
            f"the formula of {quoted(self.name)} {_complaint(node)}: {shown(self.text)}. {_HELP}"
        )

    def call(self, function: Callable[..., Any], nodes: list[ast.expr], depth: int) -> Compute:
        parts = [self.read(node, depth + 1) for node in nodes]
        return lambda columns: function(*(part(columns) for part in parts))

    def chain(self, node: ast.expr, depth: int) -> Compute:
        """Read what stands in a row, as a + b - c: the tree leans to the left, however long."""
        steps: list[tuple[Callable[..., Any], Compute]] = []
        while isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
            steps.append((_OPERATORS[type(node.op)], self.read(node.right, depth + 1)))
            node = node.left
        first = self.read(node, depth + 1)

        def compute(columns: Columns) -> Any:
            value = first(columns)
            for function, part in reversed(steps):
                value = function(value, part(columns))
            return value

        return compute

    def constant(self, value: float) -> Compute:
        if isinstance(value, bool):
            raise ValueError(  # noqa: TRY004 (of the text, not of a type that the user gave)
                f"the formula of {quoted(self.name)} holds {value}, which is no number. {_HELP}"
            )
        try:
            number = float(value)
        except OverflowError:
            number = np.inf
        if not np.isfinite(number):
            raise ValueError(
                f"the formula of {quoted(self.name)} holds a number beyond double precision"
            )
        return lambda _: number
