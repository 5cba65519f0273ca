"""`quanho spool`, as its own process, on real folders."""

import gzip
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.control import ControlServer, Request
from edge.spool.lease import LaneName
from edge.spool.lock import SpoolLock
from edge.spool.set_aside import SetAside
from edge.spool.settings import SpoolSettings
from edge.spool.spool import Loss, Spool
from telemetry.batch import Batch, Priority

_ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONWARNINGS": "error"}


def _run(*words: object, language: str = "en") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "quanho", "spool", *map(str, words)]
    done = subprocess.run(command, capture_output=True, timeout=60, env={**_ENVIRONMENT, "QUANHO_LANG": language}, check=False)
    assert b"Traceback" not in done.stderr
    return done


def batch(lines: bytes, first_ns: int, last_ns: int, priority: Priority = Priority.NORMAL) -> Batch:
    return Batch("street", priority, len(lines.replace(b"x\ny", b"").splitlines()), first_ns, last_ns, gzip.compress(lines), len(lines))


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    """Return a state folder with a spool: two records delivered, one alarm and one record not, and one thing set aside."""
    spool = Spool(tmp_path / "spool", SpoolSettings.model_validate({}), lambda _: None)
    spool.append([batch(b"air a=1 1000\nair a=2 2000\n", 1000, 2000), batch(b'air s="x\ny" 3000\n', 3000, 3000)])
    lease = spool.lease(LaneName.LIVE, 9, 1 << 20)
    assert lease
    spool.accept(lease)
    spool.append([batch(b"air a=4 4000\n", 4000, 4000)])
    spool.append([batch(b"ledger n=1i 5000\n", 5000, 5000, Priority.HIGH)])
    spool.set_aside.add([SetAside(1, "street", "too old", line=b"air a=9 1")])
    spool.close()
    return tmp_path


def test_inspect_counts_what_is_there(state_dir: Path) -> None:
    for folder in (state_dir, state_dir / "spool"):
        done = _run("inspect", "--json", folder)
        assert done.returncode == 0
        found = json.loads(done.stdout)
        normal = found["queues"]["normal"]
        assert (normal["records"], normal["lines"], normal["unsent_records"], normal["unsent_lines"]) == (3, 4, 1, 1)
        assert (normal["oldest_ns"], normal["oldest_unsent_ns"], normal["done"]) == (1000, 4000, [[1, 2]])
        assert found["queues"]["high"]["unsent_lines"] == 1
        assert found["set_aside"] == {"too old": 1}
        assert (found["running"], found["damage"], found["quarantine"]) == (False, [], {})


def test_inspect_prints_a_table_in_both_languages(state_dir: Path) -> None:
    assert b"no agent is running" in _run("inspect", state_dir).stdout
    assert "không có tác tử nào chạy".encode() in _run("inspect", state_dir, language="vi").stdout


def test_a_folder_that_is_no_spool_is_refused_with_a_way_out(tmp_path: Path) -> None:
    for verb in ("inspect", "verify", "export", "replay"):
        done = _run(verb, tmp_path)
        assert done.returncode == 2
        assert b"no spool is here; give the folder" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_verify_finds_damage_and_says_what_it_means(state_dir: Path) -> None:
    assert _run("verify", state_dir).returncode == 0
    [path] = (state_dir / "spool" / "normal").glob("*.seg")
    data = bytearray(path.read_bytes())
    data[165] ^= 1
    data[-1] ^= 1
    data[20] ^= 1
    path.write_bytes(data)
    done = _run("verify", state_dir)
    assert done.returncode == 1
    text = done.stdout.decode()
    assert "damaged: 2 lines of street lost" in text
    assert "a torn tail (1 lines of street)" in text
    assert "the segment's head is damaged: nothing is lost" in text
    assert "3 places are damaged, 2 records are intact" in text
    assert path.read_bytes() == data


def test_verify_does_not_call_what_an_agent_is_just_writing_damage(state_dir: Path) -> None:
    [path] = (state_dir / "spool" / "normal").glob("*.seg")
    with path.open("ab") as stream:
        stream.write(b"QhR1 half a record")
    assert _run("verify", state_dir).returncode == 1
    lock = SpoolLock(state_dir / "spool")
    lock.take()
    assert _run("verify", state_dir).returncode == 0
    lock.release()


