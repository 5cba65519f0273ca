"""One exchange on a line whose slaves do as told: late, foreign, damaged, silent."""

from collections import deque
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.modbus.frame import Call, Span, mbap, open_rtu, rtu
from edge.modbus.master import LATE_S, Master

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


OTHER = Span(3, 40, 2)  # as many registers: its answer looks like that to SPAN


def test_after_a_time_out_another_read_of_the_same_size_waits_for_the_late_answer() -> None:
    line = Line()
    master = Master(line, line.monotonic_s, is_tcp=False)
    master.ask(7, SPAN, 0.5)
    held = master.ask(7, OTHER, 0.5)
    assert (held.outcome, held.again_s, len(line.sent)) == ("held", 0.5 + LATE_S, 1)
    assert master.ask(7, Span(3, 40, 3), 0.5).outcome == "timeout"
    assert master.ask(8, OTHER, 0.5).outcome == "timeout"
    line.now_s = 2.0
    assert master.ask(7, OTHER, 0.5).outcome == "timeout"


def test_the_late_answer_sets_the_slave_free_and_is_counted() -> None:
    line = Line()
    master = Master(line, line.monotonic_s, is_tcp=False)
    master.ask(7, SPAN, 0.5)
    line.waiting = rtu(7, ANSWER)
    assert master.ask(7, OTHER, 0.5).outcome == "timeout"
    assert master.counts[7].late == 1


@pytest.mark.parametrize(("number", "late"), [(1, 1), (2, 0), (0x9000, 0)])
def test_over_tcp_an_answer_is_late_only_to_a_request_that_was_made(number: int, late: int) -> None:
    line = Line()
    master = Master(line, line.monotonic_s, is_tcp=True)
    master.ask(7, SPAN, 0.5)
    line.waiting = mbap(number, 7, ANSWER)
    assert master.ask(8, OTHER, 0.5).outcome == "timeout"
    assert (master.counts[7].late, master.foreign_count) == (late, 1)


def test_an_answer_to_the_second_of_two_like_requests_leaves_one_open() -> None:
    """It may be the late answer to the first; then one more is on its way."""
    line = Line((0.1, rtu(7, ANSWER)))
    master = Master(line, line.monotonic_s, is_tcp=False)
    line.send = lambda data: line.sent.append(data)  # type: ignore[method-assign] # the first is lost
    master.ask(7, SPAN, 0.5)
    del line.send
    assert master.ask(7, SPAN, 0.5).outcome == "answer"
    line.now_s = 0.5 + LATE_S + 0.05  # nothing more is expected of the first
    assert master.ask(7, OTHER, 0.5).outcome == "held"


@pytest.mark.parametrize("noise", [b"\x00", b"\x03", b"\x07", b"\x07\x03", b"\x07\x03\xf0", b"\xff" * 300])
def test_noise_before_an_answer_does_not_hide_it(noise: bytes) -> None:
    outcome, transcript, master, _ = ask((0.02, noise + rtu(7, ANSWER)))
    assert (outcome, transcript[-9:], master.noise_bytes) == ("answer", rtu(7, ANSWER), len(noise))


@given(st.lists(st.binary(max_size=40), max_size=20), st.booleans())
def test_whatever_comes_the_wait_ends_and_only_the_right_answer_counts(chunks: list[bytes], is_tcp: bool) -> None:
    outcome, _, _, line = ask(*((0.02 * number, chunk) for number, chunk in enumerate(chunks)), is_tcp=is_tcp)
    assert outcome in {"timeout", "damaged", "answer"}
    assert outcome != "answer" or rtu(7, ANSWER)[:3] in b"".join(chunks)
    assert line.now_s <= 0.5 + 0.1


def test_a_line_that_never_falls_silent_is_spoken_on_all_the_same() -> None:
    line = Line()
    line.receive = lambda wait_s: (setattr(line, "now_s", line.now_s + wait_s / 2), b"\xff")[1]  # type: ignore[method-assign]
    assert Master(line, line.monotonic_s, is_tcp=False).ask(7, SPAN, 0.5).outcome == "damaged"
    assert len(line.sent) == 1


def test_nobody_is_asked_while_the_one_before_still_talks() -> None:
    line = Line((0.02, rtu(8, ANSWER)))
    master = Master(line, line.monotonic_s, is_tcp=False)
    pieces = [b"\xff"] * 10

    def talk(wait_s: float) -> bytes:
        line.now_s += 0.004
        if pieces:
            return pieces.pop()
        del line.receive
        return line.receive(wait_s)

    line.receive = talk  # type: ignore[method-assign]
    exchange = master.ask(8, SPAN, 0.5)
    assert (exchange.outcome, pieces, master.noise_bytes) == ("answer", [], 10)


