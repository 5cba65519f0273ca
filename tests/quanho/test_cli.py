"""The frame of the command line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from quanho import cli, lang
from telemetry.errors import ConfigError, Problem, TransientError


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUANHO_LANG", "en")


def _command_raising(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: str) -> None:
    """Add a command `fail` that raises `error`, the way a maintainer adds one: a module and a row."""
    (tmp_path / "quanho_fail.py").write_text(
        f"from telemetry.errors import *\n"
        f"def run(arguments): raise {error}\n"
        f"def add_parser(subparsers): subparsers.add_parser('fail').set_defaults(run=run)\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "quanho_fail", raising=False)
    monkeypatch.setitem(cli.COMMANDS, "fail", "quanho_fail")


def test_a_config_error_lists_every_problem_and_exits_2(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    problems = "[Problem('a.toml', 'spool.quota', 'too small'), Problem('a.toml', 'uplink.url', 'missing')]"
    _command_raising(monkeypatch, tmp_path, f"ConfigError({problems})")
    assert cli.main(["fail"]) == 2
    expected = ConfigError([Problem("a.toml", "spool.quota", "too small"), Problem("a.toml", "uplink.url", "missing")])
    assert capsys.readouterr().err.splitlines() == [f"quanho: {problem}" for problem in expected.problems]


def test_an_expected_error_is_one_line_and_exit_1(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _command_raising(monkeypatch, tmp_path, "TransientError('the store is away')")
    assert cli.main(["fail"]) == 1
    assert capsys.readouterr().err == f"quanho: {TransientError('the store is away')}\n"


def test_a_row_without_its_module_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(cli.COMMANDS, "ghost", "quanho.commands.ghost")
    with pytest.raises(ModuleNotFoundError):
        cli.main(["--help"])


def test_a_command_does_not_import_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(cli.COMMANDS, "ghost", "quanho.commands.ghost")
    assert cli.main(["lp", "parse", "/dev/null"]) == 0


@pytest.mark.parametrize("words", [[], ["unknown"], ["lp"], ["--lang", "fr", "lp"]])
def test_wrong_usage_exits_2(words: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(words)
    assert caught.value.code == 2


@pytest.mark.parametrize("command", sorted(cli.COMMANDS))
def test_every_command_adds_itself_under_its_own_name(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main([command, "--help"])
    assert caught.value.code == 0
    assert f"usage: quanho {command}" in capsys.readouterr().out


def test_the_language_is_vietnamese_unless_english_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for value, expected in (("", "vi"), ("vi", "vi"), ("en", "en"), ("en_GB.UTF-8", "en"), ("fr", "vi")):
        monkeypatch.setenv("QUANHO_LANG", value)
        assert (lang.current(), lang.say("chào", "hello")) == (expected, {"vi": "chào", "en": "hello"}[expected])


@pytest.mark.parametrize("given", [["--lang", "en"], ["--lang=en"]])
@pytest.mark.parametrize("at", [0, 1, 2, 3])
def test_the_language_is_named_before_or_behind_the_command(
    given: list[str], at: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(lang, "_chosen", {})
    words = ["decode", "--guess", "/dev/null"]
    assert cli.main([*words[:at], *given, *words[at:]]) == 1
    assert "no decoder recognises" in "".join(capsys.readouterr())


@pytest.mark.parametrize("words", [["decode", "--list", "--lang", "fr"], ["decode", "--list", "--lang"], ["decode", "--lang", "--list"]])
def test_a_language_that_is_none_is_wrong_usage(words: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(words)
    assert caught.value.code == 2


@pytest.mark.parametrize(
    "words",
    [
        "edge status --config none.toml --json",
        "edge boards --config none.toml --json",
        "link send /dev/ttyUSB77 identify --json",
        "link send /dev/ttyUSB77 identity onlyone --json",
        "bus scan /dev/ttyUSB77 --json",
        "bundle make none.toml --key none.key --out b.qhb --json",
        "flash none.qhb --device x --json",
        "card write none.img card.img --sha256 nothing --yes --json",
        "site verify none.json --json",
        "spool inspect none --json",
    ],
)
def test_json_has_one_object_also_where_nothing_can_be_done(
    words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QUANHO_TRUST", "trust")
    code = cli.main(words.split())
    out = capsys.readouterr().out
    answer = json.loads(out.splitlines()[-1])
    assert code
    assert answer["ok"] is False
    assert answer.get("exit_code", code) == code


def test_ctrl_c_while_python_imports_says_nothing() -> None:
    begun = "import quanho.entry, os, signal; os.kill(os.getpid(), signal.SIGINT)"
    ended = subprocess.run([sys.executable, "-c", begun], capture_output=True, check=False)
    assert (ended.returncode, ended.stderr, ended.stdout) == (130, b"", b"")
