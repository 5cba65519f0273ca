"""Sparkplug B: births, aliases, sequence, deaths, data types, quality, and what is refused."""

import math
import struct
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.decoders.decoder import Decoded, Missed
from edge.decoders.sparkplug import Options, build, recognise
from edge.decoders.sparkplug.nodes import ASK_AGAIN_AFTER
from edge.decoders.sparkplug.schema import DATA_TYPES, Payload
from edge.decoders.values import shortest_float
from telemetry import quality
from telemetry.errors import RejectedError
from telemetry.point import FieldValue, Reading, Unsigned
from tests.edge.decoders.contract import check

AT = 1_700_000_000_000  # ms
AT_NS = AT * 1_000_000
NODE = {"group": "city", "device": "pump7"}
DEVICE = {"group": "city", "node": "pump7", "device": "meter"}
ON, OFF = True, False
NOTHING = Decoded([], is_understood=True, missed=[], replies=[])
# The request of the specification's chapter 6, with the time that it has there.
REBIRTH_HEX = "08eaf2f5a8a02b12210a144e6f646520436f6e74726f6c2f5265626972746818eaf2f5a8a02b200b7001"


def metric(name: str, datatype: str, value: object = None, properties: dict[str, object] | None = None, **more: object) -> Any:
    """A metric as a device makes it; `value` goes where its type belongs."""
    made = Payload.Metric(name=name, datatype=DATA_TYPES.index(datatype), **more)
    if not name:
        made.ClearField("name")
    field = {"Float": "float_value", "Double": "double_value", "Boolean": "boolean_value", "String": "string_value"}.get(datatype)
    if value is not None:
        if field is None:
            field = "long_value" if datatype in {"Int64", "UInt64", "DateTime"} else "int_value"
            value = value % (1 << (64 if field == "long_value" else 32))  # type: ignore[operator]
        setattr(made, field, value)
    for key, content in (properties or {}).items():
        made.properties.keys.append(key)
        made.properties.values.add(**{"int_value" if isinstance(content, int) else "string_value": content})
    return made


def payload(*metrics: Any, seq: int | None = None, timestamp: int = AT) -> bytes:
    made = Payload(timestamp=timestamp, metrics=metrics)
    if seq is not None:
        made.seq = seq
    raw: bytes = made.SerializeToString()
    return raw


class Host:
    """A decoder, and messages of one edge node with the numbers they should have."""

    def __init__(self, **options: object) -> None:
        self.decoder = build(Options.model_validate(options))
        self.seq = 0

    def node(self, kind: str, *metrics: Any, seq: int | None = None, timestamp: int = AT) -> Decoded:
        return self._send(f"spBv1.0/city/{kind}/pump7", kind, metrics, seq, timestamp)

    def device(self, kind: str, *metrics: Any, seq: int | None = None, timestamp: int = AT) -> Decoded:
        return self._send(f"spBv1.0/city/{kind}/pump7/meter", kind, metrics, seq, timestamp)

    def _send(self, topic: str, kind: str, metrics: tuple[Any, ...], seq: int | None, timestamp: int) -> Decoded:
        if kind == "NDEATH":
            return self.decoder.decode(topic, payload(*metrics, timestamp=timestamp))
        self.seq = 0 if kind == "NBIRTH" else self.seq + 1 if seq is None else seq
        return self.decoder.decode(topic, payload(*metrics, seq=self.seq % 256, timestamp=timestamp))


def born(**options: object) -> Host:
    """A host that knows the node (temperature, alias 1) and its device (voltage, alias 2; on, alias 3)."""
    host = Host(**options)
    host.node("NBIRTH", metric("bdSeq", "UInt64", 4), metric("Temperature", "Float", 20.5, alias=1))
    host.device("DBIRTH", metric("Voltage", "Double", 220.25, alias=2), metric("On", "Boolean", ON, alias=3))
    return host


def alias(number: int, datatype: str, value: object, **more: object) -> Any:
    made = metric("", datatype, value, alias=number, **more)
    made.ClearField("datatype")
    return made


def reasons(decoded: Decoded) -> list[str]:
    return [refusal.reason for refusal in decoded.refusals]


# -- births and data -------------------------------------------------------------------------------------------------------------


