"""From bytes to the open batch: what is stored, what is set aside and why, what is counted as lost."""

from collections.abc import Sequence
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.batching.batcher import Batcher, Closed
from edge.batching.close_policy import ClosePolicy
from edge.batching.compose import compose
from edge.decoders.decoder import UNDERSTOOD, Decoded, Decoder, Missed, Refusal, Reply
from edge.decoders.table import build_decoder
from edge.intake import MAX_LINE_BYTES, MAX_REPLIES, SourceIntake
from edge.normalise import Normaliser
from edge.normalise_settings import NormaliseSettings
from edge.refusal_budget import RefusalBudget
from edge.spool.set_aside import SetAside
from edge.spool.spool import Loss
from telemetry import quality
from telemetry.batch import Priority
from telemetry.errors import RejectedError
from telemetry.point import Reading
from tests.edge.batching_steps import Counted
from tests.stand_ins.moved_clock import MovedClock

JSON = build_decoder("json", {"measurement": "air"}, ["site/{device}"])


class TouchyDecoder:
    """A decoder of a driver with a bug: it raises what no decoder may."""

    framing: Literal["message"] = "message"

    def decode(self, topic: str, payload: bytes) -> Decoded:
        if payload == b"break":
            raise ZeroDivisionError("driver bug")
        if payload == b"refuse":
            raise RejectedError("wrong checksum")
        text = "x" * int(payload) if payload.isdigit() else payload.decode()
        good = Reading("air", {"device": topic}, {"text": text})
        return Decoded((good, Reading("air", {"device": topic}, {"level": 1.0})), (Refusal("one item"),) if payload == b"half" else ())


class SayingDecoder:
    """A decoder that yields one reading, whatever comes."""

    framing: Literal["message"] = "message"

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def decode(self, topic: str, payload: bytes) -> Decoded:  # noqa: ARG002
        return Decoded((self._reading,))


class TellingDecoder:
    """A decoder that says of each message what the test put down for it."""

    framing: Literal["message"] = "message"

    def __init__(self, **told: Decoded) -> None:
        self._told = told

    def decode(self, topic: str, payload: bytes) -> Decoded:  # noqa: ARG002
        return self._told[payload.decode()]


class Desk:
    """An intake and everything it hands on."""

    def __init__(self, decoder: Decoder, memory_bytes: int = 1 << 20, per_minute: int = 20, max_series: int = 100) -> None:
        self.clock = MovedClock()
        self.losses: list[Loss] = []
        self.batcher = Batcher("street", Priority.NORMAL, ClosePolicy(1.0, 1 << 18), memory_bytes, self.clock, lambda: None)
        self.normaliser = Normaliser("street", "bn", "gw-1", NormaliseSettings(), max_series)
        budget = RefusalBudget(per_minute)
        self.intake = SourceIntake("street", decoder, self.normaliser, self.batcher, budget, self.clock, self.losses.append)

    def take_in(self, *messages: tuple[str, bytes], acknowledgement: Counted | None = None) -> None:
        self.intake.messages(messages, acknowledgement)

    def closed(self) -> Closed | None:
        return self.batcher.take(self.clock.monotonic_s(), at_once=True)

    def handed_on(self) -> tuple[list[str], list[SetAside]]:
        """Lines and refused messages of the open batch, which is taken."""
        closed = self.closed()
        chunks = closed.chunks if closed else []
        return [line for chunk in chunks for line in chunk.lines], [one for chunk in chunks for one in chunk.refused]


def reasons(refused: Sequence[SetAside]) -> list[str]:
    return [one.reason for one in refused]


def test_readings_become_lines_with_the_time_of_arrival_in_milliseconds() -> None:
    desk = Desk(JSON)
    desk.take_in(("site/d1", b'{"level": 1.5}'))
    [line] = desk.handed_on()[0]
    assert line.startswith("air,device=d1,gateway=gw-1,site=bn level=1.5,")
    assert line.endswith("000000")


def test_a_bad_message_is_set_aside_between_its_good_neighbours() -> None:
    desk = Desk(JSON)
    acknowledgement = Counted()
    desk.take_in(("site/d1", b'{"level": 1}'), ("site/d1", b"{"), ("site/d1", b'{"level": 2}'), acknowledgement=acknowledgement)
    closed = desk.closed()
    assert closed is not None
    [chunk] = closed.chunks
    assert (len(chunk.lines), chunk.messages, chunk.acknowledgement) == (2, 3, acknowledgement)
    assert [(loss.reason, loss.source, loss.count) for loss in chunk.losses] == [("decoder rejected", "street", 1)]
    [refused] = chunk.refused
    assert (refused.topic, refused.payload, refused.source) == ("site/d1", b"{", "street")
    assert "JSON" in refused.reason
    assert desk.losses == [], "the ledger learns of it when it is written, and not before"


