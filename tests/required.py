"""Tests that may not be skipped: with QUANHO_REQUIRE_SERVERS=1 a skip for want of a server or of the corpus is a failure.

The corpus is only required where ../shared is there. Everything in tests/system counts as marked `server`.
"""

import os
from collections.abc import Generator
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parent.parent
_CORPUS = _ROOT.parent / "shared" / "data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of tests/system."""
    for item in items:
        if (_ROOT / "tests" / "system") in item.path.parents:
            item.add_marker(pytest.mark.server)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn the skip of a required test into a failure that says why it was skipped."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and _is_required(item):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} may not be skipped here: {reason}"
    return report


def _is_required(item: pytest.Item) -> bool:
    if os.environ.get("QUANHO_REQUIRE_SERVERS") != "1":
        return False
    if (_ROOT / "tests" / "corpus") in item.path.parents:
        return _CORPUS.is_dir()
    return item.get_closest_marker("server") is not None
