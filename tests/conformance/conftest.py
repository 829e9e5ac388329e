"""Excuses become strict expectations to fail, and scikit-learn's own fixtures are here.

A test that never reaches treering (private Cython functions, `RandomTreesEmbedding`) says nothing
about it, and is left out, whole or with the parameters that name such a class.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from treering.model_selection import _candidates, _search_run


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "thread_unsafe: a mark of scikit-learn's own tests")


@pytest.fixture
def global_random_seed() -> int:
    """The seed that scikit-learn's own runs take."""
    return 42


@pytest.fixture
def pyplot() -> Iterator[Any]:
    """Where scikit-learn's tests draw; the figures are closed behind them."""
    from matplotlib import pyplot as plt

    yield plt
    plt.close("all")


@pytest.fixture
def own_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let treering's own run of a search take every estimator.

    Few in scikit-learn's tests of searches are trees: its own run would answer for the others.
    """

    def may_run(estimator: Any, y: Any, params: dict[str, Any]) -> bool:
        with monkeypatch.context() as patches:
            patches.setattr(_candidates, "_is_shareable", lambda _: True)
            return _candidates.may_share(estimator, y, params)

    monkeypatch.setattr(_search_run, "may_share", may_run)


@pytest.hookimpl(tryfirst=True)  # the slow ones are left out by tests/conftest.py
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Apply the lists of each module: what is excused, foreign or slow."""
    here = Path(__file__).parent
    foreign = []
    for item in items:
        if item.path.parent != here:
            continue
        lists = vars(item.getparent(pytest.Module).obj)
        # A test with all of its parameters, or with some
        function, _, parameters = item.name.removesuffix("]").partition("[")
        names = {function, item.name}
        classes = lists.get("FOREIGN_CLASSES", ())
        if names & {*lists.get("FOREIGN", ())} or {*parameters.split("-")} & {*classes}:
            foreign.append(item)
        if names & {*lists.get("SLOW", ())}:
            item.add_marker(pytest.mark.slow)
        for name in names & lists["EXCUSED"].keys():
            item.add_marker(pytest.mark.xfail(reason=lists["EXCUSED"][name], strict=True))
    if foreign:
        left_out = set(foreign)
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=foreign)
