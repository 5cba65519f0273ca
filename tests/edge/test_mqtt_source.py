"""The MQTT source against a broker that holds it to the letter: what it tells the ledger, and what of an absence."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal

import pytest

from edge.absence import Absence
from edge.batching.batcher import Batcher
from edge.batching.chunk import Acknowledgement
from edge.batching.close_policy import ClosePolicy
from edge.config import MqttSource
from edge.decoders.decoder import Decoded, Decoder, Reply
from edge.decoders.table import build_decoder
from edge.intake import Message, SourceIntake
from edge.normalise import Normaliser
from edge.normalise_settings import NormaliseSettings
from edge.refusal_budget import RefusalBudget
from edge.sources.mqtt import MqttInput
from edge.spool.receipts import Receipts
from edge.spool.spool import Loss
from runtime.mqtt_intake import MqttMessage
from telemetry.batch import Priority
from tests.stand_ins.moved_clock import MovedClock
from tests.stand_ins.strict_broker import StrictBroker
from tests.waiting import eventually

Start = Callable[..., MqttInput]
BOOT_NS = 60_000_000_000  # where MovedClock begins
UNKNOWN = Loss("broker", "street", None, None, None)


@pytest.fixture
def broker() -> Iterator[StrictBroker]:
    with StrictBroker() as running:
        yield running


class ListeningIntake(SourceIntake):
    """An intake that also writes down what it is told of absences."""

    def __init__(self, *parts: object) -> None:
        super().__init__(*parts)  # type: ignore[arg-type]
        self.heard: list[tuple[str, object]] = []

    def messages(self, messages: Sequence[Message], acknowledgement: Acknowledgement | None = None, absence: Absence | None = None) -> None:
        for message in messages:
            assert isinstance(message, MqttMessage)
            self.heard.append((message.payload.decode(), absence if message.queued else "live"))
        super().messages(messages, acknowledgement, absence)
        if acknowledgement:
            acknowledgement.settle()

    def absence_over(self, absence: Absence) -> None:
        self.heard.append(("over", absence))


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock(boot_ns=BOOT_NS)


@pytest.fixture
def heard() -> list[tuple[str, object]]:
    return []


@pytest.fixture
def losses() -> list[Loss]:
    return []


@pytest.fixture
def start(broker: StrictBroker, losses: list[Loss], clock: MovedClock, heard: list[tuple[str, object]], tmp_path: Path) -> Iterator[Start]:
    sources: list[MqttInput] = []

    def begin(known: Sequence[Receipts] = (), decoder: Decoder | None = None) -> MqttInput:
        fields = {"host": "127.0.0.1", "port": broker.port, "topics": ("site/#",), "reconnect_first_s": 0.02, "reconnect_ceiling_s": 0.05}
        own = {"id": "street", "kind": "mqtt", "decoder": {"kind": "json"}, "state_file": tmp_path / "memory.json"}
        batcher = Batcher("street", Priority.NORMAL, ClosePolicy(1.0, 1 << 18), 1 << 20, clock, lambda: None)
        normaliser = Normaliser("street", "bn", "gw-1", NormaliseSettings())
        decoder = decoder or build_decoder("json", {"measurement": "air"}, ["site/{device}"])
        intake = ListeningIntake("street", decoder, normaliser, batcher, RefusalBudget(20), clock, losses.append)
        intake.heard = heard
        source = MqttInput(MqttSource.model_validate(fields | own), "edge-1", intake, known, clock)
        sources.append(source)
        source.start()
        eventually(lambda: source.state().connected)
        return source

    yield begin
    for source in sources:
        source.stop(5)


def rejoin(broker: StrictBroker, source: MqttInput, clock: MovedClock, away_s: float, *payloads: bytes) -> None:
    """Have the line cut, let time pass while the broker queues `payloads`, and let the source come back."""
    broker.connack_code = 0x88
    broker.cut()
    eventually(lambda: "refuses" in source.state().last_error)
    for payload in payloads:
        broker.publish("site/a", payload)
    clock.advance(away_s)
    broker.connack_code = 0
    eventually(lambda: source.state().connected)


def test_a_broker_that_forgot_our_session_is_a_loss_of_unknown_count(broker: StrictBroker, start: Start, losses: list[Loss]) -> None:
    start()
    assert losses == [], "the first session of all replaces none"
    broker.restart_without_session()
    eventually(lambda: losses == [UNKNOWN])
    broker.restart_without_session()
    eventually(lambda: losses == [UNKNOWN, UNKNOWN])


def test_a_session_that_goes_on_after_a_cut_line_is_no_loss(broker: StrictBroker, start: Start, losses: list[Loss]) -> None:
    source = start()
    broker.cut()
    eventually(lambda: source.state().detail.startswith("session resumed"))
    assert losses == []


def test_a_session_lost_while_the_agent_was_away_is_known_from_the_spool(start: Start, losses: list[Loss]) -> None:
    start(known=[Receipts(7, (1,), (5,))])
    eventually(lambda: losses == [UNKNOWN])


def test_what_waited_comes_with_the_absence_that_it_waited_in(
    broker: StrictBroker, start: Start, clock: MovedClock, heard: list[tuple[str, object]]
) -> None:
    source = start()
    eventually(lambda: broker.markers_acknowledged)
    clock.advance(100)
    broker.publish("site/a", b"1")
    eventually(lambda: heard == [("1", "live")])
    rejoin(broker, source, clock, 500, b"2", b"3")
    eventually(lambda: heard[-1][0] == "over")
    broker.publish("site/a", b"4")
    eventually(lambda: len(heard) == 5)
    absence = heard[1][1]
    assert isinstance(absence, Absence)
    assert heard == [("1", "live"), ("2", absence), ("3", absence), ("over", absence), ("4", "live")]
    assert absence.to_boot_ns == BOOT_NS + 600 * 10**9
    assert absence.from_boot_ns is not None
    assert BOOT_NS < absence.from_boot_ns < BOOT_NS + 100 * 10**9, "the broker's last word, not when we noticed"


def test_a_session_resumed_by_a_new_process_has_an_absence_without_a_start(
    broker: StrictBroker, start: Start, clock: MovedClock, heard: list[tuple[str, object]]
) -> None:
    first = start()
    eventually(lambda: broker.markers_acknowledged)
    first.stop(5)
    broker.publish("site/a", b"1")
    start()
    eventually(lambda: len(heard) == 2)
    absence = Absence(None, clock.boot_ns())
    assert heard == [("1", absence), ("over", absence)]


def test_an_absence_that_was_not_over_goes_on_with_the_next_connection(
    broker: StrictBroker, start: Start, clock: MovedClock, heard: list[tuple[str, object]]
) -> None:
    source = start()
    eventually(lambda: broker.markers_acknowledged)
    broker.cuts_on_marker = True
    rejoin(broker, source, clock, 500)
    eventually(lambda: len(broker.markers) >= 2)
    broker.cuts_on_marker = False
    rejoin(broker, source, clock, 500, b"1")
    eventually(lambda: heard and heard[-1][0] == "over")
    absence = heard[-1][1]
    assert isinstance(absence, Absence)
    assert heard == [("1", absence), ("over", absence)]
    assert absence.from_boot_ns is not None
    assert absence.from_boot_ns <= BOOT_NS, "since the first of the two cuts"
    assert absence.to_boot_ns == BOOT_NS + 1000 * 10**9


def test_a_session_that_was_lost_ends_the_absence_of_the_one_before(
    broker: StrictBroker, start: Start, clock: MovedClock, heard: list[tuple[str, object]]
) -> None:
    source = start()
    eventually(lambda: broker.markers_acknowledged)
    broker.loses_markers = True
    rejoin(broker, source, clock, 500)
    assert source.state().detail.startswith("session resumed")
    broker.restart_without_session()
    eventually(lambda: heard)
    (what, absence), *more = heard
    assert (what, more) == ("over", [])
    assert isinstance(absence, Absence)
    eventually(lambda: source.state().connected)
    broker.publish("site/a", b"1")
    eventually(lambda: heard[-1] == ("1", "live"))


def test_a_source_that_ends_while_the_queue_comes_closes_the_account_of_its_absence(
    broker: StrictBroker, start: Start, clock: MovedClock, heard: list[tuple[str, object]]
) -> None:
    source = start()
    eventually(lambda: broker.markers_acknowledged)
    broker.loses_markers = True
    rejoin(broker, source, clock, 500)
    source.stop(5)
    assert [what for what, _ in heard] == ["over"]


class AskingDecoder:
    """A decoder that answers each message on the device's own topic."""

    framing: Literal["message"] = "message"

    def decode(self, topic: str, payload: bytes) -> Decoded:
        return Decoded((), is_understood=True, replies=[Reply(f"cmd/{topic}", payload)])