def test_readings_of_the_source_itself_are_stored_and_are_no_sign_of_life() -> None:
    desk = Desk(JSON)
    desk.intake.own([Reading("air", {}, {"fan_hours": 12.5})])
    assert (desk.intake.heard_s, desk.intake.counts.messages, desk.intake.counts.points) == (None, 0, 1)
    closed = desk.closed()
    assert closed is not None
    [chunk] = closed.chunks
    assert chunk.produced == 1
    assert chunk.lines[0].startswith("air,device=street,gateway=gw-1,site=bn fan_hours=12.5,")


def test_a_decoder_that_breaks_costs_only_the_message_it_broke_on() -> None:
    desk = Desk(TouchyDecoder())
    desk.take_in(("d1", b"good"), ("d1", b"break"), ("d1", b"refuse"), ("d2", b"good"))
    lines, refused = desk.handed_on()
    assert len(lines) == 4
    assert reasons(refused) == ["the decoder broke: ZeroDivisionError('driver bug')", "wrong checksum"]
    assert desk.intake.counts.refused == 2


def test_a_message_that_is_half_good_is_stored_by_half_and_set_aside_whole() -> None:
    desk = Desk(TouchyDecoder())
    desk.take_in(("d1", b"half"))
    lines, refused = desk.handed_on()
    assert len(lines) == 2
    assert [(one.reason, one.payload) for one in refused] == [("one item", b"half")]


def test_a_message_without_any_reading_is_set_aside_saying_so() -> None:
    desk = Desk(JSON)
    desk.take_in(("site/d1", b'{"name": "x"}'))
    lines, refused = desk.handed_on()
    assert (lines, len(refused)) == ([], 1)


def test_a_line_too_long_for_a_record_is_refused_and_its_neighbour_kept() -> None:
    desk = Desk(TouchyDecoder())
    desk.take_in(("d1", str(MAX_LINE_BYTES).encode()))
    lines, refused = desk.handed_on()
    assert len(lines) == 1
    assert str(MAX_LINE_BYTES) in reasons(refused)[0]


def test_beyond_the_budget_of_a_topic_refusals_are_only_counted() -> None:
    desk = Desk(JSON, per_minute=2)
    desk.take_in(*[("site/d1", b"{")] * 5, ("site/d2", b"{"))
    closed = desk.closed()
    assert closed is not None
    assert [one.topic for one in closed.chunks[0].refused] == ["site/d1", "site/d1", "site/d2"]
    assert sum(loss.count or 0 for loss in closed.chunks[0].losses) == 6
    desk.clock.advance(60)
    desk.take_in(("site/d1", b"{"))
    assert len(desk.handed_on()[1]) == 1


def test_topics_that_are_invented_do_not_widen_the_budget() -> None:
    desk = Desk(JSON, per_minute=2)
    desk.take_in(*[(f"site/d{number}", b"{") for number in range(100)])
    closed = desk.closed()
    assert closed is not None
    assert len(closed.chunks[0].refused) == 20
    assert [loss.count for loss in closed.chunks[0].losses] == [100]
    desk.clock.advance(60)
    desk.take_in(("site/d1", b"{"))
    assert len(desk.handed_on()[1]) == 1


def test_series_above_the_limit_are_set_aside() -> None:
    desk = Desk(JSON, max_series=3)
    desk.take_in(*[(f"site/d{number}", b'{"level": 1}') for number in range(10)])
    lines, refused = desk.handed_on()
    assert (len(lines), len(refused)) == (3, 7)
    assert all("series limit" in reason for reason in reasons(refused))


def test_an_oversized_message_is_acknowledged_like_any_other() -> None:
    desk = Desk(JSON)
    acknowledgement = Counted()
    desk.intake.refuse("site/d1", "message of 9 MB", acknowledgement)
    closed = desk.closed()
    assert closed is not None
    assert closed.chunks[0].acknowledgement is acknowledgement
    assert reasons(closed.chunks[0].refused) == ["message of 9 MB"]


def test_readings_nobody_will_send_again_are_accounted_for_when_memory_is_full() -> None:
    desk = Desk(JSON, memory_bytes=10)
    desk.take_in(("site/d1", b'{"level": 1}'))
    desk.take_in(("site/d1", b'{"level": 2}'), ("site/d1", b"{"), ("site/d1", b'{"level": 3}'))
    assert desk.intake.counts.lost == 2
    assert desk.losses == [], "no word before a record answers for them"
    full = desk.closed()
    assert full is not None
    desk.batcher.settled(full)
    desk.take_in(("site/d1", b'{"level": 4}'))
    answering = desk.closed()
    assert answering is not None
    [chunk] = answering.chunks
    assert [(loss.reason, loss.count) for loss in chunk.losses] == [("decoder rejected", 1), ("memory full", 2)]
    assert (len(chunk.lines), chunk.produced) == (1, 4)


def test_frames_that_never_became_a_message_are_answered_for_by_a_record_of_no_lines() -> None:
    desk = Desk(JSON)
    desk.intake.lose(Loss("frame too long", "street", 3, 100, 200))
    closed = desk.closed()
    assert closed is not None
    [batch] = compose(closed)
    assert (batch.count, batch.produced, batch.receipts, batch.first_ns, batch.last_ns) == (0, 3, b"", 100, 200)


