"""A pause of the uplink is an outage to everything above it, and ends by itself."""

import pytest

from edge.uplink.pause import MOST_S, UplinkPause
from runtime.influx_answers import Action, Answer
from telemetry.errors import TransientError
from tests.stand_ins.moved_clock import MovedClock


class Store:
    """Takes everything and counts."""

    round_trip_s = 0.5

    def __init__(self) -> None:
        self.taken = 0

    def connect(self) -> str:
        return "a store"

    def send(self, _body: bytes) -> Answer:
        self.taken += 1
        return Answer(Action.ACCEPT, "accepted", status=204)

    def close(self) -> None:
        self.taken = -1


def test_nothing_reaches_the_store_during_a_pause_and_everything_after_it() -> None:
    clock, store = MovedClock(), Store()
    pause = UplinkPause(clock)
    target = pause.over(lambda: store)()
    assert (target.connect(), target.send(b"x").action, target.round_trip_s) == ("a store", Action.ACCEPT, 0.5)
    pause.begin(30)
    with pytest.raises(TransientError, match="paused"):
        target.connect()
    assert (target.send(b"y").action, store.taken) == (Action.RETRY, 1)
    clock.advance(29.9)
    assert pause.left_s() == pytest.approx(0.1)
    clock.advance(0.2)
    assert (pause.left_s(), target.connect(), target.send(b"y").action, store.taken) == (0, "a store", Action.ACCEPT, 2)
    target.close()
    assert store.taken == -1


def test_pause_can_be_ended_and_is_never_long() -> None:
    pause = UplinkPause(MovedClock())
    assert list(pause.command({"for_s": 60})) == [{"ok": True, "left_s": 60.0}]
    assert list(pause.command({"for_s": 0})) == [{"ok": True, "left_s": 0.0}]
    assert list(pause.command({})) == [{"ok": True, "left_s": 0.0}]
    for wrong in (-1, MOST_S + 1, float("nan")):
        with pytest.raises(ValueError, match="at most 15 minutes"):
            pause.begin(wrong)