def test_what_a_decoder_replies_is_published_once_a_topic_in_thirty_seconds(broker: StrictBroker, start: Start, clock: MovedClock) -> None:
    broker.takes = "cmd/"
    start(decoder=AskingDecoder())
    for payload in (b"1", b"2", b"3"):
        broker.publish("site/a", payload)
        broker.publish("site/b", payload)
        eventually(lambda: len(broker.acknowledged) == 2 * int(payload))  # noqa: B023
    assert sorted(broker.published) == [("cmd/site/a", b"1"), ("cmd/site/b", b"1")]
    clock.advance(30)
    broker.publish("site/c", b"4")
    eventually(lambda: len(broker.published) >= 5)
    assert sorted(broker.published[2:]) == [("cmd/site/a", b"3"), ("cmd/site/b", b"3"), ("cmd/site/c", b"4")]


def test_replies_that_the_broker_takes_badly_hold_back_no_message(broker: StrictBroker, start: Start, clock: MovedClock) -> None:
    broker.takes, broker.cuts_on_publish = "cmd/", True
    start(decoder=AskingDecoder())
    for number in range(20):
        broker.publish("site/a", b"%d" % number)
        clock.advance(31)
    eventually(lambda: broker.unacknowledged_count == 0, 20.0)
    assert sorted(set(broker.acknowledged)) == sorted(b"%d" % number for number in range(20))
    assert len(broker.published) <= 3


def test_a_flood_of_devices_to_be_told_something_is_told_bit_by_bit(broker: StrictBroker, start: Start) -> None:
    broker.takes = "cmd/"
    broker.window = 500
    for number in range(300):
        broker.publish(f"site/{number}", b"1")
    start(decoder=AskingDecoder())
    eventually(lambda: broker.unacknowledged_count == 0)
    for number in range(20):
        broker.publish("site/0", b"%d" % number)
        eventually(lambda: broker.unacknowledged_count == 0)
    eventually(lambda: len({topic for topic, _ in broker.published}) == 300)
    assert len(broker.published) == 300
