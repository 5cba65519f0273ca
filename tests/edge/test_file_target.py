import gzip
from pathlib import Path

import pytest

from edge.uplink.file_target import FileTarget
from runtime.influx_answers import Action
from telemetry.errors import TransientError

DAY_NS = 86_400 * 10**9
NOON_NS = 1_700_000_000 * 10**9  # 2023-11-14, 22:13:20 UTC
NAME = "2023-11-14.lp.gz"


class Stick:
    """A target on a folder, at a time of the test's choice."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now_ns = NOON_NS
        self.target = FileTarget(folder, lambda: self.now_ns)

    def send(self, *lines: str) -> Action:
        return self.target.send(member(*lines)).action

    def lines(self, name: str = NAME) -> list[str]:
        return gzip.decompress((self.folder / name).read_bytes()).decode().splitlines()


def member(*lines: str) -> bytes:
    return gzip.compress("".join(line + "\n" for line in lines).encode(), mtime=0)


@pytest.fixture
def stick(tmp_path: Path) -> Stick:
    return Stick(tmp_path / "usb")


def test_members_in_a_row_are_one_gzip_file(stick: Stick) -> None:
    assert stick.target.connect() == f"file {stick.folder}"
    assert stick.send("m v=1 1") is Action.ACCEPT
    assert stick.target.send(member("m v=2 2") + member("m v=3 3")).action is Action.ACCEPT
    stick.target.close()
    assert stick.lines() == ["m v=1 1", "m v=2 2", "m v=3 3"]


def test_each_day_has_a_file_of_its_own(stick: Stick) -> None:
    stick.target.connect()
    stick.send("m v=1 1")
    stick.now_ns += DAY_NS
    stick.send("m v=2 2")
    stick.target.close()
    assert (stick.lines(), stick.lines("2023-11-15.lp.gz")) == (["m v=1 1"], ["m v=2 2"])


def test_a_file_of_today_is_continued(stick: Stick) -> None:
    for value in range(3):
        again = Stick(stick.folder)
        again.target.connect()
        again.send(f"m v={value} {value}")
        again.target.close()
    assert stick.lines() == ["m v=0 0", "m v=1 1", "m v=2 2"]


def test_what_a_power_cut_left_at_any_byte_is_cut_off_to_the_last_whole_member(stick: Stick) -> None:
    first, second = member("m v=1 1"), member("m v=2 2", "m v=3 3")
    stick.folder.mkdir()
    for size in range(len(first + second) + 1):
        (stick.folder / NAME).write_bytes((first + second)[:size])
        again = Stick(stick.folder)
        again.target.connect()
        assert again.send("m v=4 4") is Action.ACCEPT
        again.target.close()
        whole = ["m v=1 1"] * (size >= len(first)) + ["m v=2 2", "m v=3 3"] * (size == len(first + second))
        assert stick.lines() == [*whole, "m v=4 4"]


@pytest.mark.parametrize("tail", [b"\0" * 4096, b"garbage", b"\x1f\x8b"])
def test_what_is_no_gzip_behind_the_last_member_is_cut_off(stick: Stick, tail: bytes) -> None:
    stick.folder.mkdir()
    (stick.folder / NAME).write_bytes(member("m v=1 1") + tail)
    stick.target.connect()
    stick.send("m v=2 2")
    stick.target.close()
    assert stick.lines() == ["m v=1 1", "m v=2 2"]


def test_a_large_file_is_continued_where_it_ends(stick: Stick) -> None:
    stick.folder.mkdir()
    lines = [f"m v={number} {number}" for number in range(100_000)]
    (stick.folder / NAME).write_bytes(member(*lines) * 3)
    stick.target.connect()
    stick.send("last")
    stick.target.close()
    assert stick.lines() == [*lines * 3, "last"]


def test_a_stick_that_is_not_there_is_waited_for(tmp_path: Path) -> None:
    (tmp_path / "usb").write_text("not a folder")
    stick = Stick(tmp_path / "usb")
    with pytest.raises(TransientError, match="usb"):
        stick.target.connect()
    answer = stick.target.send(member("m v=1 1"))
    assert (answer.action, answer.reason) == (Action.RETRY, "disk")
    (tmp_path / "usb").unlink()
    stick.target.connect()
    assert stick.send("m v=1 1") is Action.ACCEPT
    stick.target.close()


def test_a_full_stick_keeps_whole_members_only_and_takes_the_rest_later(stick: Stick) -> None:
    stick.folder.mkdir()
    stick.send("m v=1 1")
    stick.target.close()
    (stick.folder / NAME).rename(stick.folder / "kept")
    (stick.folder / NAME).symlink_to("/dev/full")
    assert stick.send("m v=2 2") is Action.RETRY
    (stick.folder / NAME).unlink()
    (stick.folder / "kept").rename(stick.folder / NAME)
    assert stick.send("m v=2 2") is Action.ACCEPT
    stick.target.close()
    assert stick.lines() == ["m v=1 1", "m v=2 2"]
