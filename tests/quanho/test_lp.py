"""`quanho lp`, as its own process."""

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

_QUANHO = (sys.executable, "-m", "quanho")
_BUFFERED = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
_ENVIRONMENT = {**_BUFFERED, "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONWARNINGS": "error"}


def _run(*words: str, stdin: bytes = b"", language: str = "en") -> subprocess.CompletedProcess[bytes]:
    done = subprocess.run([*_QUANHO, *words], input=stdin, capture_output=True, timeout=60, env={**_ENVIRONMENT, "QUANHO_LANG": language})
    assert b"Traceback" not in done.stderr
    return done


def _start(*words: str) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    return subprocess.Popen([*_QUANHO, *words], stdin=pipe, stdout=pipe, stderr=pipe, env=_ENVIRONMENT)


def test_parse_prints_a_json_point_or_error_a_line(tmp_path: Path) -> None:
    file = tmp_path / "readings.lp"
    file.write_bytes(b'air,site=bn pm=12,n=3i,t=7u,ok=t,s="ch\xc3\xa0o" 17\n\nbad\nair v=1 18\n')
    done = _run("lp", "parse", str(file))
    first, error, last = map(json.loads, done.stdout.splitlines())
    assert first == {
        "measurement": "air",
        "tags": {"site": "bn"},
        "fields": {"pm": 12.0, "n": 3, "t": {"uint": 7}, "ok": True, "s": "chào"},
        "time": 17,
    }
    assert error["line"] == 3
    assert set(error) == {"line", "error"}
    assert last["time"] == 18
    assert done.returncode == 1


def test_parse_and_encode_are_each_others_reverse() -> None:
    text = b'air,site=bn pm=12,n=3i,t=7u,ok=true,s="x\ny" 1700000000000000000\nw v=0.5 -1\n'
    parsed = _run("lp", "parse", "-", stdin=text)
    encoded = _run("lp", "encode", "-", stdin=parsed.stdout)
    assert (parsed.returncode, encoded.returncode) == (0, 0)
    assert encoded.stdout == text


def test_precision_scales_in_both_directions() -> None:
    parsed = _run("lp", "parse", "--precision", "ms", "-", stdin=b"m v=1 5\n")
    assert json.loads(parsed.stdout)["time"] == 5_000_000
    assert _run("lp", "encode", "--precision", "ms", "-", stdin=parsed.stdout).stdout == b"m v=1 5\n"


def test_encode_leaves_out_what_is_no_point_and_says_so() -> None:
    good = b'{"measurement": "m", "tags": {}, "fields": {"v": 1}, "time": 2}\n'
    done = _run("lp", "encode", "-", stdin=b"{}\n" + good + b'{"measurement": "m", "fields": {"v": NaN}, "time": 2}\n')
    assert done.stdout == b"m v=1i 2\n"
    assert [line.split(b":")[0] for line in done.stderr.splitlines()] == [b"line 1", b"line 3"]
    assert done.returncode == 1


def test_cases_are_answered_one_a_line_and_errors_do_not_fail_the_run() -> None:
    cases = b'{"key": "a", "text": "m v=1", "defaultTime": 3, "precision": "1ns"}\n{"key": "b", "text": "m"}\nnonsense\n'
    done = _run("lp", "parse", "--cases", "-", stdin=cases)
    good, bad, nonsense = map(json.loads, done.stdout.splitlines())
    assert good == {"key": "a", "result": [{"time": 3, "name": "m", "tags": [], "fields": [{"key": "v", "value": {"float": 1.0}}]}]}
    assert set(bad) == {"key", "error"}
    assert nonsense["key"] is None
    assert done.returncode == 0

    case = {"key": "c", "point": {"time": 1, "name": "m", "tags": [], "fields": [{"key": "v", "value": {"uint": 1}}]}, "precision": "1ns"}
    done = _run("lp", "encode", "--cases", "-", stdin=json.dumps(case).encode())
    assert json.loads(done.stdout) == {"key": "c", "result": "m v=1u 1"}
    assert done.returncode == 0


@pytest.mark.parametrize("verb", ["parse", "encode"])
@pytest.mark.parametrize("options", [[], ["--cases"]])
def test_an_unreadable_file_is_a_message_and_exit_2(tmp_path: Path, verb: str, options: list[str]) -> None:
    for name in (tmp_path, tmp_path / "absent"):
        done = _run("lp", verb, *options, str(name))
        assert done.returncode == 2
        assert f"cannot read {name}" in done.stderr.decode()
        assert done.stdout == b""


def test_messages_are_vietnamese_unless_english_is_asked_for() -> None:
    assert "không đọc được" in _run("lp", "parse", "/absent", language="").stderr.decode()
    assert "không đọc được" in _run("--lang", "vi", "lp", "parse", "/absent").stderr.decode()
    assert "cannot read" in _run("--lang", "en", "lp", "parse", "/absent", language="vi").stderr.decode()


def test_a_point_is_printed_before_the_input_ends() -> None:
    with _start("lp", "parse", "-") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"m v=1 1\n")
        process.stdin.flush()
        assert select.select([process.stdout], [], [], 30)[0], "nothing printed while the input is open"
        assert json.loads(process.stdout.readline())["time"] == 1
        process.stdin.close()
        assert process.wait(timeout=30) == 0


def test_ctrl_c_ends_with_130_and_no_traceback() -> None:
    with _start("lp", "parse", "-") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(b"m v=1 1\n")
        process.stdin.flush()
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130
        assert process.stderr.read() == b""


def test_a_reader_that_goes_away_ends_it_quietly(tmp_path: Path) -> None:
    file = tmp_path / "many.lp"
    file.write_bytes(b"m v=1 1\n" * 100_000)
    with _start("lp", "parse", str(file)) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(timeout=60) == 141
        assert process.stderr.read() == b""


def test_a_full_disk_is_a_message() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*_QUANHO, "lp", "parse", "-"], input=b"m v=1", stdout=full, stderr=subprocess.PIPE, timeout=60, env=_ENVIRONMENT
        )
    assert done.returncode == 1
    assert b"No space left" in done.stderr
    assert b"Traceback" not in done.stderr


def test_lines_longer_than_the_limit_are_errors_between_good_neighbours() -> None:
    text = b"a v=1 1\nb " + b"x" * 3_000_000 + b"\nc v=1 2\n"
    first, error, last = map(json.loads, _run("lp", "parse", "-", stdin=text).stdout.splitlines())
    assert (first["measurement"], error["line"], last["measurement"]) == ("a", 2, "c")


def test_help_of_every_level_teaches_with_examples() -> None:
    for words in (["--help"], ["lp", "parse", "--help"], ["lp", "encode", "--help"]):
        done = _run(*words)
        assert done.returncode == 0
        assert b"examples:" in done.stdout
        assert b"exit codes:" in done.stdout


def test_lp_does_not_import_the_agent() -> None:
    program = "import sys; from quanho.cli import main; main(['lp', 'parse', '/dev/null']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60, env=_ENVIRONMENT, check=True)
    packages = {name.split(".")[0] for name in done.stdout.decode().split()}
    assert not packages & {"edge", "cloud", "runtime", "paho", "serial", "influxdb_client", "pydantic"}
