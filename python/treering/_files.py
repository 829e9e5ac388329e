"""Files that are replaced whole: a reader, or a crash, finds the old one or the new one."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import stat
from pathlib import Path
from typing import Any

from treering._checks import shown

fcntl: Any
try:
    import fcntl
except ImportError:  # Windows, which refuses to delete a file that is open: no lock is needed
    fcntl = None

_ATTEMPTS = 5


def writable_target(path: str | os.PathLike[str], what: str) -> Path:
    """Find the file that a path means, where symbolic links lead, and check that it may be one.

    Parameters
    ----------
    path
        As the user gave it.
    what
        What is to be written, for messages: "a page".

    Returns
    -------
    pathlib.Path
        An absolute path; its folder exists.
    """
    if not isinstance(path, str | os.PathLike) or not os.fspath(path):
        raise TypeError(f"path must be the path of a file, for {what}; got {shown(path)}")
    given = Path(path)
    try:
        target = given.expanduser().resolve()
    except RuntimeError as error:  # Python's own, before 3.13, for a loop of symbolic links
        raise OSError(
            errno.ELOOP, f"the path cannot be followed: {error}; give another path", str(given)
        ) from error
    if target.is_symlink():  # what is resolved is a link only where links go in a circle
        raise OSError(
            errno.ELOOP, "symbolic links that lead in a circle; give another path", str(given)
        )
    if not target.parent.is_dir():
        raise FileNotFoundError(
            f"the folder {target.parent} does not exist; make it first, or give another path"
        )
    if target.exists() and not target.is_file():
        raise FileExistsError(
            f"{target} is not a file that {what} could replace; give another path"
        )
    return target


def replace_file(target: Path, content: bytes) -> None:
    """Write a file under another name, force it to the disk and rename it.

    A file that is replaced passes its permissions on; a new one has the user's own (umask). Each
    writer has a draft of its own, so that of two at once the later one wins, whole. What a process
    that was killed left behind is removed by the next write of the same file.

    Parameters
    ----------
    target
        Where to; its folder exists.
    content
        What.
    """
    _remove_abandoned(target)
    for attempt in range(_ATTEMPTS):
        draft = target.with_name(f"{_stem(target)}{secrets.token_hex(6)}.part")
        try:
            _write(draft, target, content)
            break
        except FileNotFoundError:
            # Another writer took the draft for abandoned before it was locked.
            if attempt == _ATTEMPTS - 1:
                raise
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
    _sync_folder(target.parent)


def _write(draft: Path, target: Path, content: bytes) -> None:
    mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else None
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    # Never wider than the file that is replaced, not even while it is empty.
    with os.fdopen(os.open(draft, flags, 0o666 if mode is None else mode), "wb") as file:
        if fcntl is not None:
            with contextlib.suppress(OSError):  # some network file systems know no locks
                fcntl.flock(file, fcntl.LOCK_EX)
        if mode is not None:
            draft.chmod(mode)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
        if fcntl is not None:
            # Before the lock goes: a draft without one is abandoned.
            draft.replace(target)
    if fcntl is None:
        draft.replace(target)


def _stem(target: Path) -> str:
    """Begin the drafts' names: short, however long the file's own name is."""
    return f".treering-{hashlib.blake2s(os.fsencode(target.name), digest_size=6).hexdigest()}-"


def _remove_abandoned(target: Path) -> None:
    """Remove drafts of the same file that nobody holds open any more."""
    stem = _stem(target)
    try:
        found = list(target.parent.glob(f"{stem}*.part"))
    except PermissionError:  # a folder that may be written to but not listed
        return
    for path in found:
        with contextlib.suppress(OSError):  # in use, or gone, or not ours to remove
            if fcntl is None:
                path.unlink()
                continue
            with path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()


def _sync_folder(folder: Path) -> None:
    """Force the rename to the disk where the system lets a folder be opened."""
    if os.name != "posix":
        return
    try:
        handle = os.open(folder, os.O_RDONLY)
    except PermissionError:  # as above: the page stands, and will be on the disk soon
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
