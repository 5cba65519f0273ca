"""`quanho decode` as a script sees it."""

import json
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.quanho.captures.wires import levels, sr


def decode(*words: str, stdin: bytes = b"") -> tuple[int, list[dict[str, Any]], list[str]]:
    """Run the command; return its exit code, its readings and its lines on stderr."""
    done = subprocess.run(
        [sys.executable, "-m", "quanho", "--lang", "en", "decode", *words], input=stdin, capture_output=True, check=False, timeout=60
    )
    assert b"Traceback" not in done.stderr, done.stderr
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr.decode().splitlines()


def test_a_message_gives_one_object_a_reading(tmp_path: Path) -> None:
    message = tmp_path / "m.json"
    message.write_text('{"v": {"pm25": 12}, "ts": 1700000000}')
    words = ["--topic", "site/bn/air/d7", "--option", "topic=site/{site}/air/{device}", "--option", "measurement=air"]
    words += ["--option", "fields.pm2_5=v.pm25", "--option", 'time={"path": "ts", "format": "unix"}']
    code, readings, errors = decode("json", str(message), *words)
    expected = {"measurement": "air", "tags": {"site": "bn", "device": "d7"}, "fields": {"pm2_5": 12.0}, "time": 1_700_000_000_000_000_000}
    assert (code, readings, errors) == (0, [expected], ["readings=1 rejected=0"])


def test_a_capture_gives_each_message_its_topic(tmp_path: Path) -> None:
    capture = tmp_path / "c.jsonl"
    lines = [{"topic": "a/1", "payload": {"t": 1}}, {"topic": "a/2", "payload": '{"t": 2}'}, {"topic": "a/3", "hex": "7b2274223a337d"}]
    lines += [{"topic": "a/4", "base64": "eyJ0Ijo0fQ=="}, {"topic": "a/5"}, {"topic": "b/6", "payload": {"t": 6}}]
    capture.write_text("\n".join(map(json.dumps, lines)) + "\nnot json\n")
    code, readings, errors = decode("json", str(capture), "--option", "topic=a/{device}")
    assert (code, [(one["tags"]["device"], one["fields"]["t"]) for one in readings]) == (0, [("1", 1), ("2", 2), ("3", 3), ("4", 4)])
    assert (len(errors), errors[-1]) == (4, "readings=4 rejected=3")


def test_a_number_beyond_reason_costs_no_neighbour_and_nesting_is_named(tmp_path: Path) -> None:
    capture = tmp_path / "c.jsonl"
    lines = ['{"payload": {"n": ' + "9" * 5_000 + ', "t": 5}}', '{"payload": ' + "[" * 50_000 + "]" * 50_000 + "}"]
    capture.write_text("\n".join(lines) + "\n")
    code, readings, errors = decode("json", str(capture))
    assert (code, [one["fields"] for one in readings]) == (0, [{"t": 5}])
    assert errors[1:] == ["line 2: JSON that is nested too deep", "readings=1 rejected=2"]


def test_a_full_disk_is_no_fault_of_the_file_that_is_read(tmp_path: Path) -> None:
    capture = tmp_path / "c.jsonl"
    capture.write_text('{"payload": {"t": 1}}\n')
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "quanho", "--lang", "en", "decode", "json", str(capture)],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (done.returncode, done.stderr) == (2, b"cannot write the output: No space left on device\n")


def test_json_lines_on_a_pipe_are_taken_one_by_one() -> None:
    code, readings, errors = decode("json", "-", stdin=b'{"t": 1}\nbroken\n{"t": 3}\n')
    assert (code, [one["fields"]["t"] for one in readings], errors[-1]) == (0, [1, 3], "readings=2 rejected=1")


def test_lines_are_decoded_as_they_come_and_named_by_their_number() -> None:
    code, readings, errors = decode("csv", "-", "--option", 'columns=["t","h"]', stdin=b"1,2\r\nx,y,z\r\n3,4\r\n")
    assert (code, [one["fields"] for one in readings]) == (0, [{"t": 1, "h": 2}, {"t": 3, "h": 4}])
    assert errors[0].startswith("line 2: ")


@pytest.mark.parametrize("payload", [b"\xff\xfe\x00", b"[" * 100_000, b'{"a": "text"}', b""])
def test_only_refusals_is_exit_1(payload: bytes) -> None:
    code, readings, errors = decode("json", "-", stdin=payload)
    assert (code, readings, errors[-1]) == (1, [], "readings=0 rejected=1")


