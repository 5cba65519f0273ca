"""`quanho bundle rollout`: a plan tried on a fleet that does not exist."""

import json
from pathlib import Path

import pytest

from quanho.cli import main

PLAN = """
id = "r"
firmware = "reference"
version = "2.0.0"
[[waves]]
count = 1
[[waves]]
share = 1.0
"""


def test_it_prints_a_timeline_and_its_exit_code_says_how_it_ends(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(PLAN)
    assert main(["--lang", "en", "bundle", "rollout", str(path), "--sites", "2"]) == 0
    assert "done  (kept 6, went back 0, waiting 0)" in capsys.readouterr().out
    assert main(["bundle", "rollout", str(path), "--goes-back", "1", "--json"]) == 1
    *_, last = map(json.loads, capsys.readouterr().out.splitlines())
    assert (last["phase"], last["counts"]["went back"]) == ("aborted", 1)


def test_a_wrong_plan_is_told_key_by_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(PLAN.replace("share = 1.0", "share = 0.5").replace("count", "cuont"))
    assert main(["bundle", "rollout", str(path)]) == 2
    assert "cuont" in capsys.readouterr().err
