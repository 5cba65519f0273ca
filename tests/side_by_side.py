"""Which tests may run beside others: `make test` has two workers (pytest-xdist, --dist loadgroup).

Tests that start programs, simulate boards or look at the clock are one group: they run one after the other on one worker, as they
always did. What only computes runs beside them on the other.
"""

from pathlib import Path

import pytest

_TESTS = Path(__file__).resolve().parent
_ONE_AFTER_THE_OTHER = [
    _TESTS / folder
    for folder in (
        "system",
        "quanho",
        "runtime",
        "project",
        "faults",
        "firmware_bridge/board",
        "firmware_bridge/flash",
        "firmware_bridge/stand_ins",
        "edge/boards",
        "edge/link",
        "edge/modbus",
        "edge/site_check",
    )
]
_GROUP = "programs"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of those folders, and all that need a server, into one group."""
    for item in items:
        if item.get_closest_marker("server") or any(folder in item.path.parents for folder in _ONE_AFTER_THE_OTHER):
            item.add_marker(pytest.mark.xdist_group(_GROUP))
