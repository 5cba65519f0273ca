"""Two ends of different versions agree, or say why not."""

import itertools

import pytest

from firmware_bridge.link import frame
from firmware_bridge.link.board_model import BoardEnd
from firmware_bridge.link.events import Event, Opened, Refused
from firmware_bridge.link.host import HostEnd
from firmware_bridge.link.messages import Hello, read_open, read_refuse
from tests.firmware_bridge.link.bad_line import BYTE_S, COUNTER_SET

_RANGES = [(low, high) for low in range(1, 5) for high in range(low, 5)]


def _talk(board_range: tuple[int, int], host_range: tuple[int, int], seconds: int = 6) -> tuple[list[Event], list[tuple[int, bytes]]]:
    """Return what happened at the gateway, and the frames that it said."""
    board = BoardEnd(
        Hello(3, min_version=board_range[0], max_version=board_range[1], uid=b"x"), [COUNTER_SET], byte_s=BYTE_S, started_s=0.0
    )
    host = HostEnd(new_session=lambda: 77, byte_s=BYTE_S, versions=host_range)
    events: list[Event] = []
    said: list[tuple[int, bytes]] = []
    for tick in range(seconds * 100):
        now_s = tick / 100
        events += host.received(board.outgoing(now_s), now_s)
        down = host.outgoing(now_s)
        said += [found for piece in down.split(b"\0") if piece and (found := frame.decode(piece)) is not None]
        board.received(down, now_s)
    return events, said


@pytest.mark.parametrize(("board_range", "host_range"), list(itertools.product(_RANGES, _RANGES)))
def test_the_highest_common_version_is_opened_or_the_board_is_refused(board_range: tuple[int, int], host_range: tuple[int, int]) -> None:
    events, said = _talk(board_range, host_range, seconds=1)

    common = set(range(board_range[0], board_range[1] + 1)) & set(range(host_range[0], host_range[1] + 1))
    if common:
        assert {read_open(body).version for kind, body in said if kind == frame.Kind.OPEN} == {max(common)}
        assert [type(event) for event in events] == [Opened]
    else:
        assert events == [Refused(*board_range)]
        assert read_refuse(next(body for kind, body in said if kind == frame.Kind.REFUSE)).max_version == host_range[1]
        assert frame.Kind.OPEN not in {kind for kind, _ in said}


def test_a_refusal_is_told_once_and_said_at_most_once_a_second() -> None:
    events, said = _talk((3, 4), (1, 1))

    assert events == [Refused(3, 4)]
    assert 2 <= len([kind for kind, _ in said if kind == frame.Kind.REFUSE]) <= 6
    assert {kind for kind, _ in said} == {frame.Kind.REFUSE}