def test_an_empty_stream_of_lines_is_no_failure() -> None:
    assert decode("regex", "-", "--option", "patterns=(?P<a>.)") == (0, [], ["readings=0 rejected=0"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["jsn", "-"], "did you mean 'json'"),
        (["json", "/nonexistent/file"], "cannot read"),
        (["json", "/"], "cannot read"),
        (["json", "-", "--option", "nosign"], "KEY=VALUE"),
        (["json", "-", "--option", "fields.a=x[", "--option", "colour=red"], "colour"),
        (["json"], "NAME and FILE"),
    ],
)
def test_wrong_usage_is_exit_2_and_says_why(words: list[str], said: str) -> None:
    code, readings, errors = decode(*words)
    assert (code, readings) == (2, [])
    assert said in "\n".join(errors)


def test_the_list_names_every_decoder_and_its_options() -> None:
    done = subprocess.run([sys.executable, "-m", "quanho", "decode", "--list"], capture_output=True, text=True, check=True, timeout=60)
    assert {"json", "csv", "regex"} <= set(done.stdout.split("\n"))
    assert "max_payload_bytes" in done.stdout


@pytest.mark.parametrize("name", ["modbus", "modbus_sniff"])
def test_the_list_of_modbus_names_the_register_maps(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "quanho", "decode", "--list", name], capture_output=True, text=True, check=True, timeout=60
    )
    assert {"    sdm120", "    xy_md02"} <= {line.split(":")[0] for line in done.stdout.splitlines()}
    assert "(2400 8N1, id 1)" in done.stdout


def test_a_reader_that_goes_away_ends_it_without_a_word() -> None:
    command = [sys.executable, "-m", "quanho", "decode", "csv", "-", "--option", 'columns=["t"]']
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdout.close()
        with suppress(BrokenPipeError):  # it may be gone before it has taken all
            process.stdin.write(b"1\n" * 1_000_000)
            process.stdin.flush()
        errors = process.stderr.read()
        with suppress(BrokenPipeError):
            process.stdin.close()
    assert b"Traceback" not in errors
    assert process.returncode == 141


def test_ctrl_c_ends_it_without_a_traceback() -> None:
    command = [sys.executable, "-m", "quanho", "decode", "csv", "-", "--option", 'columns=["t"]']
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"1\n" * 2_000)  # fits its pipe; what comes of it does not fit ours, so it waits for us
        process.stdin.flush()
        process.stdout.read(10)  # it is at work
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert b"Traceback" not in errors
    assert process.returncode == 130


MHZ19 = "ff86027c42000000ba"  # the first frame of PyPMS' capture of an MH-Z19B


def guessed(data: bytes, *words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "quanho", "decode", "--guess", "-", *words], input=data, capture_output=True, check=False, timeout=60
    )


def test_guess_names_the_decoder_of_raw_frames_with_the_evidence() -> None:
    done = guessed(b"\x00\x01" + 5 * bytes.fromhex(MHZ19), "--json")
    assert done.returncode == 0
    first = json.loads(done.stdout)[0]
    assert first["decoder"] == "mhz19"
    assert "5 frames" in first["evidence"]


def test_guess_names_the_decoder_of_messages() -> None:
    message = {"topic": "tele/x/SENSOR", "payload": {"Time": "2019-10-31T18:55:09", "ANALOG": {"Illuminance": 8}}}
    done = guessed(json.dumps(message).encode() + b"\n", "--input", "jsonl")
    assert done.stdout.split()[0] == b"tasmota"


def test_guess_counts_the_lines_of_a_log_and_takes_json_over_several_lines_whole() -> None:
    sentence = b"$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n"
    assert "50 of 50 messages" in guessed(50 * sentence, "--input", "raw").stdout.decode()
    pretty = json.dumps({"Time": "2019-10-31T18:55:09", "ANALOG": {"Illuminance": 8}}, indent=1).encode()
    assert guessed(pretty, "--input", "raw", "--topic", "tele/x/SENSOR").stdout.split()[0] == b"tasmota"


def test_guess_that_recognises_nothing_says_so() -> None:
    done = guessed(bytes(100))
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr


