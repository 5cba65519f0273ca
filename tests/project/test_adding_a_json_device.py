"""The page that adds a JSON device says what really comes out: its message, its command, its config and its line belong together."""

import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest

from edge.decoders.table import build_decoder
from edge.normalise import Normaliser, NormaliseSettings
from quanho.cli import main
from telemetry.lineprotocol.parse import parse_strict

_PAGE = (Path(__file__).parents[2] / "docs/sensors/adding-a-json-device.md").read_text(encoding="utf-8")
_BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", _PAGE, re.DOTALL | re.MULTILINE)
_MESSAGE, _PRINTED = (text for kind, text in _BLOCKS if kind == "json")
_COMMAND = next(text for kind, text in _BLOCKS if kind == "sh")
_SOURCE = tomllib.loads(next(text for kind, text in _BLOCKS if kind == "toml"))["source"][0]
_LINE = next(text for kind, text in _BLOCKS if not kind)


def test_the_command_prints_what_the_page_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "message.json").write_text(_MESSAGE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    program, *words = shlex.split(_COMMAND.replace("\\\n", " "))
    assert program == "quanho"
    assert main(words) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out) == json.loads(_PRINTED)
    assert printed.err.splitlines()[-1] == "readings=1 rejected=0"


def test_the_config_stores_the_line_that_the_page_shows() -> None:
    options = dict(_SOURCE["decoder"])
    decoder = build_decoder(options.pop("kind"), options, _SOURCE["topics"])
    (reading,) = decoder.decode("farm/bn01/pond-3", _MESSAGE.encode()).readings
    normaliser = Normaliser("ponds", "bn01", "gw-test", NormaliseSettings.model_validate(_SOURCE["normalise"]))
    point = normaliser.normalise(reading, 1_764_216_001_000_000_000).point
    (shown,) = parse_strict(_LINE.encode(), 0)
    assert point is not None
    assert point.measurement == shown.measurement
    assert dict(point.tags) == dict(shown.tags)
    assert dict(point.fields) == dict(shown.fields)
    assert point.time_ns == shown.time_ns