class Babble(Line):
    """Somebody talks on, a byte each 4 ms, until `until_s`."""

    def __init__(self, until_s: float) -> None:
        super().__init__()
        self.until_s = until_s
        self.sent_s: list[float] = []

    def send(self, data: bytes) -> None:
        super().send(data)
        self.sent_s.append(self.now_s)

    def receive(self, wait_s: float) -> bytes:
        self.now_s += min(wait_s, 0.004)
        return b"\x00" if self.now_s < self.until_s else b""


@pytest.mark.parametrize("wait_s", [0.1, 0.4, 1.0, 5.0])
def test_waiting_for_silence_is_part_of_the_wait(wait_s: float) -> None:
    line = Babble(until_s=60.0)
    Master(line, line.monotonic_s, is_tcp=False).ask(7, SPAN, wait_s)
    assert line.now_s <= wait_s + 0.01


def test_a_line_that_talks_on_is_waited_for_once_and_not_for_each_slave() -> None:
    line = Babble(until_s=60.0)
    master = Master(line, line.monotonic_s, is_tcp=False)
    for unit in (7, 8, 9):
        began_s = line.now_s
        master.ask(unit, SPAN, 1.0)
        assert (line.sent_s[-1] - began_s > 0.1) == (unit == 7)


def test_once_silent_it_is_waited_for_again() -> None:
    line = Babble(until_s=1.0)
    master = Master(line, line.monotonic_s, is_tcp=False)
    for unit in (7, 8):
        master.ask(unit, SPAN, 1.0)
    line.until_s = line.now_s + 0.1
    began_s = line.now_s
    master.ask(9, SPAN, 1.0)
    assert line.sent_s[-1] - began_s > 0.09


@pytest.mark.parametrize("noise", [b"\x07\x03\x04" * 500, b"\x07\x83" * 900, b"\x07" * 3000, b"\x07\x03\x04\x00\x01\x00\x02\x00\x00" * 300])
def test_heads_of_answers_without_end_do_not_hide_the_answer(noise: bytes) -> None:
    pieces = [(0.001 * number, noise[at : at + 7]) for number, at in enumerate(range(0, len(noise), 7))]
    outcome, transcript, _, _ = ask(*pieces, (0.45, rtu(7, ANSWER)))
    assert (outcome, transcript[-9:]) == ("answer", rtu(7, ANSWER))


def test_half_a_frame_that_was_late_does_not_hide_an_answer_over_tcp() -> None:
    outcome, transcript, _, _ = ask((0.01, mbap(9, 7, ANSWER)[5:]), (0.02, mbap(1, 7, ANSWER)), is_tcp=True)
    assert (outcome, transcript[-13:]) == ("answer", mbap(1, 7, ANSWER))


IDENTIFY = Call(43, b"\x0e\x01\x00")
IDENTITY = b"\x2b\x0e\x01\x01\x00\x00\x01\x00\x04Acme"


@pytest.mark.parametrize(
    ("answer", "outcome"), [(IDENTITY, "answer"), (b"\xab\x01", "exception"), (b"\x2b\x0d\x01", "timeout"), (ANSWER, "timeout")]
)
@pytest.mark.parametrize("is_tcp", [False, True])
def test_other_functions_than_reads_are_called_the_same_way(answer: bytes, outcome: str, is_tcp: bool) -> None:
    line = Line((0.02, mbap(1, 7, answer) if is_tcp else rtu(7, answer)))
    exchange = Master(line, line.monotonic_s, is_tcp=is_tcp).ask(7, IDENTIFY, 0.5)
    assert exchange.outcome in {outcome, "damaged"} if outcome == "timeout" else exchange.outcome == outcome
    assert line.sent == [mbap(1, 7, IDENTIFY.pdu) if is_tcp else rtu(7, IDENTIFY.pdu)]


def test_a_slave_that_answers_twice_is_told_from_one_that_answers_for_others() -> None:
    line = Line((0.02, rtu(7, ANSWER)), (0.03, rtu(7, ANSWER)))
    master = Master(line, line.monotonic_s, is_tcp=False)
    assert [master.ask(unit, SPAN, 0.5).outcome for unit in (7, 9)] == ["answer", "timeout"]
    assert (master.counts[7].repeated, master.counts[7].for_others, master.counts[7].late) == (2, 0, 0)


def test_what_answered_is_told() -> None:
    line = Line((0.02, rtu(7, ANSWER)))
    assert Master(line, line.monotonic_s, is_tcp=False).ask(7, SPAN, 0.5).answer == open_rtu(rtu(7, ANSWER))
