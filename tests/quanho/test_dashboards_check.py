"""`quanho dashboards check` as people and programs call it."""

import gzip
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from quanho.cli import main
from quanho.demo.servers import Influxd
from runtime.influx import InfluxClient
from runtime.influx_settings import InfluxSettings
from tests.dashboards import sample
from tests.dashboards.influx_store import running
from tests.dashboards.sample import Json, broken, panel, rewrite


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as `build` writes it: dashboards, and other files beside them."""
    (tmp_path / "en").mkdir()
    _write(tmp_path, sample.board())
    (tmp_path / "sources.json").write_text('{"apiVersion": 1, "datasources": []}')
    return tmp_path


def _write(folder: Path, board: Json) -> None:
    (folder / "en" / "sample.json").write_text(json.dumps(board))


@pytest.fixture(scope="module")
def influxd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influxd]:
    with running(tmp_path_factory.mktemp("influxd")) as server:
        client = InfluxClient(InfluxSettings(url=server.url, database="quanho"))
        client.create_database()
        lines = "".join(line for line in sample.LINES.splitlines(keepends=True) if not line.startswith("ledger,"))
        client.write(gzip.compress(lines.format(time=time.time_ns() - 60 * 10**9).encode()))
        client.close()
        yield server


def _check(folder: Path, *words: str) -> int:
    return main(["--lang", "en", "dashboards", "check", "--dashboards", str(folder), *words])


def test_files_without_a_fault_are_all_right_without_a_store(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _check(folder, "--offline", "--only", "overview") == 0
    assert "nothing wrong" in capsys.readouterr().out


def test_an_edited_file_gives_a_line_for_what_is_wrong_and_a_count(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _write(folder, broken(rewrite("Dust", "pm2_5", "pm25")))
    assert _check(folder, "--offline", "--only", "air") == 1
    finding, count, total = capsys.readouterr().out.splitlines()
    assert finding.startswith("✗ quanho-sample-en / Dust / A [catalogue] “pm25” is no field")
    assert "→ see telemetry/catalogue" in finding
    assert count == "quanho-sample-en: 1 findings, 0 notes"
    assert "\033" not in finding + total


def test_the_operator_reads_vietnamese(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _write(folder, broken(rewrite("Dust", "pm2_5", "pm25")))
    main(["--lang", "vi", "dashboards", "check", "--offline", "--only", "air", "--dashboards", str(folder)])
    assert "không phải trường hay thẻ" in capsys.readouterr().out


def test_json_is_one_object_with_both_languages(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _write(folder, broken(rewrite("Dust", "pm2_5", "pm25")))
    assert _check(folder, "--offline", "--only", "air", "--json") == 1
    answer = json.loads(capsys.readouterr().out)
    assert (answer["ok"], answer["is_offline"], answer["query_count"]) == (False, True, 6)
    assert answer["dashboards"] == [{"uid": "quanho-sample-en", "finding_count": 1, "note_count": 0}]
    (finding,) = answer["findings"]
    assert (finding["rule"], finding["panel"], finding["ref"]) == ("catalogue", "Dust", "A")
    assert set(finding["what"]) == {"vi", "en"}


@pytest.mark.server
def test_a_store_is_asked_and_what_may_be_empty_counts_only_if_strict(
    influxd: Influxd, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    board = broken(lambda board: board["panels"].remove(panel(board, "Gaps")))  # this version does not know that it may be empty
    _write(folder, board)
    asked = ("--influx", influxd.url, "--only", "air")
    assert _check(folder, *asked) == 0
    out = capsys.readouterr().out
    assert "· quanho-sample-en [store] the store has no measurement “ledger”: Gaps" in out
    assert "0 findings, 1 notes" in out
    assert _check(folder, *asked, "--strict") == 1
    assert _check(folder, *asked, "--from", "2020-01-01", "--to", "2020-01-02") == 1
    assert "no series in the time range" in capsys.readouterr().out


@pytest.mark.server
def test_what_the_store_has_not_is_a_finding(influxd: Influxd, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _write(folder, broken(rewrite("Dust", "pm2_5", "pm10")))
    assert _check(folder, "--influx", influxd.url, "--only", "air", "--json") == 1
    answer = json.loads(capsys.readouterr().out)
    assert {(each["rule"], each["panel"], each["level"]) for each in answer["findings"]} >= {("store", "Dust", "finding")}


@pytest.mark.server
def test_a_store_that_refuses_to_be_asked_at_all_is_told_with_the_way_out(
    influxd: Influxd, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _check(folder, "--influx", influxd.url, "--database", "nowhere") == 2
    said = capsys.readouterr().err
    assert "database not found: nowhere (HTTP 200); look at --database" in said
    assert "SHOW FIELD KEYS" not in said


def test_a_store_that_does_not_answer_has_an_exit_code_of_its_own(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _check(folder, "--influx", "http://127.0.0.1:1") == 3
    assert "cannot ask the InfluxDB at http://127.0.0.1:1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "give --influx URL, or --offline"),
        (("--offline", "--from", "now", "--to", "now-1h"), "--from must be before --to"),
    ],
)
def test_wrong_usage_says_what_is_missing(folder: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str) -> None:
    assert _check(folder, *words) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--only", "airs"), "airs: choose from overview, air"),
        (("--languages", "fr"), "fr: choose from vi, en"),
        (("--from", "yesterday"), "write now-6h"),
    ],
)
def test_words_that_are_not_known_are_answered_with_those_that_are(
    folder: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        _check(folder, "--offline", *words)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "cannot be read as JSON"),
        ('{"panels": 5}', "panels: is of another type"),
        ('{"panels": [5]}', "panels.0: is of another type"),
        ('{"panels": [{"id": 3, "gridPos": {"x": "a"}}]}', "panels.0.gridPos.x: is of another type"),
        ('{"panels": [{"id": 3, "panels": [{"id": 4, "targets": {}}]}]}', "panels.0.panels.0.targets: is of another type"),
        ('{"panels": [], "templating": {"list": [{}]}}', "templating.list.0.name: is missing"),
    ],
)
def test_a_file_that_is_no_dashboard_is_named_not_a_crash(
    folder: Path, capsys: pytest.CaptureFixture[str], content: str, said: str
) -> None:
    (folder / "en" / "sample.json").write_text(content)
    assert _check(folder, "--offline") == 2
    assert f"en/sample.json: {said}" in capsys.readouterr().err


def test_a_folder_without_dashboards_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _check(tmp_path, "--offline") == 2
    assert "holds no dashboard" in capsys.readouterr().err
    assert _check(tmp_path / "none", "--offline") == 2
    assert "is no folder" in capsys.readouterr().err


def test_the_dashboards_of_this_version_are_checked_without_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "en", "dashboards", "check", "--offline"]) == 0
    assert "14 dashboards" in capsys.readouterr().out