def test_births_hold_the_first_values_and_data_name_metrics_by_alias() -> None:
    host = Host()
    assert host.node("NBIRTH", metric("bdSeq", "UInt64", 0), metric("Temp 1/Out", "Float", 12.1, alias=7)).readings == [
        Reading("sparkplug", NODE, {"temp_1_out": 12.1}, AT_NS)
    ]
    decoded = host.device("DBIRTH", metric("Voltage", "Double", 220.25, alias=0), metric("On", "Boolean", OFF, alias=1))
    assert decoded.readings == [Reading("sparkplug", DEVICE, {"voltage": 220.25, "on": False}, AT_NS)]
    decoded = host.device("DDATA", alias(0, "Double", 221.5), alias(1, "Boolean", ON), timestamp=AT + 5)
    assert decoded == Decoded([Reading("sparkplug", DEVICE, {"voltage": 221.5, "on": True}, AT_NS + 5_000_000)], missed=[], replies=[])
    assert host.node("NDATA", metric("Temp 1/Out", "Float", 13.3)).readings[0].fields == {"temp_1_out": 13.3}


def test_each_metric_has_its_own_time_and_those_of_one_time_are_one_reading() -> None:
    host = born()
    decoded = host.device("DDATA", alias(2, "Double", 1.5, timestamp=AT - 1000), alias(3, "Boolean", ON, timestamp=AT - 1000))
    assert [(one.fields, one.time_ns) for one in decoded.readings] == [({"voltage": 1.5, "on": True}, AT_NS - 10**9)]
    decoded = host.device("DDATA", alias(2, "Double", 1.5, timestamp=AT - 1), alias(2, "Double", 2.5), alias(2, "Double", 3.5))
    assert [(one.fields["voltage"], one.time_ns) for one in decoded.readings] == [(1.5, AT_NS - 10**6), (2.5, AT_NS), (3.5, AT_NS)]


def test_historical_metrics_keep_their_time_and_have_one() -> None:
    host = born()
    old = AT - 86_400_000
    decoded = host.device("DDATA", alias(2, "Double", 1.5, timestamp=old, is_historical=True), alias(2, "Double", 2.5, is_historical=True))
    assert decoded.readings == [Reading("sparkplug", DEVICE, {"voltage": 1.5}, old * 1_000_000, is_historical=True)]
    assert "without a time" in reasons(decoded)[0]


def test_null_and_transient_metrics_hold_nothing_to_store_and_are_no_fault() -> None:
    host = born()
    null = alias(2, "Double", None, is_null=True)
    assert host.device("DDATA", null, alias(3, "Boolean", ON, is_transient=True)) == NOTHING
    assert host.device("DDATA") == NOTHING


def test_control_metrics_and_bdseq_are_no_readings() -> None:
    host = Host()
    decoded = host.node("NBIRTH", metric("bdSeq", "Int64", 1), metric("Node Control/Rebirth", "Boolean", OFF, alias=9))
    assert decoded == NOTHING
    assert host.node("NDATA", alias(9, "Boolean", ON)).is_understood


@pytest.mark.parametrize("topic", ["spBv1.0/city/NCMD/pump7", "spBv1.0/city/DCMD/pump7/meter", "spBv1.0/STATE/scada", "STATE/scada"])
def test_commands_and_states_of_hosts_are_understood(topic: str) -> None:
    assert build(Options()).decode(topic, b'{"online": true}').is_understood


def test_names_that_come_to_one_field_stay_apart() -> None:
    host = Host()
    host.node("NBIRTH", metric("Temp", "Float", 1.0, alias=1), metric("temp", "Float", 2.0, alias=2))
    decoded = host.node("NDATA", alias(2, "Float", 4.0), alias(1, "Float", 3.0))
    assert [(one.tags, one.fields) for one in decoded.readings] == [(NODE | {"metric": "temp"}, {"temp": 4.0}), (NODE, {"temp": 3.0})]


def test_a_device_with_the_name_of_its_node_is_another_series() -> None:
    host = born()
    host.decoder.decode("spBv1.0/city/DBIRTH/pump7/pump7", payload(metric("Temperature", "Float", 1.0), seq=2))
    host.seq = 2
    decoded = host.decoder.decode("spBv1.0/city/DDATA/pump7/pump7", payload(metric("Temperature", "Float", 1.0), seq=3))
    assert decoded.readings[0].tags == {"group": "city", "node": "pump7", "device": "pump7"} != NODE


# -- sequence, births and deaths -------------------------------------------------------------------------------------------------


