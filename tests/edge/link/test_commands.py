"""Orders for boards: which board is meant, what is sent, and what is said when that cannot be."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from edge.link.commands import board_commands, find_board
from firmware_bridge.link.events import Answered
from telemetry.errors import TransientError

SETS = [{"index": 0, "measurement": "weather", "interval_ms": 1}, {"index": 1, "measurement": "power", "interval_ms": 1}]


class OneBoard:
    """A board that notes what it is told, and gives back the answer that a test wants."""

    def __init__(self, source: str, device: str, uid: str, answer: Answered | None = None) -> None:
        self._view = {"source": source, "device": device, "uid": uid, "sets": [*SETS, {**SETS[0], "index": 2}]}
        self._answer = answer or Answered(1, 0)
        self.told: list[tuple[int, bytes]] = []

    def view(self) -> Mapping[str, object]:
        return self._view

    def command(self, code: int, arguments: bytes, timeout_s: float) -> Answered:  # noqa: ARG002
        self.told.append((code, arguments))
        if self._answer.status is None:
            raise TransientError("no session")
        return self._answer

    @contextmanager
    def lend(self, seconds: float) -> Iterator[str]:  # noqa: ARG002
        yield "/dev/ttyACM0"


def ordered(board: OneBoard, **request: object) -> Mapping[str, object]:
    commands = board_commands(lambda: [object(), board])
    [answer] = commands["board"]({"board": "mast-01", **request})
    return answer


def test_boards_are_found_by_source_device_or_unique_id() -> None:
    mast, gate = OneBoard("usb-1", "mast-01", "0a0b"), OneBoard("usb-2", "gate", "0c0d")
    assert [find_board([mast, gate], name) for name in ("usb-1", "mast-01", "0a0b", "gate")] == [mast, mast, mast, gate]
    with pytest.raises(ValueError, match="no board roof; boards: gate, mast-01"):
        find_board([mast, gate], "roof")
    with pytest.raises(ValueError, match="2 boards are called mast-01; name the source: usb-1, usb-3"):
        find_board([mast, OneBoard("usb-3", "mast-01", "0e")], "mast-01")


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        ({"order": "identify"}, (3, b"\x88\x13")),
        ({"order": "identify", "seconds": 0.5}, (3, b"\xf4\x01")),
        ({"order": "interval", "ms": 1000}, (1, b"\xff\xe8\x03\0\0")),
        ({"order": "interval", "ms": 1000, "set": "power"}, (1, b"\x01\xe8\x03\0\0")),
        ({"order": "read", "set": "2"}, (2, b"\x02")),
        ({"order": "read"}, (2, b"\xff")),
        ({"order": "restart"}, (4, b"")),
    ],
)
def test_an_order_is_told_as_the_link_has_it(request_: dict[str, object], told: tuple[int, bytes]) -> None:
    board = OneBoard("usb-1", "mast-01", "0a0b", Answered(1, 0, b"\xe8\x03\0\0"))
    answer = ordered(board, **request_)
    assert (board.told, answer["ok"], answer["board"]) == ([told], True, "mast-01")
    assert answer.get("interval_ms") == (1000 if told[0] == 1 else None)


@pytest.mark.parametrize(
    ("request_", "word"),
    [
        ({"order": "fly"}, "known: identify, interval, read, restart"),
        ({"order": "interval", "ms": -1}, "ms: -1 is no number from 0"),
        ({"order": "interval", "ms": "soon"}, "no number"),
        ({"order": "identify", "seconds": 100}, "seconds: 100 is no number from 0 to 60"),
        ({"order": "read", "set": "rain"}, "the board has no set rain: 0 weather, 1 power, 2 weather"),
        ({"order": "read", "set": "weather"}, "more than one set is called weather; give its number"),
    ],
)
def test_an_order_that_makes_no_sense_names_the_way_out(request_: dict[str, object], word: str) -> None:
    board = OneBoard("usb-1", "mast-01", "0a0b")
    with pytest.raises(ValueError, match=word):
        ordered(board, **request_)
    assert board.told == []


def test_what_the_board_answers_is_said_in_words() -> None:
    with pytest.raises(ValueError, match="answers: bad argument"):
        ordered(OneBoard("usb-1", "mast-01", "0a0b", Answered(1, 2)), order="restart")
    with pytest.raises(ValueError, match="no session"):
        ordered(OneBoard("usb-1", "mast-01", "0a0b", Answered(1, None)), order="restart")