CO2 = "ff86027c42000000ba"  # Winsen MH-Z19B, of the corpus (PyPMS)
FRAMES = f"time,sensor,hex\n1625419056,MHZ19B,{CO2}\n1625419066,SDS01x,aac00600060058d93dab\n1625419076,MHZ19B,{CO2[:-2]}00\n".encode()


def test_rows_of_a_csv_are_decoded_at_their_times_and_others_refused_with_their_place() -> None:
    code, readings, errors = decode("mhz19", "-", stdin=FRAMES)
    assert (code, [one["fields"]["co2"] for one in readings], readings[0]["time"]) == (0, [636.0], 1_625_419_056_000_000_000)
    assert [line.split(":")[0] for line in errors] == ["line 3 (SDS01x)", "line 4 (MHZ19B)", "readings=1 rejected=2"]


def test_where_leaves_out_what_is_not_asked_for() -> None:
    assert decode("mhz19", "-", "--where", "sensor=SDS01x", stdin=FRAMES)[2][-1] == "readings=0 rejected=1"
    assert decode("mhz19", "-", "--where", "sensor=MHZ19B", stdin=FRAMES)[2][-1] == "readings=1 rejected=1"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--where", "colour=red"], "no colour; it has: time, sensor, hex"),
        (["--where", "red"], "KEY=VALUE"),
        (["--input", "hexdmp"], "did you mean 'hexdump'"),
        (["--baud", "0"], "a baud rate is"),
    ],
)
def test_wrong_words_about_a_capture_are_exit_2_and_say_why(words: list[str], said: str) -> None:
    code, readings, errors = decode("mhz19", "-", *words, stdin=FRAMES)
    assert (code, readings) == (2, [])
    assert said in "\n".join(errors)


@pytest.mark.parametrize(
    "capture",
    [
        bytes.fromhex(CO2),
        f"00000000: {bytes.fromhex(CO2).hex(' ')}  ...|B....\n".encode(),
        json.dumps({"topic": "a", "hex": CO2}).encode(),
        b"# a comment\n" + bytes.fromhex(CO2),
        sr({"RX": levels(bytes.fromhex(CO2), 10)}, "96 kHz"),
    ],
    ids=["raw", "hexdump", "jsonl", "gpsd", "sigrok"],
)
def test_any_capture_may_come_through_a_pipe(capture: bytes) -> None:
    code, readings, errors = decode("mhz19", "-", stdin=capture)
    assert (code, [one["fields"]["co2"] for one in readings], errors[-1]) == (0, [636.0], "readings=1 rejected=0")


def test_lines_of_a_capture_are_lines_whatever_the_format() -> None:
    dump = "".join(f"{at:08x}: {b'12.5;60'.hex()}{'0a' if at else '0d0a'}  ..\n" for at in (0, 9)).encode()
    code, readings, _ = decode("csv", "-", "--option", 'columns=["t","h"]', "--option", "delimiter=;", stdin=dump)
    assert (code, [one["fields"] for one in readings]) == (0, [{"t": 12.5, "h": 60}] * 2)


def test_what_a_logic_analyser_saw_and_what_was_wrong_with_it_are_told(tmp_path: Path) -> None:
    line = levels(bytes.fromhex(CO2), 10)
    line[200 + 130 * 3 + 90 : 200 + 130 * 3 + 100] = [0] * 10  # the fourth byte has no stop bit
    capture = tmp_path / "line.sr"
    capture.write_bytes(sr({"RX": line + levels(bytes.fromhex(CO2), 10)}, "96 kHz"))
    code, readings, errors = decode("mhz19", str(capture))
    assert (code, len(readings)) == (0, 1)
    assert errors[0] == "channel RX: 9600 baud 8N1"
    assert "framing error" in errors[1]
    assert errors[-1] == "readings=1 rejected=2"


def test_sentences_that_nobody_reads_are_named() -> None:
    text = b"$GPHDT,274.07,T*03\r\n$GPTXT,01,01,02,ANTSTATUS=DONTKNOW*33\r\n$GPTXT,01,01,02,ANTSTATUS=DONTKNOW*33\r\n"
    code, readings, errors = decode("nmea", "-", stdin=text)
    assert (code, readings[0]["fields"], errors) == (0, {"heading": 274.07}, ["nobody reads: 2 GPTXT", "readings=1 rejected=0"])
