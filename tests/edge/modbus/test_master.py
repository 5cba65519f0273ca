"""One exchange on a line whose slaves do as told: late, foreign, damaged, silent."""

from collections import deque
from collections.abc import Callable

import pytest

from edge.modbus.frame import Span, mbap, rtu
from edge.modbus.master import Master

SPAN = Span(3, 0, 2)
ANSWER = b"\x03\x04\x00\x01\x00\x02"


class Line:
    """A wire: `script` says what comes (seconds after the request, bytes); time passes while somebody waits."""

    def __init__(self, *script: tuple[float, bytes]) -> None:
        self.now_s = 0.0
        self.sent: list[bytes] = []
        self.waiting = b""
        self._script = script
        self._coming: deque[tuple[float, bytes]] = deque()

    def monotonic_s(self) -> float:
        return self.now_s

    def send(self, data: bytes) -> None:
        self.sent.append(data)
        self._coming = deque((self.now_s + after_s, given) for after_s, given in self._script)

    def receive(self, wait_s: float) -> bytes:
        if self.waiting:
            data, self.waiting = self.waiting, b""
            return data
        if self._coming and self._coming[0][0] <= self.now_s + wait_s:
            at_s, data = self._coming.popleft()
            self.now_s = max(self.now_s, at_s)
            return data
        self.now_s += wait_s
        return b""


def ask(*script: tuple[float, bytes], is_tcp: bool = False, before: bytes = b"") -> tuple[str, bytes, Master, Line]:
    line = Line(*script)
    line.waiting = before
    master = Master(line, line.monotonic_s, is_tcp=is_tcp)
    exchange = master.ask(7, SPAN, 0.5)
    return exchange.outcome, exchange.transcript, master, line


def test_an_answer_comes_with_its_request() -> None:
    outcome, transcript, master, line = ask((0.02, rtu(7, ANSWER)))
    assert (outcome, transcript) == ("answer", line.sent[0] + rtu(7, ANSWER))
    assert (master.counts[7].asked, master.counts[7].answered) == (1, 1)


def test_an_answer_in_pieces_is_one() -> None:
    frame = rtu(7, ANSWER)
    assert ask(*((0.01 * number, frame[number : number + 1]) for number in range(len(frame))))[0] == "answer"


def test_silence_is_a_time_out_and_no_longer_than_allowed() -> None:
    outcome, _, master, line = ask()
    assert (outcome, master.counts[7].timeouts) == ("timeout", 1)
    assert line.now_s == pytest.approx(0.5)


def test_an_answer_of_another_slave_is_not_taken() -> None:
    outcome, transcript, master, _ = ask((0.01, rtu(9, ANSWER)), (0.05, rtu(7, ANSWER)))
    assert (outcome, transcript[-9:], master.foreign_count) == ("answer", rtu(7, ANSWER), 1)
    assert ask((0.01, rtu(9, ANSWER)))[0] == "timeout"


def test_an_answer_of_another_length_is_not_taken() -> None:
    assert ask((0.01, rtu(7, b"\x03\x02\x00\x01")))[0] == "timeout"


def test_what_came_before_the_request_is_thrown_away() -> None:
    """A late answer to the read before looks like the answer to this one."""
    late = rtu(7, b"\x03\x04\xff\xff\xff\xff")
    outcome, transcript, _, _ = ask((0.02, rtu(7, ANSWER)), before=late)
    assert (outcome, transcript[-9:]) == ("answer", rtu(7, ANSWER))


def test_a_damaged_answer_is_told_from_silence() -> None:
    broken = rtu(7, ANSWER)[:-1] + b"\x00"
    line = Line((0.02, broken))
    master = Master(line, line.monotonic_s, is_tcp=False)
    exchange = master.ask(7, SPAN, 0.5)
    assert (exchange.outcome, exchange.noise, master.counts[7].damaged) == ("damaged", broken, 1)


def test_an_exception_is_an_answer() -> None:
    outcome, _, master, _ = ask((0.02, rtu(7, b"\x83\x02")))
    assert (outcome, master.counts[7].exceptions, master.counts[7].timeouts) == ("exception", 1, 0)


def test_an_adapter_that_hears_itself_is_put_up_with() -> None:
    echo = rtu(7, b"\x03\x00\x00\x00\x02")
    outcome, transcript, master, _ = ask((0.0, echo), (0.03, rtu(7, ANSWER)))
    assert (outcome, transcript, master.echo_count) == ("answer", echo + rtu(7, ANSWER), 1)


@pytest.mark.parametrize(
    ("frame", "outcome"),
    [
        (lambda number: mbap(number, 7, ANSWER), "answer"),
        (lambda number: mbap(number + 1, 7, ANSWER), "timeout"),
        (lambda number: mbap(number, 8, ANSWER), "timeout"),
        (lambda number: b"\xff" * 20, "timeout"),  # noqa: ARG005
    ],
)
def test_over_tcp_the_transaction_tells_what_is_answered(frame: Callable[[int], bytes], outcome: str) -> None:
    assert ask((0.02, frame(1)), is_tcp=True)[0] == outcome
