"""Model files that nobody would write, with a checksum that fits."""

import re
import zlib
from typing import Any

from treering._core import persistence

HEADER, CHECKSUM = 20, 4


def sealed(content: bytes, *, kind: int = 4, revision: int = 1) -> bytes:
    """A file of any content, whole as far as its header and its checksum say."""
    head = b"TREERING" + revision.to_bytes(2, "little") + kind.to_bytes(2, "little")
    body = head + len(content).to_bytes(8, "little") + content
    return body + zlib.crc32(body).to_bytes(4, "little")


def content(data: bytes) -> bytes:
    return data[HEADER:-CHECKSUM]


def resealed(data: bytes) -> bytes:
    """The same file with lengths and checksums put right: outside, and of the trees within.

    Of the parts of a composite, which lie in it as files of their own, the checksums alone.
    """
    kind = int.from_bytes(data[10:12], "little")
    inside = content(data)
    for start in reversed([match.start() for match in re.finditer(b"TREERING", inside)]):
        length = int.from_bytes(inside[start + 12 : start + HEADER], "little")
        end = start + HEADER + length
        if end + CHECKSUM <= len(inside):
            checksum = zlib.crc32(inside[start:end]).to_bytes(4, "little")
            inside = inside[:end] + checksum + inside[end + CHECKSUM :]
    start = inside.rfind(b"TREERING")
    is_composite = b"sklearn." in inside[:16]
    if kind == 4 and not is_composite and 0 <= start <= len(inside) - HEADER - CHECKSUM:
        part = inside[start:]
        inside = inside[:start] + sealed(content(part), kind=part[10])
    return sealed(inside, kind=kind)


def with_parts(data: bytes, **changes: Any) -> bytes:
    """The same model with other parts, as `write_model` names them."""
    names = ("class_name", "version", "columns", "names", "outputs", "parameters", "attributes")
    parts = dict(zip((*names, "predictor"), persistence.read_model(data), strict=True))
    parts.pop("version")
    for name, change in changes.items():
        parts[name] = {**parts[name], **change} if isinstance(change, dict) else change
    return persistence.write_model(**parts)
