"""A file is replaced whole or not at all, whatever happens to the writer."""

import errno
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sklearn.datasets import load_iris

import treering
from treering.ensemble import RandomForestClassifier
from treering.tree import DecisionTreeClassifier

X, Y = load_iris(return_X_y=True)
POSIX = pytest.mark.skipif(os.name != "posix", reason="signals, limits and links are POSIX's")

_SAVES = """
import sys
from sklearn.datasets import load_iris
from treering.ensemble import RandomForestClassifier
X, y = load_iris(return_X_y=True)
models = [RandomForestClassifier(300 + i, random_state=i).fit(X, y) for i in range(2)]
print("ready", flush=True)
for turn in range(10**6):
    models[turn % 2].save(sys.argv[1])
"""


@pytest.fixture
def model() -> DecisionTreeClassifier:
    return DecisionTreeClassifier(random_state=0).fit(X, Y)


@POSIX
def test_a_killed_writer_leaves_a_whole_file(tmp_path, effort) -> None:
    """At any moment of many saves: there is one whole model, and the next save tidies up."""
    path = tmp_path / "model.treering"
    RandomForestClassifier(300, random_state=0).fit(X, Y).save(path)
    for turn in range(effort(2, 60)):
        writer = subprocess.Popen(
            [sys.executable, "-c", _SAVES, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        time.sleep(0.01 + 0.0137 * turn % 0.1)
        writer.kill()
        assert writer.wait() == -signal.SIGKILL
        writer.stdout.close()
        loaded = treering.load(path)
        assert loaded.n_estimators in {300, 301}
        assert len(loaded) == loaded.n_estimators
    loaded.save(path)
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


_LIMITED = """
import resource, sys
from sklearn.datasets import load_iris
from treering.tree import DecisionTreeClassifier
X, y = load_iris(return_X_y=True)
model = DecisionTreeClassifier(random_state=1).fit(X, y)
resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))
try:
    model.save(sys.argv[1])
except OSError as error:
    print(error.errno)
"""


@POSIX
def test_a_full_disk_leaves_the_old_file(model, tmp_path) -> None:
    path = model.save(tmp_path / "model.treering")
    before = path.read_bytes()
    done = subprocess.run(
        [sys.executable, "-c", _LIMITED, str(path)], check=True, capture_output=True, text=True
    )
    assert done.stdout == f"{errno.EFBIG}\n"
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_an_interrupted_save_leaves_nothing(model, tmp_path, monkeypatch) -> None:
    def interrupt(handle: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("treering._files.os.fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        model.save(tmp_path / "model.treering")
    assert list(tmp_path.iterdir()) == []


@POSIX
def test_links_are_followed_and_stay(model, tmp_path) -> None:
    (tmp_path / "there").mkdir()
    target, link = tmp_path / "there" / "model.treering", tmp_path / "link.treering"
    link.symlink_to(target)
    assert model.save(link) == target
    assert link.is_symlink()
    assert model.save(link) == target
    assert treering.load(link).get_params() == model.get_params()
    assert [entry.name for entry in target.parent.iterdir()] == [target.name]
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OSError, match=r"circle|loop"):
        model.save(tmp_path / "loop")


@POSIX
def test_a_file_that_is_replaced_keeps_its_permissions(model, tmp_path) -> None:
    path = model.save(tmp_path / "model.treering")
    path.chmod(0o600)
    assert model.save(path).stat().st_mode & 0o777 == 0o600


def test_places_that_cannot_be_written_are_named(model, tmp_path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere does not exist; make it first"):
        model.save(tmp_path / "nowhere" / "model.treering")
    with pytest.raises(FileExistsError, match="is not a file that a model could replace"):
        model.save(tmp_path)
    for path in (3, None, b"model"):
        with pytest.raises(TypeError):
            model.save(path)
    assert list(tmp_path.iterdir()) == []


@POSIX
def test_pipes_are_not_written(model, tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileExistsError, match="is not a file that a model could replace"):
        model.save(tmp_path / "pipe")


@POSIX
def test_folders_and_files_without_permission_are_named(model) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = model.save(folder / "model.treering")
        path.chmod(0)
        folder.chmod(0o555)
        with ordinary_user():
            with pytest.raises(PermissionError):
                model.save(folder / "other.treering")
            with pytest.raises(PermissionError, match=r"model\.treering"):
                treering.load(path)
        folder.chmod(0o700)
        assert [entry.name for entry in folder.iterdir()] == [path.name]


@contextmanager
def ordinary_user() -> Iterator[None]:
    """Root may read and write everything; for a while, be somebody who may not."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.mark.parametrize("path", [None, "", 3, b"model"])
def test_what_is_no_path_is_named(model, path) -> None:
    with pytest.raises(TypeError, match="path must be the path of a file, for a model; got"):
        model.save(path)


def test_paths_of_every_kind_are_written(model, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    content = model.save("plain").read_bytes()
    for path in (tmp_path / "größe [1]", "~/home.treering", Path("relative")):
        saved = model.save(path)
        assert saved.is_absolute()
        assert saved.parent == tmp_path.resolve()
        assert saved.read_bytes() == content
