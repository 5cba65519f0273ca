"""`quanho flash` as people and scripts meet it."""

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from firmware_bridge.flash.causes import Cause
from firmware_bridge.flash.plan import Step
from firmware_bridge.records.installation import installation_of
from firmware_bridge.records.signed import verify
from quanho import lang
from quanho.cli import main
from quanho.flash_words import BOARDS, CAUSES, STEPS
from tests.stand_ins.esp32_rom import Esp32Rom
from tests.stand_ins.flashing import FlashCommand, esp32_bundle, json_lines, written

_ROOT = Path(__file__).resolve().parents[2]
NAMED = ("--device", "tram-07", "--site", "bac-ninh", "--yes", "--blank")


@pytest.fixture(autouse=True)
def a_language_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lang, "_chosen", {})


@pytest.fixture(name="board")
def esp32(tmp_path: Path) -> "Esp32Rom":
    return Esp32Rom(tmp_path / "board", runs_link=True)


def command(folder: Path, board: Esp32Rom) -> FlashCommand:
    return FlashCommand(folder, board.port, board.environment)


class Here:
    """The command in this process; what it preloads into programs is not preloaded here."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._folder = folder
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        self._port = ""
        monkeypatch.setenv("QUANHO_TECHNICIAN", str(folder / "technician"))

    def on(self, board: Esp32Rom) -> None:
        self._port = str(board.port)
        for name, value in board.environment.items():
            self._monkeypatch.setenv(name, value)

    def __call__(self, *words: object, language: str = "en") -> tuple[int, str, str]:
        options = ["--port", self._port, *(f"--{name}={self._folder / name}" for name in ("trust", "state", "outbox"))]
        code = main(["--lang", language, "flash", *options, *map(str, words)])
        return code, *self._capsys.readouterr()


@pytest.fixture(name="here")
def command_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    return Here(tmp_path, monkeypatch, capsys)


def wait_for(program: "subprocess.Popen[str]", is_it: Callable[[dict[str, object]], bool]) -> None:
    """Read JSON lines until one is the one that is meant."""
    assert program.stdout is not None
    for line in program.stdout:
        if is_it(json.loads(line)):
            return
    pytest.fail(f"it never came: {program.stderr.read() if program.stderr else ''}")


def begins(step: str) -> Callable[[dict[str, object]], bool]:
    return lambda line: line["event"] == "begin" and line["step"] == step


@pytest.mark.server
def test_kill_at_each_step_and_the_same_command_finishes(tmp_path: Path, board: Esp32Rom) -> None:
    bundle = written(tmp_path, *esp32_bundle(size=200_000))
    label = tmp_path / "label.svg"
    words = (bundle, *NAMED, "--json", "--label", label)
    moments = [
        lambda line: line["event"] == "progress",
        *(begins(step) for step in (Step.FIRST_READING, Step.IDENTITY, Step.RECORD)),
    ]
    with board:
        quanho = command(tmp_path, board)
        for moment in moments:
            program = quanho.start(*words)
            wait_for(program, moment)
            program.send_signal(signal.SIGKILL)
            program.communicate()
        done = quanho.run(*words)
        result = json_lines(done.stdout)[-1]
        assert (done.returncode, result["ok"], result["was_done"]) == (0, True, False), done.stdout + done.stderr
        again = quanho.run(*words)
        assert json_lines(again.stdout)[-1]["was_done"]
        elsewhere = tmp_path / "labels" / "label.svg"
        again = quanho.run(bundle, *NAMED, "--json", "--label", elsewhere)
        assert (again.returncode, json_lines(again.stdout)[-1]["was_done"], elsewhere.exists()) == (0, False, True), again.stdout
        assert not any(begins(Step.WRITE)(line) for line in json_lines(again.stdout))
    (record,) = (tmp_path / "outbox").glob("*.json")
    installation = installation_of(verify(record.read_bytes()))
    assert (installation.device, installation.site, installation.uid, installation.mac) == (
        "tram-07",
        "bac-ninh",
        "240ac4123456",
        "24:0a:c4:12:34:56",
    )
    assert installation.first_reading is not None
    assert {value.field: value.value for value in installation.first_reading.values} == {"temperature": "27.4", "humidity": "81.5"}
    assert label.read_text().startswith("<")
    assert record.stat().st_mode & 0o077 == 0


@pytest.mark.server
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_in_the_middle_says_how_the_board_is_and_how_to_finish(tmp_path: Path, board: Esp32Rom, how: signal.Signals) -> None:
    bundle = written(tmp_path, *esp32_bundle(size=400_000))
    with board:
        program = command(tmp_path, board).start(bundle, *NAMED, "--json")
        wait_for(program, lambda line: line["event"] == "progress")
        program.send_signal(how)
        out, err = program.communicate(timeout=20)
        assert program.returncode == 130
        assert json_lines(out)[-1] | {"event": ""} == {
            "event": "", "ok": False, "exit_code": 130, "cause": "interrupted", "step": "write", "board": "half-written"
        }  # fmt: skip
        assert "The same command finishes it" in err
        assert "Traceback" not in err


@pytest.mark.server
def test_a_board_that_speaks_json_lines_is_proven_by_a_decoder_or_not_at_all(tmp_path: Path, here: Here) -> None:
    bundle = written(tmp_path, *esp32_bundle(sensors=()))
    decoder = ("--expect-decoder", "json", "--decoder-option", "measurement=device", "--decoder-option", "fields.count=n")
    with Esp32Rom(tmp_path / "board") as board:
        here.on(board)
        code, out, _ = here(bundle, *NAMED, *decoder, "--json")
        assert code == 0
        assert json_lines(out)[-1]["readings"][0]["values"].keys() == {"count"}
        code, out, _ = here(bundle, "--device", "tram-08", "--site", "bac-ninh", "--yes", "--no-first-reading")
        assert code == 0
        assert "NOBODY SAW A READING" in out
    notes = {installation_of(verify(path.read_bytes())).note for path in (tmp_path / "outbox").glob("*.json")}
    assert notes == {"first reading: decoder json", "first reading: none"}


@pytest.mark.server
def test_what_is_wrong_has_its_exit_code_and_its_way_out_in_both_languages(tmp_path: Path, board: Esp32Rom, here: Here) -> None:
    bundle = written(tmp_path, *esp32_bundle())
    cut_off = tmp_path / "cut-off.qhb"
    cut_off.write_bytes(bundle.read_bytes()[:-30])
    cases = [
        ((cut_off, *NAMED), Cause.BUNDLE_REFUSED),
        ((bundle, "--device", "tram-07", "--site", "bac-ninh"), Cause.NOT_CONFIRMED),
        ((bundle, *NAMED, "--board", "esp32c3"), Cause.WRONG_CHIP),
    ]
    with board:
        here.on(board)
        for words, cause in cases:
            for language in ("vi", "en"):
                code, _, err = here(*words, language=language)
                assert code == cause.value, err
                assert (CAUSES[cause].vi_do if language == "vi" else CAUSES[cause].en_do) in err
    for not_a_port in (tmp_path, bundle, Path("/dev/null")):
        code, _, err = here(bundle, *NAMED, "--port", not_a_port)
        assert code == Cause.PORT_MISSING.value, err
        assert f"{not_a_port} is no serial port" in err
    code, out, _ = here(bundle, *NAMED, "--json")
    assert code == Cause.PORT_MISSING.value
    assert json_lines(out)[-1]["cause"] == "port-missing"


def test_papers_that_cannot_be_made_before_anything_is_written_do_not_say_that_the_board_is_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = written(tmp_path, *esp32_bundle())
    words = [str(bundle), *NAMED, "--key", str(tmp_path / "none.key"), "--trust", str(tmp_path / "trust"), "--port", "/nonexistent"]
    assert main(["--lang", "en", "flash", *words]) == Cause.RECORD_FAILED.value
    told = capsys.readouterr().err
    assert "none.key" in told
    assert "the board is as it was" in told
    assert "done;" not in told


@pytest.mark.server
def test_on_a_terminal_it_asks_and_takes_no_for_an_answer(tmp_path: Path, board: Esp32Rom) -> None:
    bundle = written(tmp_path, *esp32_bundle())
    with board:
        ours, theirs = pty.openpty()
        words = ["--port", board.port, "--trust", tmp_path / "trust", "--state", tmp_path / "state", "--no-record"]
        program = subprocess.Popen(
            [sys.executable, "-m", "quanho", "--lang", "en", "flash", bundle, *map(str, words)],
            stdin=theirs,
            stderr=subprocess.PIPE,
            text=True,
            cwd=_ROOT,
        )
        os.write(ours, b"n\n")
        _, err = program.communicate(timeout=20)
        os.close(theirs)
        os.close(ours)
    assert "Write reference 1.2.0 to the ESP32" in err
    assert program.returncode == Cause.NOT_CONFIRMED.value


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["{bundle}", "--board", "esp23"], "did you mean 'esp32'?"),
        (["{bundle}", "--device", "tram-07"], "--device and --site go together"),
        (["{bundle}", "--device", "trạm 7", "--site", "x"], "--device"),
        (["{bundle}", "--device", "a" * 33, "--site", "x"], "a board keeps 32 at most"),
        (["{bundle}", "--device", "a", "--site", "b", "--label", "label.pdf"], ".svg or .png"),
        (["{bundle}", "--expect-decoder", "json", "--no-first-reading"], "choose"),
        (["{bundle}", "--expect-decoder", "jsn", "--port", "/dev/null"], "jsn"),
    ],
)
def test_words_that_make_no_sense_are_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str) -> None:
    bundle = written(tmp_path, *esp32_bundle())
    trust = ["--trust", str(tmp_path / "trust"), "--port", "/nonexistent"]
    code = main(["--lang", "en", "flash", *trust, *(word.format(bundle=bundle) for word in words)])
    assert code == 2
    assert said in capsys.readouterr().err


def test_help_and_the_runbook_name_every_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["flash", "--help"])
    helped = capsys.readouterr().out
    runbook = (_ROOT / "docs/runbooks/flash.md").read_text(encoding="utf-8")
    for cause in Cause:
        assert f"{cause.value}  {cause.word}:" in helped
        assert f"| {cause.value} | `{cause.word}` |" in runbook


def test_a_wrong_option_is_told_without_the_table_of_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["flash", "x.qhb", "--baud", "12"])
    told = capsys.readouterr().err
    assert "'12' is no baud rate" in told
    assert "port-missing" not in told


def test_every_cause_step_and_state_has_words_in_both_languages() -> None:
    assert set(CAUSES) == set(Cause)
    assert set(STEPS) == {"plan", "confirm", *Step, "core"}
    assert set(BOARDS) == {"untouched", "half-written", "written", "proven"}


def test_without_a_bundle_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["flash"]) == 2
    assert "quanho flash ports" in capsys.readouterr().err


def test_ports_and_boards_are_listed_for_people_and_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["flash", "boards"]) == 0
    assert "atmega328p-uno" in capsys.readouterr().out
    assert main(["flash", "boards", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["boards"]
    assert main(["flash", "ports", "--json"]) in (0, 1)
    assert set(json.loads(capsys.readouterr().out)) == {"ports", "uf2_drives"}