def test_data_before_a_birth_are_refused_and_the_node_is_asked_for_it() -> None:
    host = Host()
    decoded = host.node("NDATA", metric("Temperature", "Float", 1.0), timestamp=1486144502122)
    assert (decoded.readings, len(decoded.refusals)) == ([], 1)
    [reply] = decoded.replies
    assert (reply.topic, reply.payload.hex()) == ("spBv1.0/city/NCMD/pump7", REBIRTH_HEX)


def test_data_of_a_device_before_its_birth_are_refused_and_the_node_is_asked() -> None:
    host = Host()
    host.node("NBIRTH", metric("Temperature", "Float", 1.0))
    decoded = host.device("DDATA", metric("Voltage", "Double", 1.0))
    assert "'city/pump7/meter': no birth" in reasons(decoded)[0]
    assert [reply.topic for reply in decoded.replies] == ["spBv1.0/city/NCMD/pump7"]


def test_a_gap_goes_to_the_ledger_and_asks_for_the_births_while_data_go_on() -> None:
    host = born()
    decoded = host.device("DDATA", alias(2, "Double", 1.0), seq=5)
    assert decoded.missed == [Missed("not received", None, "3 messages of edge node city/pump7, sequence 2 to 4")]
    assert len(decoded.replies) == 1
    assert decoded.readings[0].fields == {"voltage": 1.0}


@given(st.integers(0, 600), st.integers(2, 255))
def test_every_gap_is_told_with_its_numbers_and_only_gaps_are(steps: int, left_out: int) -> None:
    host = born()
    for _ in range(steps):
        assert not host.node("NDATA").missed
    last = host.seq
    [missed] = host.node("NDATA", seq=last + left_out, timestamp=AT + 1).missed
    assert f"sequence {(last + 1) % 256} to {(last + left_out - 1) % 256}" in missed.detail
    assert missed.detail.startswith(f"{left_out - 1} message")
    assert not host.node("NDATA").missed


def test_the_same_message_twice_is_no_gap_of_255() -> None:
    host = born()
    host.node("NDATA", alias(1, "Float", 1.0))
    again = host.node("NDATA", alias(1, "Float", 1.0), seq=host.seq)
    assert (again.missed, again.replies) == ([], [])
    assert not host.node("NDATA").missed
    assert host.node("NDATA", seq=host.seq, timestamp=AT + 1).missed, "another one with that number is"


def test_a_node_is_asked_once_until_it_is_born_or_has_been_needed_often() -> None:
    host = Host()
    asked = [len(host.node("NDATA").replies) for _ in range(2 * ASK_AGAIN_AFTER + 1)]
    assert [number for number, count in enumerate(asked) if count] == [0, ASK_AGAIN_AFTER, 2 * ASK_AGAIN_AFTER]
    host.node("NBIRTH")
    assert not host.node("NDATA").replies
    assert host.node("NDATA", seq=9).replies, "a new birth may be asked for again at once"


def test_nobody_is_asked_where_the_config_forbids_it() -> None:
    assert Host(rebirth=False).node("NDATA").replies == []


def test_a_device_is_not_born_before_its_node() -> None:
    host = Host()
    decoded = host.device("DBIRTH", metric("Voltage", "Double", 220.0, alias=2))
    assert (list(decoded.readings), len(decoded.refusals), len(decoded.replies)) == ([], 1, 1)
    host.node("NBIRTH")
    assert host.device("DBIRTH", metric("Voltage", "Double", 220.0, alias=2)).readings[0].fields == {"voltage": 220.0}


def test_an_alias_means_what_the_last_birth_says() -> None:
    host = born()
    host.node("NBIRTH", metric("Pressure", "Int16", -5, alias=1), metric("Temperature", "Float", 20.5, alias=9))
    decoded = host.node("NDATA", alias(1, "Int16", -7), alias(9, "Float", 21.5))
    assert decoded.readings[0].fields == {"pressure": -7.0, "temperature": 21.5}
    assert not decoded.refusals


def test_a_birth_of_the_node_ends_what_was_known_of_its_devices() -> None:
    host = born()
    assert host.node("NBIRTH", metric("Temperature", "Float", 1.0, alias=2)).missed == []
    assert host.device("DDATA", alias(2, "Double", 1.0)).refusals
    assert host.node("NDATA", alias(2, "Float", 9.5)).readings[0].fields == {"temperature": 9.5}
    assert host.node("NDATA", alias(1, "Float", 9.5)).refusals, "the alias of an earlier birth means nothing"