def test_export_gives_lines_of_a_time_range_and_what_is_unsent(state_dir: Path) -> None:
    everything = b'ledger n=1i 5000\nair a=1 1000\nair a=2 2000\nair s="x\ny" 3000\nair a=4 4000\n'
    done = _run("export", state_dir)
    assert (done.returncode, done.stdout) == (0, everything)
    assert b"5 lines" in done.stderr
    assert _run("export", state_dir, "--unsent").stdout == b"ledger n=1i 5000\nair a=4 4000\n"
    some = ("--from", "1970-01-01T00:00:00.000002Z", "--to", "1970-01-01T07:00:00.000003+07:00")
    assert _run("export", state_dir, *some).stdout == b'air a=2 2000\nair s="x\ny" 3000\n'
    assert _run("export", state_dir, "--from", "-2h").stdout == b""
    out = state_dir / "out.lp.gz"
    assert _run("export", state_dir, "--out", out).returncode == 0
    assert gzip.decompress(out.read_bytes()) == everything


@pytest.mark.parametrize("text", ["yesterday", "2026-05-01T07:00:00", "-2y", ""])
def test_a_wrong_time_is_refused(state_dir: Path, text: str) -> None:
    done = _run("export", state_dir, f"--from={text}")
    assert done.returncode == 2
    assert b"is no time; write" in done.stderr


def test_replay_marks_the_spool_of_a_stopped_agent(state_dir: Path) -> None:
    assert _run("replay", state_dir).returncode == 2
    done = _run("replay", state_dir, "--to", "1970-01-01T00:00:00.000002Z", "--yes")
    assert (done.returncode, done.stdout) == (0, b"2 lines will be sent again\n")
    spool = Spool(state_dir / "spool", SpoolSettings.model_validate({}), lambda _: None)
    assert spool.state()[Priority.NORMAL].lines_unsent == 3
    lease = spool.lease(LaneName.BACKLOG, 9, 1 << 20)
    assert lease
    assert lease.priority is Priority.HIGH
    spool.close()


def test_what_replay_cuts_off_reaches_the_ledger_of_the_next_agent_once(state_dir: Path) -> None:
    [path] = (state_dir / "spool" / "normal").glob("*.seg")
    path.write_bytes(path.read_bytes()[:-1])
    done = _run("replay", state_dir, "--yes")
    assert b"lost: spool cut" in done.stderr
    losses: list[Loss] = []
    for _ in range(2):
        Spool(state_dir / "spool", SpoolSettings.model_validate({}), losses.append).close()
    assert [loss.reason for loss in losses] == ["spool cut"]


def test_replay_asks_a_running_agent(state_dir: Path) -> None:
    asked: list[Request] = []

    def answer(request: Request) -> Iterator[dict[str, object]]:
        asked.append(request)
        yield {"ok": True, "lines": 7}

    lock = SpoolLock(state_dir / "spool")
    lock.take()
    server = ControlServer(state_dir / "agent.sock", {"replay": answer})
    server.start()
    try:
        done = _run("replay", state_dir, "--from", "1970-01-01T00:00:01Z", "--yes")
        assert (done.returncode, done.stdout) == (0, b"7 lines will be sent again\n")
        assert asked == [{"command": "replay", "from_ns": 1_000_000_000, "to_ns": (1 << 63) - 1}]
    finally:
        server.stop(5)
        lock.release()


def test_replay_says_so_when_the_agent_that_holds_the_spool_does_not_answer(state_dir: Path) -> None:
    lock = SpoolLock(state_dir / "spool")
    lock.take()
    done = _run("replay", state_dir, "--yes")
    assert done.returncode == 1
    assert b"no agent answers" in done.stderr
    lock.release()


def test_tools_may_look_while_an_agent_writes_and_gives_up_segments(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", SpoolSettings.model_validate({"quota_bytes": 4 << 20}), lambda _: None)
    lock = SpoolLock(tmp_path / "spool")
    lock.take()
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            spool.append([Batch("s", Priority.NORMAL, 1, 1, 1, os.urandom(50_000), 1)])

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for _ in range(3):
            done = _run("verify", tmp_path)
            assert done.returncode == 0, done.stdout
    finally:
        stop.set()
        thread.join()
        spool.close()
        lock.release()
