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
# What only computes in those folders, and commands that run to their end whatever time they take.
_BESIDE = [
    _TESTS / path
    for path in (
        "quanho/captures",
        "quanho/test_board_update_words.py",
        "quanho/test_bundle.py",
        "quanho/test_cli.py",
        "quanho/test_decode.py",
        "quanho/test_in_vietnamese.py",
        "quanho/test_lp.py",
        "quanho/test_rollout_simulate.py",
        "quanho/test_site_page.py",
        "quanho/test_site_records.py",
        "quanho/test_spool_command.py",
        "edge/link/test_described.py",
        "edge/link/test_known.py",
        "edge/link/test_pictures_over_bad_lines.py",
        "edge/modbus/test_address.py",
        "edge/modbus/test_doctor.py",
        "edge/modbus/test_field_reader.py",
        "edge/modbus/test_frame.py",
        "edge/modbus/test_overheard.py",
        "edge/modbus/test_recognise.py",
        "edge/modbus/test_registers.py",
        "edge/modbus/test_rounds.py",
        "edge/modbus/test_templates.py",
        "edge/site_check/test_buffer_test.py",
        "edge/site_check/test_looks.py",
        "firmware_bridge/flash/test_locks.py",
        "firmware_bridge/flash/test_patterns.py",
        "firmware_bridge/flash/test_plan.py",
        "firmware_bridge/flash/test_plausible.py",
        "firmware_bridge/flash/test_target.py",
        "project/test_adding_a_device.py",
        "project/test_reasons_in_two_languages.py",
        "project/test_sensor_pages.py",
    )
]
_GROUP = "programs"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of those folders, and all that need a server, into one group."""
    for item in items:
        around = {item.path, *item.path.parents}
        if item.get_closest_marker("server") or (around & set(_ONE_AFTER_THE_OTHER) and not around & set(_BESIDE)):
            item.add_marker(pytest.mark.xdist_group(_GROUP))