def test_a_death_goes_to_the_ledger_once_and_what_follows_is_refused() -> None:
    host = born()
    assert host.device("DDEATH").missed == [Missed("device offline", None, "device city/pump7/meter: DDEATH")]
    assert host.device("DDEATH").missed == []
    assert host.device("DDATA", alias(2, "Double", 1.0)).refusals
    assert host.node("NDATA", alias(1, "Float", 1.0)).readings, "the node lives"
    host.device("DBIRTH", metric("Voltage", "Double", 1.0, alias=2))
    assert host.device("DDATA", alias(2, "Double", 1.0)).readings
    assert host.device("DDEATH").missed


def test_the_death_of_a_node_is_that_of_its_devices() -> None:
    host = born()
    decoded = host.node("NDEATH", metric("bdSeq", "UInt64", 4))
    assert decoded.missed == [Missed("device offline", None, "edge node city/pump7, with 1 devices: NDEATH")]
    assert decoded.is_understood
    assert host.node("NDEATH", metric("bdSeq", "UInt64", 4)).missed == []
    assert host.device("DDATA", alias(2, "Double", 1.0), seq=2).refusals
    assert host.device("DDEATH", seq=3).missed == []


def test_the_will_of_an_earlier_session_is_not_the_death_of_this_one() -> None:
    host = born()
    assert host.node("NDEATH", metric("bdSeq", "UInt64", 3)) == NOTHING
    assert host.node("NDATA", alias(1, "Float", 1.0)).readings


# -- values ----------------------------------------------------------------------------------------------------------------------


def read(datatype: str, **value: object) -> FieldValue:
    """What a metric of `datatype` with this wire field comes to."""
    host = Host(integers=True)
    decoded = host.node("NBIRTH", Payload.Metric(name="x", datatype=DATA_TYPES.index(datatype), **value))
    if decoded.refusals:
        raise ValueError(decoded.refusals[0].reason)
    return decoded.readings[0].fields["x"]


@pytest.mark.parametrize(
    ("datatype", "wire", "expected"),
    [
        ("Int8", {"int_value": 0xFFFFFFFF}, -1),
        ("Int8", {"int_value": 0xFF}, -1),
        ("Int8", {"int_value": 127}, 127),
        ("Int16", {"int_value": 0x8000}, -32768),
        ("Int32", {"int_value": 0xFFFFFFFE}, -2),
        ("Int32", {"long_value": 2**64 - 2}, -2),
        ("Int64", {"long_value": 2**64 - 5}, -5),
        ("Int64", {"int_value": 5}, 5),
        ("UInt8", {"int_value": 255}, 255),
        ("UInt32", {"int_value": 2**32 - 1}, 2**32 - 1),
        ("UInt32", {"long_value": 2**32 - 1}, 2**32 - 1),
        ("UInt64", {"long_value": 2**64 - 1}, Unsigned(2**64 - 1)),
        ("Float", {"float_value": 12.1}, 12.1),
        ("Double", {"double_value": 0.1}, 0.1),
        ("Double", {"float_value": 0.1}, 0.1),
        ("Boolean", {"boolean_value": True}, True),
        ("String", {"string_value": "Máy bơm"}, "Máy bơm"),
        ("Text", {"string_value": ""}, ""),
        ("UUID", {"string_value": "9b2c-1"}, "9b2c-1"),
        ("DateTime", {"long_value": AT}, AT),
        ("Unknown", {"double_value": 1.5}, 1.5),
    ],
)
def test_values_are_what_their_data_type_says(datatype: str, wire: dict[str, object], expected: FieldValue) -> None:
    value = read(datatype, **wire)
    assert (value, type(value)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("datatype", "wire"),
    [
        ("Int8", {"int_value": 300}),
        ("Int8", {"int_value": 0xFFFFFF7F}),
        ("UInt8", {"int_value": 256}),
        ("UInt16", {"long_value": 2**64 - 1}),
        ("Float", {"float_value": math.nan}),
        ("Float", {"float_value": math.inf}),
        ("Double", {"double_value": -math.inf}),
        ("Float", {"string_value": "12.1"}),
        ("Int32", {}),
        ("Unknown", {"int_value": 1}),
        ("Bytes", {"bytes_value": b"\0"}),
        ("File", {"bytes_value": b"\0"}),
        ("Int32Array", {"bytes_value": bytes(7)}),
        ("Int32Array", {"bytes_value": bytes(4 * 65)}),
        ("Int32Array", {"int_value": 1}),
        ("BooleanArray", {"bytes_value": bytes(3)}),
        ("BooleanArray", {"bytes_value": b"\x09\0\0\0\xff"}),
        ("BooleanArray", {"bytes_value": b"\xff\xff\xff\xff\xff"}),
        ("StringArray", {"bytes_value": b"ABC"}),
        ("StringArray", {"bytes_value": b"\xff\0"}),
        ("DoubleArray", {"bytes_value": struct.pack("<d", math.nan)}),
        ("DataSet", {"dataset_value": Payload.DataSet(columns=["a"], types=[])}),
        ("DataSet", {"dataset_value": Payload.DataSet(rows=[Payload.DataSet.Row()] * 65)}),
        ("DataSet", {"dataset_value": Payload.DataSet(columns=[""], types=[7])}),
        ("Template", {"int_value": 1}),
        ("Int32", {"template_value": Payload.Template()}),
    ],
)
def test_what_is_no_value_of_its_type_is_refused(datatype: str, wire: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="'x'"):
        read(datatype, **wire)


