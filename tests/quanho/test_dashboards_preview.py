"""`quanho dashboards preview`, as its users call it."""

import gzip
import json
import time
from pathlib import Path

import pytest

from quanho.cli import main
from quanho.demo.influxql import influxql
from quanho.demo.servers import Influxd
from runtime.influx import InfluxClient
from runtime.influx_settings import InfluxSettings
from tests.system.conftest import influxd

__all__ = ["influxd"]

pytestmark = pytest.mark.server


def test_each_dashboard_is_a_picture_in_each_language(influxd: Influxd, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    influxql(influxd.url, "", "CREATE DATABASE quanho")
    now_s = time.time_ns() // 1_000_000_000
    lines = "".join(f"air,site=a,gateway=g,device=d pm2_5={at % 60}.5,quality=0i {now_s - 60 * at}000000000\n" for at in range(60))
    InfluxClient(InfluxSettings(url=influxd.url, database="quanho")).write(gzip.compress(lines.encode()))
    out = tmp_path / "pictures"
    assert main(["dashboards", "preview", "--influx", influxd.url, "--only", "air", "--out", str(out), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [Path(each["file"]).name for each in told["pictures"]] == ["air-vi.png", "air-en.png"]
    assert {path.name: path.read_bytes()[:4] for path in out.iterdir()} == {"air-vi.png": b"\x89PNG", "air-en.png": b"\x89PNG"}


def test_a_store_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "en", "dashboards", "preview", "--influx", "http://127.0.0.1:9", "--out", str(tmp_path)]) == 3
    assert "cannot ask the InfluxDB at http://127.0.0.1:9" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["--only", "airs"], "there is no dashboard airs; there are overview, air"),
        (["--from", "-1h", "--to", "-2h"], "--from must be before --to"),
        (["--from", "yesterday"], "is no time"),
    ],
)
def test_what_cannot_be_meant_is_said(
    words: list[str], answer: str, influxd: Influxd, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--lang", "en", "dashboards", "preview", "--influx", influxd.url, "--out", str(tmp_path), *words]) == 2
    assert answer in capsys.readouterr().err
