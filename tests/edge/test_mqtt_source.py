"""The MQTT source against a broker that holds it to the letter: what it tells the ledger."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from edge.batching.batcher import Batcher
from edge.batching.close_policy import ClosePolicy
from edge.config import MqttSource
from edge.decoders.table import build_decoder
from edge.intake import SourceIntake
from edge.normalise import Normaliser
from edge.normalise_settings import NormaliseSettings
from edge.refusal_budget import RefusalBudget
from edge.sources.mqtt import MqttInput
from edge.spool.receipts import Receipts
from edge.spool.spool import Loss
from runtime.clock import SystemClock
from telemetry.batch import Priority
from tests.stand_ins.strict_broker import StrictBroker
from tests.waiting import eventually

Start = Callable[..., MqttInput]
UNKNOWN = Loss("broker", "street", None, None, None)


@pytest.fixture
def broker() -> Iterator[StrictBroker]:
    with StrictBroker() as running:
        yield running


@pytest.fixture
def losses() -> list[Loss]:
    return []


@pytest.fixture
def start(broker: StrictBroker, losses: list[Loss], tmp_path: Path) -> Iterator[Start]:
    sources: list[MqttInput] = []

    def begin(known: Sequence[Receipts] = ()) -> MqttInput:
        fields = {"host": "127.0.0.1", "port": broker.port, "topics": ("site/#",), "reconnect_first_s": 0.02, "reconnect_ceiling_s": 0.05}
        own = {"id": "street", "kind": "mqtt", "decoder": {"kind": "json"}, "state_file": tmp_path / "memory.json"}
        clock = SystemClock()
        batcher = Batcher("street", Priority.NORMAL, ClosePolicy(1.0, 1 << 18), 1 << 20, clock, lambda: None)
        normaliser = Normaliser("street", "bn", "gw-1", NormaliseSettings())
        decoder = build_decoder("json", {"measurement": "air"}, ["site/{device}"])
        intake = SourceIntake("street", decoder, normaliser, batcher, RefusalBudget(20), clock, losses.append)
        source = MqttInput(MqttSource.model_validate(fields | own), "edge-1", intake, known)
        sources.append(source)
        source.start()
        eventually(lambda: source.state().connected)
        return source

    yield begin
    for source in sources:
        source.stop(5)


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