def test_a_type_of_a_later_version_and_text_that_is_none_are_refused_alone() -> None:
    bad = Payload.Metric.FromString(bytes.fromhex("0a0178 200c 7a02fffe"))  # name "x", String, two bytes that are no UTF-8
    decoded = Host().node("NBIRTH", Payload.Metric(name="new", datatype=77, float_value=1.0), bad, metric("good", "Float", 1.0))
    assert decoded.readings[0].fields == {"good": 1.0}
    assert len(decoded.refusals) == 2


def test_the_definition_of_a_template_is_no_fault() -> None:
    definition = Payload.Metric(name="_types_/pump", datatype=19, template_value=Payload.Template(is_definition=True))
    assert Host().node("NBIRTH", definition).is_understood


_DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**6), max_value=10**6, places=3).map(
    lambda number: float(f"{float(number):.6g}")
)


@given(_DECIMALS)
def test_a_float_of_six_digits_is_what_the_device_had_in_mind(value: float) -> None:
    assert shortest_float(struct.unpack("<f", struct.pack("<f", value))[0]) == value


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_float_stays_the_same_32_bits(value: float) -> None:
    assert struct.pack("<f", shortest_float(value)) == struct.pack("<f", value)


def test_integers_are_floats_unless_asked_for_or_catalogued() -> None:
    birth = (metric("Counter", "Int32", 7), metric("At", "DateTime", AT))
    assert Host().node("NBIRTH", *birth).readings[0].fields == {"counter": 7.0, "at": float(AT)}
    fields = Host(measurement="gateway").node("NBIRTH", metric("Spool Lines", "Int32", 7)).readings[0].fields
    assert type(fields["spool_lines"]) is int


@pytest.mark.parametrize(
    ("measurement", "name", "unit", "value", "stored"),
    [
        ("weather", "Temperature", "°F", 212.0, 100.0),
        ("power", "Active Power", "kW", 1.5, 1500.0),
        ("sparkplug", "Anything", "kW", 1.5, 1500.0),
        ("sparkplug", "Anything", "furlong", 1.5, 1.5),
        ("weather", "Temperature", "Cel", 21.5, 21.5),
    ],
)
def test_units_of_a_birth_hold_for_the_data_that_follow(measurement: str, name: str, unit: str, value: float, stored: float) -> None:
    host = Host(measurement=measurement)
    host.node("NBIRTH", metric(name, "Double", 0.0, {"engUnit": unit}, alias=1))
    assert list(host.node("NDATA", alias(1, "Double", value)).readings[0].fields.values()) == [stored]


def test_a_unit_that_does_not_fit_refuses_the_metric_and_asks_nobody() -> None:
    host = Host(measurement="weather")
    decoded = host.node("NBIRTH", metric("Temperature", "Double", 1.0, {"engUnit": "V"}, alias=1), metric("Humidity", "Double", 50.0))
    assert decoded.readings[0].fields == {"humidity": 50.0}
    assert "voltage is not temperature" in reasons(decoded)[0]
    data = host.node("NDATA", alias(1, "Double", 1.0))
    assert (len(data.refusals), data.replies) == (1, [])


