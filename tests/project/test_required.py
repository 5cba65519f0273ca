"""The rule of tests/required.py, tried on a suite of its own in a fresh process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SUITE = """
import pytest

@pytest.mark.server
def test_needs_a_broker():
    pytest.skip("mosquitto is not installed")

@pytest.mark.server
@pytest.mark.skipif(True, reason="influxd is not installed")
def test_needs_a_store():
    pass

@pytest.mark.server
@pytest.mark.xfail(reason="known")
def test_known_failure():
    assert False

def test_needs_a_device():
    pytest.skip("no device")
"""


def outcome(folder: Path, required: str) -> tuple[int, str]:
    (folder / "conftest.py").write_text("from tests.required import *\n")
    (folder / "test_suite.py").write_text(SUITE)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "QUANHO_REQUIRE_SERVERS": required}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "-c",
        str(ROOT / "pyproject.toml"),
        "--rootdir",
        str(folder),
        str(folder),
    ]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, cwd=folder)
    return done.returncode, done.stdout


def test_skip_for_want_of_a_server_fails_where_servers_are_required(tmp_path: Path) -> None:
    code, output = outcome(tmp_path, "1")
    assert code == 1
    assert "1 failed, 1 skipped, 1 xfailed, 1 error" in output  # a mark skips before the test begins, hence the error
    assert "may not be skipped here: Skipped: mosquitto is not installed" in output
    assert "may not be skipped here: Skipped: influxd is not installed" in output


@pytest.mark.parametrize("required", ["", "0"])
def test_skip_is_only_a_skip_elsewhere(tmp_path: Path, required: str) -> None:
    code, output = outcome(tmp_path, required)
    assert code == 0
    assert "3 skipped, 1 xfailed" in output
