"""`quanho dashboards deploy` as an operator meets it, against a Grafana in software."""

import copy
import io
import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from quanho.cli import main
from tests.dashboards.fake_grafana.faults import Fault, Kind
from tests.dashboards.fake_grafana.server import TOKEN, FakeGrafana, running
from tests.dashboards.fake_grafana.store import Store, with_others

INFLUX_PASSWORD = "a pass phrase for reading"
Run = Callable[..., int]


@pytest.fixture(scope="module")
def server() -> Iterator[FakeGrafana]:
    with pytest.MonkeyPatch.context() as patch, running(Store(), None) as fake:
        patch.setenv("NO_PROXY", "127.0.0.1")
        yield fake


@pytest.fixture
def fake(server: FakeGrafana) -> FakeGrafana:
    server.store = with_others()
    server.behaviour.before_write = lambda _method, _path: None
    server.forget()
    return server


@pytest.fixture
def run(fake: FakeGrafana, tmp_path: Path) -> Run:
    """Return what runs the command for Vietnamese dashboards, with a data source and its password; with alerts where they matter."""
    for name, content in (("token", TOKEN), ("influx", INFLUX_PASSWORD)):
        (tmp_path / name).write_text(f"{content}\n", encoding="utf-8")
        (tmp_path / name).chmod(0o600)

    def deploy(*arguments: str, url: str = "") -> int:
        place = ["--url", url or fake.url, "--token-file", str(tmp_path / "token"), "--languages", "vi"]
        store = ["--influx", "http://influxdb:8086", "--influx-user", "grafana", "--influx-password-file", str(tmp_path / "influx")]
        alerts = [] if {"--contacts", "--no-contacts", "--prune"} & set(arguments) else ["--without-alerts"]
        return main(["--lang", "en", "dashboards", "deploy", *place, *store, *alerts, *arguments])

    return deploy


def test_what_a_hostile_grafana_says_of_itself_moves_nothing_on_the_terminal(
    run: Run, fake: FakeGrafana, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fake.behaviour, "version", "13.0.0\033]0;mine\a\033[2J")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    fake.store.boards["quanho-\033[2J"] = [{"json": {"title": "x", "tags": ["quanho"]}, "folderUid": "ops", "message": "", "version": 1}]
    run("--dry-run")
    shown = capsys.readouterr()
    assert "\033" not in shown.out + shown.err.replace("\033[K", "")
    assert "Grafana 13.0.0]0;mine[2J http" in shown.out


