"""Which tests may run beside others: `make test` has two workers (pytest-xdist).

Tests that start programs, simulate boards or look at the clock are one scope: they run one after the other on one worker, as they
always did. What only computes runs beside them on the other, a file at a time. xdist's own groups are not used: 3.8 renames tests to
tell their group, which pytest 9.2 no longer lets it.
"""

from functools import cache
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

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
_PROGRAMS = "programs"


class _Scheduler(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return scope(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Give out tests by their scope."""
    return _Scheduler(config, log)


def scope(nodeid: str) -> str:
    """Return what a test belongs to: its file, or the one scope of all that start programs."""
    file = _TESTS.parent / nodeid.partition("::")[0]
    return _PROGRAMS if _needs_quiet(file) else str(file)


@cache
def _needs_quiet(file: Path) -> bool:
    around = {file, *file.parents}
    if around & set(_ONE_AFTER_THE_OTHER) and not around & set(_BESIDE):
        return True
    return file.is_file() and "mark.server" in file.read_text(encoding="utf-8")