@pytest.mark.parametrize(
    ("code", "bits"),
    [(192, quality.GOOD), (0, quality.DEVICE_ERROR), (500, quality.STALE), (64, quality.DEVICE_ERROR), ("x", quality.GOOD)],
)
def test_quality_of_a_metric_is_that_of_its_reading(code: object, bits: int) -> None:
    host = born()
    decoded = host.device("DDATA", alias(2, "Double", 1.0, properties={"Quality": code}), alias(3, "Boolean", ON))
    assert sorted({one.quality for one in decoded.readings}) == sorted({bits, quality.GOOD})
    assert {name for one in decoded.readings for name in one.fields} == {"voltage", "on"}


# -- what is refused -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("topic", "data", "word"),
    [
        ("", b"", "spBv1.0"),
        ("spAv1.0/g/NBIRTH/n", b"", "spBv1.0"),
        ("spBv1.0/g/NBIRTH", b"", "group/type/node"),
        ("spBv1.0/g/NBIRTH/n/d", b"", "group/type/node"),
        ("spBv1.0/g/DBIRTH/n", b"", "group/type/node"),
        ("spBv1.0//NBIRTH/n", b"", "group/type/node"),
        ("spBv1.0/g/NBIRTH/+", b"", "group/type/node"),
        ("spBv1.0/g/NSTUFF/n", b"", "group/type/node"),
        ("spBv1.0/g/NBIRTH/n", b'{"metrics": []}', "protobuf"),
        ("spBv1.0/g/NBIRTH/n", b"\x12\x05ab", "protobuf"),
        ("spBv1.0/g/NBIRTH/n", b"\x18\x80\x02", "255"),
        ("spBv1.0/g/NBIRTH/n", b"\x22\x12SPBV1.0_COMPRESSED", "compress"),
        ("spBv1.0/g/NBIRTH/n", b"\x12\x00" * 200_000, "max_payload_bytes"),
        ("spBv1.0/g/NBIRTH/n", b"\x12\x00" * 60_000, "max_metrics"),
    ],
)
def test_a_message_that_is_none_is_refused_with_the_reason(topic: str, data: bytes, word: str) -> None:
    with pytest.raises(RejectedError) as caught:
        build(Options()).decode(topic, data)
    assert word in caught.value.reason


def test_metrics_that_no_birth_declares_are_refused_alone_and_ask_for_one() -> None:
    host = born()
    decoded = host.node("NDATA", alias(77, "Float", 1.0), alias(1, "Float", 2.0), metric("Strange", "Float", 1.0), Payload.Metric())
    assert decoded.readings[0].fields == {"temperature": 2.0}
    assert (len(decoded.refusals), len(decoded.replies)) == (3, 1)


def test_a_value_of_another_type_than_its_birth_is_refused() -> None:
    decoded = born().node("NDATA", metric("Temperature", "Boolean", ON))
    assert reasons(decoded) == ["metric 'Temperature': Boolean, but Float in the birth"]


def test_an_alias_that_two_metrics_share_names_none_of_them() -> None:
    host = Host()
    birth = host.node("NBIRTH", metric("a", "Float", 1.0, alias=1), metric("b", "Float", 2.0, alias=1))
    assert birth.readings[0].fields == {"a": 1.0, "b": 2.0}
    assert "alias 1" in reasons(birth)[0]
    assert "alias 1" in reasons(host.node("NDATA", alias(1, "Float", 3.0)))[0]
    assert host.node("NDATA", metric("a", "Float", 3.0)).readings


def test_a_metric_without_a_usable_name_or_twice_is_refused_alone() -> None:
    a, again = metric("a", "Float", 1.0), metric("a", "Float", 2.0)
    decoded = Host().node("NBIRTH", metric("", "Float", 1.0), metric("x" * 300, "Float", 1.0), a, again)
    assert len(decoded.refusals) == 3
    assert decoded.readings[0].fields == {"a": 1.0}


def test_a_time_beyond_the_store_is_refused() -> None:
    assert "64 bits" in reasons(born().node("NDATA", alias(1, "Float", 1.0, timestamp=2**63)))[0]


def test_a_message_without_any_time_counts_from_its_arrival() -> None:
    assert born().node("NDATA", alias(1, "Float", 1.0), timestamp=0).readings[0].time_ns is None


# -- bounds ----------------------------------------------------------------------------------------------------------------------

