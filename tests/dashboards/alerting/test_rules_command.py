"""`quanho dashboards rules`, in both languages, with files as they come."""

import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from quanho import cli

_BASE_S = 1_795_000_000 // 3600 * 3600


class Done(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `quanho dashboards rules …` in English or Vietnamese."""

    def call(*words: object, language: str = "en") -> Done:
        monkeypatch.setenv("QUANHO_LANG", language)
        try:
            code = cli.main(["dashboards", "rules", *map(str, words)])
        except SystemExit as ended:  # argparse
            code = int(ended.code or 0)
        return Done(code, *capsys.readouterr())

    return call


@pytest.fixture
def flood(tmp_path: Path) -> Path:
    """Return an hour of a river that rises above alarm III and a gauge that then falls silent, compressed, with a broken line."""
    file = tmp_path / "flood.lp.gz"
    gauge = [f"water_level,site=s,gateway=g,device=dap-cau level={4 + minute / 10},quality=0i" for minute in range(40)]
    lines = [f"{line} {(_BASE_S + 60 * minute) * 10**9}" for minute, line in enumerate(gauge)]
    lines += ["this is no line", f"gateway,site=s,gateway=g,device=g quality=0i {(_BASE_S + 5400) * 10**9}", ""]
    file.write_bytes(gzip.compress("\n".join(lines).encode()))
    return file


def test_list_and_show_say_it_in_both_languages(run: Run) -> None:
    assert "Water at alarm III" in run("list").out
    assert "Mực nước đạt báo động III" in run("list", language="vi").out
    shown = run("show", "flood-3").out
    assert "6.3  dap-cau (Đáp Cầu, Cầu [B])" in shown
    assert "[vi] Mực nước đạt báo động III" in shown
    assert "[en] Water at alarm III" in shown
    assert "ben-ho" not in shown
    assert "bad when: > 45 QCVN 05:2023/BTNMT" in run("show", "air-pm2-5").out


def test_json_has_every_rule_and_what_grafana_is_given(run: Run) -> None:
    listed = json.loads(run("list", "--json").out)["rules"]
    shown = json.loads(run("show", "flood", "--json").out)["rules"]
    assert [rule["uid"] for rule in listed if rule["subject"] == "water"] == [rule["uid"] for rule in shown]


def test_replay_prints_the_timeline(run: Run, flood: Path) -> None:
    done = run("test", "flood-3", "--replay", flood)
    assert done.code == 0
    assert "41 points" in done.out
    assert "1 lines cannot be read; the first: line 41" in done.out
    assert "s/g/dap-cau: Normal → Pending  0" in done.out
    assert "s/g/dap-cau: Pending → Firing  0.5" in done.out
    assert "at the end: s/g/dap-cau: Firing, blind" in done.out
    assert "\x1b[" not in done.out
    assert "cuối cùng: s/g/dap-cau: Firing, mù" in run("test", "flood-3", "--replay", flood, language="vi").out


def test_replay_as_json_is_one_object(run: Run, flood: Path) -> None:
    answer: dict[str, Any] = json.loads(run("test", "flood", "--replay", flood, "--json").out)
    assert answer["ok"]
    assert answer["fired"]
    assert [rule["name"] for rule in answer["rules"]] == ["flood-1", "flood-2", "flood-3"]
    first = answer["rules"][2]["changes"][0]
    assert first["labels"] == {"site": "s", "gateway": "g", "device": "dap-cau"}
    assert (first["before"]["state"], first["after"]["state"]) == ("Normal", "Pending")


def test_replay_of_a_part(run: Run, flood: Path) -> None:
    early = run("test", "flood-3", "--replay", flood, "--to", "2026-11-18T18:20:00+07:00", "--json")
    assert not json.loads(early.out)["fired"]
    done = run("test", "flood-3", "--replay", flood, "--from", "2026-11-18T18:10:00+07:00", "--every", "600", "--json")
    assert json.loads(done.out)["rules"][0]["evaluations"] == 9


def test_expectation_decides_the_exit_code(run: Run, flood: Path) -> None:
    assert run("test", "flood-3", "--replay", flood, "--expect", "firing").code == 0
    done = run("test", "flood-3", "--replay", flood, "--expect", "quiet")
    assert done.code == 1
    assert "it fired" in done.err


def test_recording_without_what_is_asked_for_is_said(run: Run, flood: Path) -> None:
    done = run("test", "air-pm10", "--replay", flood)
    assert done.code == 3
    assert "nothing of air" in done.err


def test_csv_is_read_by_its_columns(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "hanoi.csv"
    rows = [f"2026-03-{1 + hour // 24:02d} {hour % 24:02d}:00:00,{60},x" for hour in range(30)]
    file.write_text("\n".join(["When,PM25,Other", *rows, "2026-03-09 00:00:00,broken,x"]), encoding="utf-8")
    done = run(
        "test", "air-pm2-5", "--replay", file, "--csv", "When", "--column", "pm2_5=PM25", "--to", "2026-03-02T06:00:00+00:00", "--json"
    )
    answer = json.loads(done.out)
    assert answer["fired"]
    assert answer["unreadable"] == 1
    assert (
        "has no column PM10; it has: When, PM25, Other"
        in run("test", "air-pm10", "--replay", file, "--csv", "When", "--column", "pm10=PM10").err
    )
    assert run("test", "air-pm10", "--replay", file, "--csv", "When").code == 2


def test_csv_of_a_river_is_held_against_the_levels_of_its_gauge(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "river.csv"
    file.write_text("\n".join(["Time,H", *(f"2026-09-09 00:{minute:02d}:00,6.5" for minute in range(20))]), encoding="utf-8")
    csv = ("test", "flood-3", "--replay", file, "--csv", "Time", "--column", "level=H")
    unknown = run(*csv)
    assert (unknown.code, "nothing of a gauge whose alarm levels are known (dap-cau, " in unknown.err) == (3, True)
    known = run(*csv, "--tag", "device=dap-cau", "--tag", "site=bac-ninh", "--expect", "firing")
    assert (known.code, "bac-ninh/csv/dap-cau: Pending → Firing" in known.out) == (0, True)
    assert "names are site, gateway, device" in run(*csv, "--tag", "gauge=dap-cau").err
    assert run("test", "flood-3", "--replay", file, "--tag", "device=dap-cau").code == 2


def test_csv_with_impossible_times_and_values_is_read_as_far_as_it_goes(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "odd.csv"
    times = ("0001-01-01T00:00:00+07:00", "1969-01-01T00:00:00", "9999-12-31T23:59:59", "2026-09-09T00:00:00")
    file.write_text("\n".join(["Time,H", *(f"{time},6.5" for time in times), "2026-09-09T00:01:00,nan", "2026-09-09T00:01:00,1e999"]))
    csv = ("--csv", "Time", "--column", "level=H", "--tag", "device=dap-cau", "--json")
    answer = json.loads(run("test", "flood-3", "--replay", file, *csv).out)
    assert (answer["points"], answer["unreadable"]) == (1, 5)


def test_hourly_recording_tells_of_alerts_and_not_of_the_age_of_what_is_well(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "hourly.csv"
    rows = [f"2026-09-09T{hour:02d}:00:00,{6.5 if hour > 20 else 1}" for hour in range(24)]
    file.write_text("\n".join(["Time,H", *rows]), encoding="utf-8")
    csv = ("--csv", "Time", "--column", "level=H", "--tag", "device=dap-cau", "--json")
    (rule,) = json.loads(run("test", "flood-3", "--replay", file, *csv).out)["rules"]
    assert [each["after"]["state"] for each in rule["changes"]][:3] == ["Pending", "Firing", "Firing"]


def test_old_recordings_may_be_held_against_a_later_law(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "old.csv"
    rows = [f"2013-03-{1 + hour // 24:02d} {hour % 24:02d}:00:00,60" for hour in range(30)]
    file.write_text("\n".join(["When,PM25", *rows]), encoding="utf-8")
    words = ("test", "air-pm2-5", "--replay", file, "--csv", "When", "--column", "pm2_5=PM25")
    assert "no limit was in force then" in run(*words).out
    assert run(*words, "--limits-of", "2026-01-01", "--expect", "firing").code == 0
    assert run(*words, "--limits-of", "soon").code == 2


@pytest.mark.parametrize("content", [b"", b"\x1f\x8b\x08\x00damaged", b"\x00\xff\xfe", b"air pm2_5=3\n"])
def test_file_without_points_is_refused_in_words(run: Run, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "bad.lp"
    file.write_bytes(content)
    done = run("test", "flood-3", "--replay", file)
    assert done.code == 2
    assert "holds no point that can be read" in done.err


def test_recording_that_was_cut_is_replayed_as_far_as_it_goes(run: Run, flood: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.lp.gz"
    plain = gzip.decompress(flood.read_bytes()) * 50
    cut.write_bytes(gzip.compress(plain, 0)[:-2000])
    done = run("test", "flood-3", "--replay", cut)
    assert done.code == 0
    assert "cut or damaged" in done.out or "cannot be read" in done.out


def test_standard_input_is_read(run: Run, flood: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(flood.read_bytes())))
    assert run("test", "flood-3", "--replay", "-", "--expect", "firing").code == 0


def test_wrong_usage_is_said_with_the_way_out(run: Run, flood: Path, tmp_path: Path) -> None:
    assert "did you mean flood-3?" in run("show", "flood3").err
    assert "cannot read" in run("test", "flood-3", "--replay", tmp_path / "none.lp").err
    assert run("test", "flood-3", "--replay", tmp_path).code == 2
    late = run("test", "flood-3", "--replay", flood, "--from", "2027-01-01T00:00:00+07:00")
    assert (late.code, "before --to" in late.err) == (2, True)
    old = tmp_path / "old.lp"
    old.write_text(
        f"water_level,site=s,gateway=g,device=dap-cau level=1,quality=0i 1\nair quality=0i {_BASE_S * 10**9}\n", encoding="utf-8"
    )
    assert "too many evaluations" in run("test", "flood-3", "--replay", old).err
    assert json.loads(run("test", "flood3", "--replay", flood, "--json").out)["exit_code"] == 2
    assert run().code == 2
