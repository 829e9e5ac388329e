"""The model file."""

from typing import Any, Final

from treering._core.boosting import Boosting
from treering._core.ensemble import Forest
from treering._core.tree import Tree

HEADER: Final[int]

def check_header(header: bytes, size: int) -> None: ...
def write_model(
    *,
    class_name: str,
    columns: int,
    names: list[str] | None,
    outputs: int | list[Any] | None,
    parameters: dict[str, Any],
    attributes: dict[str, Any],
    predictor: Tree | Forest | Boosting | None,
) -> bytes: ...
def read_model(
    data: bytes,
) -> tuple[
    str,
    str,
    int,
    list[str] | None,
    int | list[Any] | None,
    dict[str, Any],
    dict[str, Any],
    Tree | Forest | Boosting | None,
]: ...