_TOPICS = [f"spBv1.0/city/{kind}/pump7" for kind in ("NBIRTH", "NDATA", "NDEATH", "NCMD")]
_TOPICS += [f"spBv1.0/city/{kind}/pump7/meter" for kind in ("DBIRTH", "DDATA", "DDEATH", "DCMD")]
_METRICS = st.builds(
    lambda **parts: Payload.Metric(**{name: value for name, value in parts.items() if value is not None}),
    name=st.sampled_from(["a", "A", "b", "bdSeq", None]),
    alias=st.integers(0, 3) | st.none(),
    datatype=st.integers(0, 36) | st.none(),
    timestamp=st.integers(0, 2**64 - 1) | st.none(),
    is_null=st.booleans() | st.none(),
    is_historical=st.booleans() | st.none(),
    int_value=st.integers(0, 2**32 - 1) | st.none(),
    float_value=st.floats(width=32) | st.none(),
    string_value=st.text(max_size=5) | st.none(),
)
_MESSAGES = st.builds(
    lambda metrics, seq, timestamp: Payload(metrics=metrics, seq=seq, timestamp=timestamp).SerializeToString(),
    st.lists(_METRICS, max_size=4),
    st.integers(0, 300),
    st.integers(0, 2**64 - 1),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(_TOPICS), _MESSAGES | st.binary(max_size=60)), max_size=12))
def test_whatever_a_node_sends_in_whatever_order_is_decoded_or_rejected(messages: list[tuple[str, bytes]]) -> None:
    decoder = build(Options())
    for topic, data in messages:
        check(decoder, data, topic)


@given(st.data())
def test_a_cut_or_bitten_birth_is_decoded_or_rejected(data: st.DataObject) -> None:
    voltage = metric("Voltage", "Double", 1.5, {"engUnit": "V", "Quality": 192}, alias=2)
    whole = bytearray(payload(voltage, metric("On", "Boolean", ON), seq=0))
    for _ in range(data.draw(st.integers(0, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    check(build(Options()), cut, _TOPICS[0])


def test_nodes_that_are_invented_grow_nothing_and_push_out_nobody() -> None:
    host = born(max_nodes=100)
    tracemalloc.start()
    try:
        sizes = []
        for block in range(2):
            for number in range(8_000):
                node = f"n{block}-{number}"
                check(host.decoder, payload(seq=1), f"spBv1.0/g/NDATA/{node}")
                check(host.decoder, payload(seq=1), f"spBv1.0/g/DDEATH/{node}/d")
            sizes.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert sizes[1] - sizes[0] < 200_000
    assert host.node("NDATA", alias(1, "Float", 1.0)).readings


def test_nodes_devices_and_metrics_have_a_limit() -> None:
    decoder = build(Options(max_nodes=3, max_metrics=10))
    for number in range(3):
        decoder.decode(f"spBv1.0/g/NBIRTH/n{number}", payload(metric("a", "Float", 1.0), seq=0))
    with pytest.raises(RejectedError, match="max_nodes"):
        decoder.decode("spBv1.0/g/NBIRTH/n3", payload(seq=0))
    for number in range(2):
        decoder.decode(f"spBv1.0/g/DBIRTH/n0/d{number}", payload(metric("a", "Float", 1.0), seq=1 + number))
    with pytest.raises(RejectedError, match="max_metrics"):
        decoder.decode("spBv1.0/g/DBIRTH/n0/d2", payload(seq=3))
    decoder.decode("spBv1.0/g/DBIRTH/n0/d1", payload(metric("b", "Float", 1.0), seq=3))
    decoder.decode("spBv1.0/g/NDEATH/n1", payload())
    decoder.decode("spBv1.0/g/NBIRTH/n3", payload(metric("a", "Float", 1.0), seq=0))


# -- recognising -----------------------------------------------------------------------------------------------------------------


def test_sparkplug_is_recognised_by_its_topic() -> None:
    assert "NBIRTH, with 1 metrics" in recognise("spBv1.0/city/NBIRTH/pump7", payload(metric("a", "Float", 1.0)))
    assert recognise("spBv1.0/city/NCMD/pump7", b"")
    assert recognise("site/a", payload(metric("a", "Float", 1.0))) == ""
    assert recognise("spBv1.0/city/NBIRTH/pump7", b'{"a": 1}') == ""
    assert recognise("STATE/x", b"") == ""