def test_what_the_broker_lost_is_said_at_once_and_no_record_answers_for_it() -> None:
    desk = Desk(JSON)
    desk.intake.lose(Loss("broker", "street", 3, None, None))
    assert [loss.reason for loss in desk.losses] == ["broker"]
    assert desk.closed() is None


def test_readings_the_broker_still_has_are_no_loss_when_the_agent_stops() -> None:
    desk = Desk(JSON)
    desk.batcher.close()
    desk.take_in(("site/d1", b'{"level": 1}'), ("site/d1", b"{"), acknowledgement=Counted())
    assert desk.losses == []


@pytest.mark.parametrize("payload", [b"", b"\xff", b"null", b"[]", b'{"level": {"a": []}}', b"[" * 50_000])
def test_no_payload_stalls_a_source(payload: bytes) -> None:
    desk = Desk(JSON)
    desk.take_in(("site/d1", payload), ("site/d1", b'{"level": 1}'))
    lines, refused = desk.handed_on()
    assert (len(lines), len(refused)) == (1, 1)
    assert refused[0].reason


_TEXTS = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('\r\n\t\x00\x0b\x1f\\",= '), min_size=1)


@given(st.dictionaries(_TEXTS, _TEXTS, min_size=1, max_size=3), _TEXTS)
def test_whatever_a_device_sends_a_line_is_one_line(fields: dict[str, str], device: str) -> None:
    """The uplink splits refused bodies at line feeds: one in a value would cut a good point, or let a device write points of its own."""
    desk = Desk(SayingDecoder(Reading("air", {"device": device}, fields)))
    desk.take_in(("d1", b"x"))
    for line in desk.handed_on()[0]:
        assert "\n" not in line
        assert "\r" not in line


def test_text_of_several_lines_is_stored_in_one() -> None:
    desk = Desk(SayingDecoder(Reading("air", {}, {"level": 1.5, "note": "on\r\nroof\nair,device=x level=9 1"})))
    desk.take_in(("d1", b"x"))
    [line] = desk.handed_on()[0]
    assert ' level=1.5,note="on  roof air,device=x level=9 1",' in line


def test_a_message_without_a_reading_is_no_fault_where_none_is_meant_to_be() -> None:
    desk = Desk(TellingDecoder(birth=UNDERSTOOD, broken=Decoded((), (Refusal("alias 3"),), is_understood=True), empty=Decoded(())))
    acknowledgement = Counted()
    desk.take_in(("d1", b"birth"), ("d1", b"broken"), ("d1", b"empty"), acknowledgement=acknowledgement)
    closed = desk.closed()
    assert closed is not None
    [chunk] = closed.chunks
    assert (chunk.messages, chunk.acknowledgement) == (3, acknowledgement), "the birth is acknowledged with the others"
    assert reasons(chunk.refused) == ["alias 3", "the message yields no reading"]
    assert [(loss.reason, loss.count) for loss in chunk.losses] == [("decoder rejected", 2)]


def test_what_a_device_says_was_missed_goes_to_the_ledger_and_into_no_balance() -> None:
    gap = Missed("not received", None, "sequence 3 to 7", first_ns=5, last_ns=9)
    gone = Missed("device offline", None, "pump 7")
    desk = Desk(TellingDecoder(gap=Decoded((Reading("air", {}, {"level": 1.0}),), missed=(gap,)), gone=UNDERSTOOD._replace(missed=(gone,))))
    desk.take_in(("d1", b"gap"), ("d1", b"gone"))
    now_ns = desk.losses[1].first_ns
    assert desk.losses == [
        Loss("not received", "street", None, 5, 9, detail="sequence 3 to 7"),
        Loss("device offline", "street", None, now_ns, now_ns, detail="pump 7"),
    ]
    assert now_ns is not None
    closed = desk.closed()
    assert closed is not None
    assert [(chunk.produced, chunk.losses) for chunk in closed.chunks] == [(1, [])]


def test_replies_are_handed_out_once_and_a_flood_of_them_is_cut_off() -> None:
    ask = UNDERSTOOD._replace(replies=[Reply("cmd/d1", b"1"), Reply("cmd/d2", b"2")])
    desk = Desk(TellingDecoder(ask=ask))
    desk.take_in(("d1", b"ask"))
    assert desk.intake.take_replies() == [Reply("cmd/d1", b"1"), Reply("cmd/d2", b"2")]
    assert desk.intake.take_replies() == []
    desk.take_in(*[("d1", b"ask")] * MAX_REPLIES)
    assert len(desk.intake.take_replies()) == MAX_REPLIES


def test_quality_that_the_source_knows_of_is_added_to_that_of_the_device() -> None:
    warm = Reading("air", {}, {"level": 1.0}, quality=quality.WARM_UP)
    desk = Desk(TellingDecoder(warm=Decoded((warm,))))
    desk.intake.messages([("d1", b"warm")], bits=quality.STALE)
    desk.intake.messages([("d1", b"warm")])
    lines = desk.handed_on()[0]
    assert [line.split("quality=")[1].split("i")[0] for line in lines] == [str(quality.WARM_UP | quality.STALE), str(quality.WARM_UP)]
