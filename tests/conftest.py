"""What all suites share: quick and full effort, and displays without a screen."""

import os
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("MPLBACKEND", "Agg")

# A failure must not depend on how busy the machine is, nor change from one run of CI to the next.
settings.register_profile(
    "quick",
    max_examples=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "full", settings.get_profile("quick"), max_examples=1000, derandomize=False
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run slow tests, and all in full")


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("full" if config.getoption("--slow") else "quick")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    # Workers that ran beside each other would collect tests of other names.
    unsteady = [item.nodeid for item in items if " at 0x" in item.nodeid]
    if unsteady:
        message = f"test names hold addresses, which change from run to run: {unsteady}"
        raise pytest.UsageError(message)
    if config.getoption("--slow"):
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    if slow:
        items[:] = [item for item in items if not item.get_closest_marker("slow")]
        config.hook.pytest_deselected(items=slow)


@pytest.fixture(scope="session")
def effort(request: pytest.FixtureRequest) -> Callable[[int, int], int]:
    """``effort(quick, full)``: how often to repeat, in `make test` and in `make test-slow`."""
    full = request.config.getoption("--slow")
    return lambda quick, in_full: in_full if full else quick
