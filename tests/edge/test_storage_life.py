"""What is written to the card: counted at the lowest seam, and what that comes to in a year."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.agent import Agent
from edge.config_file import load_agent_config
from edge.spool.counted_files import CountedFiles
from edge.spool.files import DiskFiles
from edge.spool.settings import SpoolSettings
from edge.spool.spool import Spool
from edge.storage_life import YEAR_S, WriteWindow, Written, overwrites_a_year
from telemetry.batch import Batch, Priority
from tests.daily_files import delivered
from tests.faults.real_disk import FullDisk
from tests.stand_ins.serial_line import SerialLine
from tests.stand_ins.skipping_clock import SkippingClock
from tests.stand_ins.strict_broker import StrictBroker
from tests.waiting import eventually


@given(st.floats(61, 3600), st.floats(0, 1e6))
def test_a_steady_pace_is_projected_to_a_year(seconds: float, pace: float) -> None:
    rates = WriteWindow(0.0, Written(0, 0)).rates(seconds, Written(int(pace * seconds), int(seconds)))
    assert rates is not None
    assert rates.year_bytes == pytest.approx(pace * YEAR_S, abs=YEAR_S)
    assert rates.syncs_s == pytest.approx(1.0, rel=0.02)


def test_there_is_no_projection_before_a_minute_has_passed() -> None:
    window = WriteWindow(100.0, Written(0, 0))
    assert window.rates(159.0, Written(10**9, 5)) is None
    assert window.rates(160.0, Written(10**9, 5)) is not None


def test_a_storm_is_forgotten_after_an_hour() -> None:
    window = WriteWindow(0.0, Written(0, 0))
    for second in range(0, 7300, 10):
        rates = window.rates(float(second), Written(10**9 + second * 100, second))
    assert rates is not None
    assert rates.bytes_s == pytest.approx(100.0)
    assert 3600 <= rates.over_s < 3700


def test_the_larger_of_both_accounts_counts() -> None:
    assert (rates := WriteWindow(0.0, Written(0, 0, 0)).rates(100.0, Written(1000, 1, 4000)))
    assert rates.bytes_s == 40.0
    assert (rates := WriteWindow(0.0, Written(0, 0, 0)).rates(100.0, Written(1000, 1, 0)))
    assert rates.bytes_s == 10.0


def test_overwrites_are_multiples_of_the_card() -> None:
    assert overwrites_a_year(64 * 10**9, 32 * 10**9) == 2.0


def batch(text: bytes) -> Batch:
    return Batch("street", Priority.NORMAL, 1, 1, 1, gzip.compress(text), len(text))


def test_every_byte_and_sync_of_a_spool_is_counted(tmp_path: Path) -> None:
    files = CountedFiles(DiskFiles())
    spool = Spool(tmp_path / "spool", SpoolSettings(), lambda _: None, files)
    before = (files.written_bytes, files.sync_count)
    assert before[0] > 0  # the epoch
    spool.append([batch(b"a n=1 1\n")])
    assert files.sync_count > before[1]
    spool.close()
    on_disk = sum(path.stat().st_size for path in (tmp_path / "spool").rglob("*") if path.is_file())
    assert files.written_bytes >= on_disk


def test_a_write_that_fails_is_counted_and_still_fails(tmp_path: Path) -> None:
    disk = FullDisk()
    files = CountedFiles(disk)
    file = files.open(tmp_path / "a", create=True)
    disk.is_full = True
    with pytest.raises(OSError, match="No space"):
        file.write_at(0, b"four")
    assert files.written_bytes == 4
    assert file.size() == 0
    file.close()


@contextmanager
def agent_with(tmp_path: Path, spool: str, broker: StrictBroker, line: SerialLine, clock: SkippingClock) -> Iterator[Agent]:
    (tmp_path / "usb").mkdir()
    path = tmp_path / "edge.toml"
    decoder = 'decoder = { kind = "json", measurement = "m" }'
    path.write_text(
        f'[gateway]\nsite = "bn"\nid = "gw-1"\nstate_dir = "{tmp_path}/state"\nmetrics_every_s = 3600\n'
        f'[clock]\ntrust = "host"\n[spool]\nbatch_age_ms = 10\n{spool}\n'
        f'[uplink]\nkind = "file"\nfolder = "{tmp_path}/usb"\n'
        f'[[source]]\nid = "acked"\nkind = "mqtt"\nhost = "127.0.0.1"\nport = {broker.port}\ntopics = ["a/#"]\n{decoder}\n'
        f'[[source]]\nid = "line"\nkind = "serial"\nport = "{line.path}"\nread_timeout_s = 0.1\n{decoder}\n'
    )
    agent = Agent(load_agent_config(path), clock)
    agent.start()
    try:
        eventually(lambda: all(source.state().connected for source in agent.sources))
        yield agent
    finally:
        agent.drain(5)
        agent.stop(5)


def test_the_loss_window_holds_back_what_nobody_acknowledges_and_nothing_else(tmp_path: Path) -> None:
    clock = SkippingClock()
    with (
        StrictBroker() as broker,
        SerialLine(tmp_path / "tty") as line,
        agent_with(tmp_path, "loss_window_s = 60", broker, line, clock) as agent,
    ):
        line.send(b'\n{"n": 1}\n')  # what comes right after opening may be half a line
        eventually(lambda: agent.intakes[1].counts.points == 1)
        for number in range(3):
            broker.publish("a/d", b'{"n": %d}' % number)
            eventually(lambda wanted=number + 1: len(broker.acknowledged) == wanted)
        assert agent.totals().stored == 3
        clock.skip(58)
        broker.publish("a/d", b'{"n": 9}')
        eventually(lambda: agent.totals().stored == 4)
        clock.skip(3)
        broker.publish("a/d", b'{"n": 10}')  # the writer looks at its deadlines
        eventually(lambda: agent.totals().stored == 6)


def test_readings_held_back_are_written_when_the_agent_stops(tmp_path: Path) -> None:
    clock = SkippingClock()
    with StrictBroker() as broker, SerialLine(tmp_path / "tty") as line:
        with agent_with(tmp_path, "loss_window_s = 3600", broker, line, clock) as agent:
            line.send(b'\n{"n": 1}\n')  # what comes right after opening may be half a line
            eventually(lambda: agent.intakes[1].counts.points == 1)
            assert agent.totals().stored == 0
        assert b" n=1" in delivered(tmp_path / "usb")


def test_an_agent_says_what_it_wrote_and_what_that_comes_to(tmp_path: Path) -> None:
    clock = SkippingClock()
    with StrictBroker() as broker, SerialLine(tmp_path / "tty") as line, agent_with(tmp_path, "", broker, line, clock) as agent:
        assert agent.storage.look().rates is None
        broker.publish("a/d", b'{"n": 1}')
        eventually(lambda: broker.acknowledged)
        clock.skip(120)
        look = agent.storage.look()
        assert look.written.own_bytes > 0
        assert look.rates
        assert look.rates.year_bytes > 0
        assert look.card
        assert look.overwrites_year == look.rates.year_bytes / look.card.size_bytes
