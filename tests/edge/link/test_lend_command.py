"""Lending a port over the control socket: to whom, and when not."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from edge.link.lend_command import lend_command
from firmware_bridge.link.events import Answered


class Board:
    """A source on /dev/null."""

    def __init__(self) -> None:
        self.is_lent = False

    def view(self) -> Mapping[str, object]:
        return {"source": "mast", "port": "/dev/null", "device": "", "uid": ""}

    def command(self, code: int, arguments: bytes, timeout_s: float) -> Answered:
        raise NotImplementedError

    @contextmanager
    def lend(self, seconds: float) -> Iterator[str]:
        self.is_lent = seconds > 0
        try:
            yield "/dev/null"
        finally:
            self.is_lent = False


def test_a_port_is_lent_until_the_client_is_gone() -> None:
    board = Board()
    answers = lend_command(lambda: [board])({"port": "/dev/../dev/null", "seconds": 60})

    assert next(answers) == {"ok": True, "source": "mast", "port": "/dev/null"}
    assert board.is_lent
    answers.close()  # type: ignore[attr-defined]

    assert not board.is_lent


def test_a_board_that_is_being_updated_is_not_lent() -> None:
    board = Board()
    lend = lend_command(lambda: [board], lambda: {"mast": {"is_running": True}})

    with pytest.raises(ValueError, match="being updated"):
        next(lend({"port": "/dev/null"}))

    assert not board.is_lent


@pytest.mark.parametrize(
    ("request_", "said"), [({"port": "/dev/zero"}, "no link source reads /dev/zero"), ({"port": "/dev/null", "seconds": -1}, "seconds")]
)
def test_what_cannot_be_lent_is_said(request_: Mapping[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        next(lend_command(lambda: [Board()])(request_))
