"""Silence of boards: measured by the pace that the board itself names, and no alarm while its port is lent."""

from edge.ledger import Ledger
from edge.silence_watch import SilentSources
from tests.edge.test_arrivals import S_NS, Desk


class Watch:
    """A source that is looked at every second."""

    def __init__(self, expected_s: float | None = None) -> None:
        self.desk = Desk()
        self._silences = SilentSources([self.desk.intake], {"street": expected_s}, Ledger("bn", "gw-1"), self.desk.clock)

    @property
    def since_ns(self) -> int | None:
        return self._silences.since_ns("street")

    def run(self, seconds: int, every_s: int = 0) -> bool:
        """Let time pass, with a message every `every_s`; tell whether the source counts as silent then."""
        for second in range(seconds):
            self.desk.clock.advance(1)
            if every_s and second % every_s == 0:
                self.desk.take_in({"pm2_5": 1.0})
            self._silences.look(self.desk.clock.wall_ns())
        return self.since_ns is not None


def test_silence_is_noticed_after_twice_the_pace_that_the_board_names() -> None:
    watch = Watch()
    assert not watch.run(60)
    watch.desk.intake.told_every_s = 10.0
    assert not watch.run(100, every_s=10)
    assert not watch.run(11)
    assert watch.run(10)
    assert not watch.run(1, every_s=1)


def test_the_config_goes_before_what_the_board_says() -> None:
    watch = Watch(expected_s=100.0)
    watch.desk.intake.told_every_s = 10.0
    watch.run(1, every_s=1)
    assert not watch.run(190)
    assert watch.run(20)


def test_a_lent_port_is_silent_without_alarm_and_closes_an_open_gap() -> None:
    watch = Watch(expected_s=10.0)
    assert watch.run(30)
    watch.desk.intake.is_excused = True
    assert not watch.run(600)
    watch.desk.intake.is_excused = False
    assert not watch.run(15)
    assert watch.run(10)
    assert watch.since_ns is not None
    assert watch.since_ns <= watch.desk.clock.wall_ns() - 20 * S_NS