def test_a_dry_run_shows_the_plan_and_says_by_its_exit_code_that_something_would_change(
    run: Run, fake: FakeGrafana, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--dry-run") == 1
    shown = capsys.readouterr().out
    assert "+ dashboard quanho-air-vi" in shown
    assert "0 refused" in shown
    assert "\033[" not in shown
    assert fake.written == []
    assert run("--yes") == 0
    assert run("--dry-run") == 0


def test_a_deployment_says_each_step_and_a_second_one_that_nothing_is_to_be_done(
    run: Run, fake: FakeGrafana, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--yes") == 0
    assert "done  data source quanho-influxdb" in capsys.readouterr().out
    fake.forget()
    assert run() == 0
    assert "0 to change" in capsys.readouterr().out
    assert fake.written == []


def test_without_a_keyboard_nothing_is_done_until_yes_is_said(run: Run, fake: FakeGrafana, capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 2
    assert "--yes" in capsys.readouterr().err
    assert fake.written == []


@pytest.mark.parametrize(("answer", "code", "is_written"), [("y\n", 0, True), ("có\n", 0, True), ("\n", 1, False), ("", 1, False)])
def test_on_a_terminal_the_plan_is_shown_and_then_asked_about(
    answer: str, code: int, is_written: bool, run: Run, fake: FakeGrafana, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Keyboard(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Keyboard(answer))
    assert run() == code
    assert bool(fake.written) is is_written


def test_json_is_one_object_with_every_step(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--json", "--yes") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["ok"], told["exit_code"], told["grafana"], told["dry_run"]) == (True, 0, "13.0.0", False)
    assert {(each["verb"], each["state"]) for each in told["actions"]} == {("create", "done")}
    assert run("--json") == 2
    assert json.loads(capsys.readouterr().out)["ok"] is False


def test_no_secret_is_in_any_output(run: Run, fake: FakeGrafana, capsys: pytest.CaptureFixture[str]) -> None:
    fake.forget()
    run("--yes")
    source = next(number for number, asked in enumerate(fake.asked, 1) if INFLUX_PASSWORD.encode() in asked.body)
    run("--json", "--dry-run", "--force", "--renew-secrets")
    kinds: tuple[Kind, ...] = ("late cut", "html 502", "403", "echo")
    for kind in kinds:
        fake.store = with_others()
        fake.forget(Fault(kind, source))
        run("--yes")
    fake.forget(Fault("401", 2))
    run("--yes")
    shown = "".join(capsys.readouterr())
    assert "bad request" in shown
    assert TOKEN not in shown
    assert INFLUX_PASSWORD not in shown


def test_a_token_that_grafana_does_not_take_is_a_matter_of_configuration(
    run: Run, fake: FakeGrafana, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.forget(Fault("401", 2))
    assert run("--yes") == 2
    assert "new token" in capsys.readouterr().err


def test_a_grafana_that_does_not_answer_has_an_exit_code_of_its_own(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--dry-run", "--json", url="http://127.0.0.1:9") == 3
    told = json.loads(capsys.readouterr().out)
    assert told["exit_code"] == 3
    assert "no connection to Grafana" in told["error"]


def test_what_is_refused_is_named_and_the_rest_is_done(run: Run, fake: FakeGrafana, capsys: pytest.CaptureFixture[str]) -> None:
    theirs = {"uid": "quanho-air-vi", "title": "Mine", "tags": [], "panels": []}
    fake.store.boards["quanho-air-vi"] = [{"json": theirs, "folderUid": "it", "message": "", "version": 1}]
    assert run("--yes", "--force") == 1
    assert "! dashboard quanho-air-vi" in capsys.readouterr().out
    assert "quanho-water-vi" in fake.store.boards
    assert fake.store.boards["quanho-air-vi"][-1]["json"] == theirs


def test_titles_of_others_do_not_reach_the_terminal_as_control_characters(
    run: Run, fake: FakeGrafana, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = {"uid": "quanho-air-vi", "title": "\x1b[2J\nMine", "tags": ["quanho"], "panels": [{"id": 1, "title": "\x1b[31m"}]}
    fake.store.folders["it"]["title"] = "\x1b]0;x\x07"
    fake.store.boards["quanho-air-vi"] = [{"json": theirs, "folderUid": "it", "message": "\x1b", "version": 1}]
    assert run("--dry-run") == 1
    shown = "".join(capsys.readouterr())
    assert not any(each in shown for each in "\x1b\x07")


def test_what_was_done_before_a_failure_is_said_and_the_next_run_does_the_rest(
    run: Run, fake: FakeGrafana, capsys: pytest.CaptureFixture[str]
) -> None:
    run("--dry-run")
    fake.forget(Fault("cut", len(fake.asked) + 3))
    assert run("--yes") == 3
    shown = capsys.readouterr().out
    assert "done  folder quanho-vi" in shown
    assert "FAILED  dashboard" in shown
    assert "run again" in shown
    fake.forget()
    assert run("--yes") == 0
    assert run("--dry-run") == 0


def test_ctrl_c_in_the_middle_says_what_was_done_and_the_next_run_does_the_rest(
    run: Run, fake: FakeGrafana, capsys: pytest.CaptureFixture[str]
) -> None:
    def pressed(_method: str, path: str) -> None:
        if path == "/api/dashboards/db" and len(fake.store.boards) > 5:
            fake.behaviour.before_write = lambda _method, _path: None
            os.kill(os.getpid(), signal.SIGINT)

    fake.behaviour.before_write = pressed
    assert run("--yes") == 130
    shown = capsys.readouterr().out
    assert "done  dashboard" in shown
    assert "ended in the middle" in shown
    assert run("--yes") == 0


def test_what_others_made_stays_as_it_is(run: Run, fake: FakeGrafana) -> None:
    others = fake.store.foreign()
    run("--yes")
    run("--yes", "--prune", "--force")
    assert fake.store.foreign() == others


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--languages", "vi,fr"), "fr: choose from vi, en"),
        (("--timeout", "0"), "no number of seconds"),
        (("--user", "x"), "go together"),
        (("--contacts", "/nowhere/x.toml"), "x.toml"),
        (("--influx", "influx:8086"), "must look like"),
        (("--ca-file", "/nowhere.pem"), "nowhere.pem"),
    ],
)
def test_wrong_arguments_are_told_with_the_way_out(
    arguments: tuple[str, ...], words: str, run: Run, fake: FakeGrafana, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = run(*arguments, "--yes")
    except SystemExit as error:
        code = int(str(error.code))
    assert code == 2
    assert words in capsys.readouterr().err
    assert fake.asked == []


def test_contacts_are_deployed_and_stay_when_the_file_is_forgotten(
    run: Run, fake: FakeGrafana, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("bot", "hmac"):
        (tmp_path / name).write_text(f"secret of the {name}")
        (tmp_path / name).chmod(0o600)
    contacts = tmp_path / "contacts.toml"
    contacts.write_text(
        """
        [[telegram]]
        name = "chat"
        token_file = "bot"
        chat_id = "-100"

        [[webhook]]
        name = "oncall"
        url = "https://oncall.example/hook"
        secret_file = "hmac"
        watchdog = true
        """
    )
    others = copy.deepcopy((fake.store.points, fake.store.policies))
    assert run("--yes", "--contacts", str(contacts)) == 0
    points, policies = fake.store.points, fake.store.policies
    assert {point["settings"]["bottoken"] for point in points.values() if point["type"] == "telegram"} == {"secret of the bot"}
    assert policies["routes"][0]["receiver"].startswith("quanho-")
    fake.forget()
    assert run("--yes", "--contacts", str(contacts)) == 0
    assert fake.written == []
    before = copy.deepcopy((points, policies))
    assert run("--yes", "--prune") == 0
    assert (fake.store.points, fake.store.policies) == before
    assert run("--yes", "--prune", "--no-contacts") == 0
    assert (fake.store.points, fake.store.policies) == others
    shown = "".join(capsys.readouterr())
    assert "secret of the" not in shown


def test_an_operator_reads_vietnamese(run: Run, fake: FakeGrafana, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--yes") == 0
    fake.store.datasources["quanho-influxdb"]["url"] = "http://by-hand"
    place = ["--url", fake.url, "--token-file", str(tmp_path / "token"), "--influx", "http://influxdb:8086", "--lang", "vi"]
    assert main(["dashboards", "deploy", *place, "--languages", "vi", "--without-alerts", "--dry-run"]) == 1
    shown = capsys.readouterr().out
    assert "! nguồn dữ liệu quanho-influxdb" in shown
    assert "đã được sửa bằng tay" in shown
