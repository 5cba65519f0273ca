"""The commands that the README and .ci/run promise."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TARGETS = ["help", "setup", "demo", "test", "lint", "bench", "peers", "clean"]


def test_make_alone_lists_every_command() -> None:
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert re.findall(r"^make ([a-z]+) ", listed, re.MULTILINE) == TARGETS


def test_ci_runs_the_commands_of_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    assert re.findall(r"^make (\w+)$", script, re.MULTILINE) == ["setup", "lint", "test"]
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_setup_explains_itself_when_called_wrongly() -> None:
    answer = subprocess.run([ROOT / "deploy" / "setup.sh"], capture_output=True, text=True, check=False)
    assert answer.returncode == 2
    assert "deploy/setup.sh programs" in answer.stderr


def test_setup_names_what_is_missing_and_the_way_out_where_it_may_not_install(tmp_path: Path) -> None:
    for program in ("bash", "dirname", "tr", "id"):
        (tmp_path / program).symlink_to(f"/usr/bin/{program}")
    answer = subprocess.run(
        ["/usr/bin/env", "-i", f"PATH={tmp_path}", "bash", str(ROOT / "deploy" / "setup.sh"), "programs"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    missing = re.search(r"^setup: not installed: (.*)$", answer.stderr, re.MULTILINE)
    assert missing is not None
    assert {"avrdude", "gcc-avr", "stm32flash", "mtools"} <= set(missing[1].split())
    assert f"sudo apt-get update && sudo apt-get install -y --no-install-recommends {missing[1]}" in answer.stderr


@pytest.mark.parametrize("path", ["Makefile", ".ci/run", "deploy/setup.sh", "deploy/README.md", "CONTRIBUTING.md", "pyproject.toml"])
def test_no_file_names_a_package_registry(path: str) -> None:
    assert not re.search(r"pypi\.|files\.pythonhosted|deb\.debian|index-url|find-links", (ROOT / path).read_text())
