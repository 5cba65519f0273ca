import gzip
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    (tmp_path / "usb").mkdir()
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
    (stick.folder / NAME).write_bytes(member("m v=1 1") + tail)
    stick.target.connect()
    stick.send("m v=2 2")
    stick.target.close()
    assert stick.lines() == ["m v=1 1", "m v=2 2"]


def test_a_large_file_is_continued_where_it_ends(stick: Stick) -> None:
    lines = [f"m v={number} {number}" for number in range(100_000)]
    (stick.folder / NAME).write_bytes(member(*lines) * 3)
    stick.target.connect()
    stick.send("last")
    stick.target.close()
    assert stick.lines() == [*lines * 3, "last"]


@pytest.mark.parametrize("place", ["header", "middle", "checksum"])
def test_what_stands_behind_a_damaged_byte_is_kept_and_the_day_goes_on_in_another_file(stick: Stick, place: str) -> None:
    first, hurt, last = member("m v=1 1"), bytearray(member("m v=2 2")), member("m v=3 3")
    hurt[{"header": 0, "middle": len(hurt) // 2, "checksum": len(hurt) - 5}[place]] ^= 4
    damaged = first + hurt + last
    (stick.folder / NAME).write_bytes(damaged)
    for value in (4, 5):
        again = Stick(stick.folder)
        again.target.connect()
        assert again.send(f"m v={value} {value}") is Action.ACCEPT
        again.target.close()
    assert (stick.folder / NAME).read_bytes() == damaged
    assert stick.lines("2023-11-14-2.lp.gz") == ["m v=4 4", "m v=5 5"]


def test_a_third_file_is_begun_when_the_second_is_damaged_too(stick: Stick) -> None:
    for name in (NAME, "2023-11-14-2.lp.gz"):
        (stick.folder / name).write_bytes(b"damage" + member("m v=1 1") + b"torn")
    stick.target.connect()
    stick.send("m v=2 2")
    stick.target.close()
    assert stick.lines("2023-11-14-3.lp.gz") == ["m v=2 2"]


@given(st.lists(st.integers(0, 3), max_size=5), st.data())
def test_no_damage_to_one_byte_costs_a_member_behind_it(sizes: list[int], data: st.DataObject) -> None:
    members = [member(*[f"m v={number} {number}"] * (size + 1)) for number, size in enumerate(sizes)]
    text = bytearray(b"".join(members))
    if text:
        text[data.draw(st.integers(0, len(text) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with TemporaryDirectory() as name:
        stick = Stick(Path(name))
        (stick.folder / NAME).write_bytes(text)
        stick.target.connect()
        stick.target.close()
        kept = (stick.folder / NAME).read_bytes()
    assert all(one in kept for one in members if one in text), "what was whole is whole"


def test_a_stick_that_is_not_there_is_waited_for(tmp_path: Path) -> None:
    mount_point = tmp_path / "usb"
    mount_point.mkdir()
    stick = Stick(mount_point / "quanho")
    with pytest.raises(TransientError, match=r"usb/quanho is not there: put the stick in.*mkdir"):
        stick.target.connect()
    answer = stick.target.send(member("m v=1 1"))
    assert (answer.action, answer.reason) == (Action.RETRY, "disk")
    assert list(mount_point.iterdir()) == [], "readings must not fill the disk below the mount point"
    stick.folder.mkdir()
    stick.target.connect()
    assert stick.send("m v=1 1") is Action.ACCEPT
    stick.target.close()


def test_a_folder_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "usb").write_text("not a folder")
    with pytest.raises(TransientError, match="usb: Not a directory"):
        Stick(tmp_path / "usb").target.connect()


def test_a_full_stick_keeps_whole_members_only_and_takes_the_rest_later(stick: Stick) -> None:
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
