"""Sparkplug B: metrics that hold several values (arrays, templates, data sets), and compressed payloads."""

import gzip
import struct
import tracemalloc
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.decoders.sparkplug import Options, build
from edge.decoders.sparkplug.schema import DATA_TYPES, Payload
from telemetry import quality
from telemetry.errors import RejectedError
from telemetry.point import FieldValue, Unsigned
from tests.edge.decoders.contract import check
from tests.edge.decoders.test_sparkplug import AT, AT_NS, NODE, Host, alias, metric, payload, reasons

NBIRTH = "spBv1.0/city/NBIRTH/pump7"


def array(kind: str, raw: bytes, **more: Any) -> Any:
    return Payload.Metric(name="x", datatype=DATA_TYPES.index(kind), bytes_value=raw, **more)


def template(name: str, *members: Any, **more: Any) -> Any:
    instance = Payload.Template(template_ref="Pump", metrics=members)
    return Payload.Metric(name=name, datatype=DATA_TYPES.index("Template"), template_value=instance, **more)


def table(name: str, columns: dict[str, str], *rows: tuple[Any, ...], **more: Any) -> Any:
    made = Payload.DataSet(num_of_columns=len(columns), columns=columns, types=[DATA_TYPES.index(kind) for kind in columns.values()])
    for row in rows:
        made.rows.add(elements=[Payload.DataSet.DataSetValue(**one) for one in row])
    return Payload.Metric(name=name, datatype=DATA_TYPES.index("DataSet"), dataset_value=made, **more)


# Bytes of section 6.4.16 of the specification, and of struct for floats, which it prints the wrong way round.
@pytest.mark.parametrize(
    ("kind", "raw", "expected"),
    [
        ("Int8Array", bytes.fromhex("ef7b"), [-17, 123]),
        ("Int16Array", bytes.fromhex("d08a3075"), [-30000, 30000]),
        ("Int32Array", bytes.fromhex("fffffffffaafcb12"), [-1, 315338746]),
        ("Int64Array", bytes.fromhex("ce0672ac189cbac4c4ba9c18ac7206ce"), [-4270929666821191986, -3601064768563266876]),
        ("UInt8Array", bytes.fromhex("17fa"), [23, 250]),
        ("UInt16Array", bytes.fromhex("1e008ecc"), [30, 52366]),
        ("UInt32Array", bytes.fromhex("3400000049fb55c4"), [52, 3293969225]),
        ("UInt64Array", bytes.fromhex("3400000000000000d99e02d1b27637e4"), [52, Unsigned(16444743074749521625)]),
        ("FloatArray", struct.pack("<2f", 1.23, 89.341), [1.23, 89.341]),
        ("DoubleArray", struct.pack("<2d", 12.354213, 1022.9123213), [12.354213, 1022.9123213]),
        (
            "BooleanArray",
            bytes.fromhex("0c00000034d0"),
            [one == "1" for one in "001101001101"],
        ),
        ("StringArray", b"ABC\0hello\0", ["ABC", "hello"]),
    ],
)
def test_elements_of_an_array_are_fields_with_their_index(kind: str, raw: bytes, expected: list[FieldValue]) -> None:
    decoded = Host(integers=True).node("NBIRTH", array(kind, raw))
    assert decoded.readings[0].fields == {f"x_{index}": value for index, value in enumerate(expected)}
    assert [type(one) for one in decoded.readings[0].fields.values()] == [type(one) for one in expected]
    assert decoded.readings[0].tags == {**NODE, "metric": "x"}


def test_an_array_of_times_is_milliseconds() -> None:
    decoded = Host().node("NBIRTH", array("DateTimeArray", struct.pack("<2Q", AT, 5)))
    assert decoded.readings[0].fields == {"x_0": float(AT), "x_1": 5.0}


def test_an_array_has_the_unit_of_its_birth_and_the_time_and_quality_of_its_metric() -> None:
    host = Host()
    first = array("Int16Array", struct.pack("<2h", 1, -2), alias=4)
    first.properties.keys.append("engUnit")
    first.properties.values.add(string_value="kW")
    host.node("NBIRTH", first)
    later = Payload.Metric(alias=4, bytes_value=struct.pack("<h", 3), timestamp=AT + 1, is_historical=True)
    later.properties.keys.append("Quality")
    later.properties.values.add(int_value=500)
    reading = host.node("NDATA", later).readings[0]
    assert (reading.fields, reading.time_ns, reading.quality) == ({"x_0": 3000.0}, AT_NS + 1_000_000, quality.STALE)
    assert reading.is_historical


def test_a_long_array_costs_its_neighbours_nothing() -> None:
    decoded = Host(max_elements=3).node("NBIRTH", array("UInt8Array", bytes(4)), metric("good", "Float", 1.5))
    assert [one.fields for one in decoded.readings] == [{"good": 1.5}]
    assert reasons(decoded) == ["metric 'x': an array of 4; max_elements is 3"]


def test_members_of_a_template_are_metrics_below_its_name() -> None:
    host = Host()
    birth = template("Pump 1", metric("RPM", "Int32", -30, alias=9), metric("On", "Boolean", 1))
    assert host.node("NBIRTH", birth).readings[0].fields == {"pump_1_rpm": -30.0, "pump_1_on": True}
    later = template("Pump 1", Payload.Metric(name="RPM", int_value=2**32 - 5), timestamp=AT + 7)
    reading = host.node("NDATA", later).readings[0]
    assert (reading.fields, reading.time_ns) == ({"pump_1_rpm": -5.0}, AT_NS + 7_000_000)
    assert host.node("NDATA", template("Pump 1", alias(9, "Int32", 8))).readings[0].fields == {"pump_1_rpm": 8.0}
    assert host.node("NDATA", alias(9, "Int32", 4)).readings[0].fields == {"pump_1_rpm": 4.0}


def test_members_have_the_history_and_quality_of_their_template_unless_they_say_otherwise() -> None:
    host = Host()
    own = metric("B", "Float", 2.0, {"Quality": 192})
    whole = template("P", metric("A", "Float", 1.0), own, timestamp=AT, is_historical=True)
    whole.properties.keys.append("Quality")
    whole.properties.values.add(int_value=0)
    found = {name: one for one in host.node("NBIRTH", whole).readings for name in one.fields}
    assert (found["p_a"].quality, found["p_b"].quality) == (quality.DEVICE_ERROR, quality.GOOD)
    assert found["p_a"].is_historical
    assert found["p_b"].is_historical
    assert host.node("NDATA", metric("P/A", "Float", 1.0)).readings[0].quality == quality.GOOD


def test_the_quality_of_a_template_is_not_that_of_what_stands_behind_it() -> None:
    bad = template("P", metric("A", "Float", 1.0))
    bad.properties.keys.append("Quality")
    bad.properties.values.add(int_value=0)
    readings = Host().node("NBIRTH", bad, metric("good", "Float", 2.0), array("Int8Array", b"\1")).readings
    assert {name: one.quality for one in readings for name in one.fields} == {
        "p_a": quality.DEVICE_ERROR,
        "good": quality.GOOD,
        "x_0": quality.GOOD,
    }


def test_a_member_that_nobody_declared_or_that_is_broken_is_refused_alone() -> None:
    host = Host()
    host.node("NBIRTH", template("P", metric("A", "Float", 1.0), metric("B", "Float", 1.0), metric("", "Float", 1.0)))
    decoded = host.node("NDATA", template("P", metric("A", "Float", 3.0), metric("B", "Double", 1.0), metric("C", "Float", 1.0)))
    assert [one.fields for one in decoded.readings] == [{"p_a": 3.0}]
    assert reasons(decoded) == ["metric 'P/B': Double, but Float in the birth", "metric 'P/C' is not in the birth of 'city/pump7'"]
    assert len(decoded.replies) == 1


def test_templates_in_templates_are_read_to_a_depth() -> None:
    nested = template("B", metric("C", "Float", 1.0))
    assert Host().node("NBIRTH", template("A", nested)).readings[0].fields == {"a_b_c": 1.0}
    deep: Any = metric("v", "Float", 1.0)
    for _ in range(20):
        deep = template("t", deep)
    decoded = Host().node("NBIRTH", deep, metric("good", "Float", 1.0))
    assert [one.fields for one in decoded.readings] == [{"good": 1.0}]
    assert len(decoded.refusals) == 1
    host = Host()
    host.node("NBIRTH", deep)
    assert "is not in the birth" in reasons(host.node("NDATA", metric("/".join("t" * 20 + "v"), "Float", 1.0)))[0]


def test_members_count_as_metrics_of_the_birth() -> None:
    members = [metric(f"m{number}", "Float", 1.0) for number in range(20)]
    with pytest.raises(RejectedError, match="21 metrics"):
        build(Options(max_metrics=20)).decode(NBIRTH, payload(template("P", *members), seq=0))


def test_each_row_of_a_data_set_is_a_reading() -> None:
    columns = {"Phase": "String", "Voltage": "Float", "Events": "Int16", "Voltage Max": "Double"}
    rows = [
        ({"string_value": "L1"}, {"float_value": 230.1}, {"int_value": 2**32 - 1}, {"double_value": 240.5}),
        ({"string_value": "L2"}, {"float_value": 231.0}, {}, {"double_value": 241.0}),
    ]
    decoded = Host(measurement="power").node("NBIRTH", table("Log", columns, *rows), metric("Voltage", "Double", 229.0))
    assert not decoded.refusals
    first, second, third = decoded.readings
    assert (first.tags, first.fields) == (
        {**NODE, "metric": "Log", "row": "0"},
        {"phase": "L1", "voltage": 230.1, "events": -1.0, "voltage_max": 240.5},
    )
    assert (second.tags["row"], second.fields) == ("1", {"phase": "L2", "voltage": 231.0, "voltage_max": 241.0})
    assert (third.tags, third.fields) == (NODE, {"voltage": 229.0})
    assert {one.time_ns for one in decoded.readings} == {AT_NS}


def test_a_broken_row_or_value_is_refused_alone() -> None:
    columns = {"a": "Float", "A": "Float", "b": "Int8"}
    good: tuple[Any, ...] = ({"float_value": 1.0}, {}, {"int_value": 3})
    rows = [
        good,
        ({"float_value": 1.0},),
        ({"string_value": "1"}, {}, {"int_value": 999}),
        ({"float_value": 1.0}, {"float_value": 2.0}, {}),
    ]
    decoded = Host().node("NBIRTH", table("T", columns, *rows))
    assert [one.fields for one in decoded.readings] == [{"a": 1.0, "b": 3.0}, {"a": 1.0}]
    assert [reason.partition(": ")[2] for reason in reasons(decoded)] == [
        "row 1 has 1 elements for 3 columns",
        "row 2, column 'a': string_value is none of its type",
        "row 2, column 'b': 999 does not fit Int8",
        "row 3, column 'A': two columns come to field a",
    ]


@pytest.mark.parametrize("measurement", ["air"])
def test_a_gas_in_ppb_is_stored_in_the_unit_of_the_catalogue(measurement: str) -> None:
    decoded = Host(measurement=measurement).node("NBIRTH", metric("NO2", "Double", 100.0, {"engUnit": "ppb"}))
    assert decoded.readings[0].fields == {"no2": pytest.approx(188.05, abs=0.01)}


# -- compressed ------------------------------------------------------------------------------------------------------------------


def raw_deflate(content: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(content) + compressor.flush()


def compressed(body: bytes, algorithm: str | None = None, seq: int | None = 0) -> bytes:
    outer = Payload(uuid="SPBV1.0_COMPRESSED", body=body, timestamp=AT)
    if seq is not None:
        outer.seq = seq
    if algorithm:
        outer.metrics.append(metric("algorithm", "String", algorithm))
    raw: bytes = outer.SerializeToString()
    return raw


@pytest.mark.parametrize(
    ("compress", "algorithm"), [(gzip.compress, "GZIP"), (zlib.compress, "DEFLATE"), (zlib.compress, None), (raw_deflate, "deflate")]
)
def test_a_compressed_payload_is_what_it_holds(compress: Any, algorithm: str | None) -> None:
    inner = payload(metric("Temperature", "Float", 20.5), timestamp=0)
    decoded = build(Options()).decode(NBIRTH, compressed(compress(inner), algorithm))
    assert [(one.fields, one.time_ns) for one in decoded.readings] == [({"temperature": 20.5}, AT_NS)]


def test_the_number_of_a_compressed_payload_counts() -> None:
    host = Host()
    host.node("NBIRTH", metric("T", "Float", 1.0))
    data = compressed(zlib.compress(payload(metric("T", "Float", 2.0))), seq=3)
    assert host.decoder.decode("spBv1.0/city/NDATA/pump7", data).missed[0].detail.endswith("sequence 1 to 2")


@pytest.mark.parametrize(
    ("body", "algorithm", "word"),
    [
        (zlib.compress(bytes(50_000_000)), "DEFLATE", "max_payload_bytes"),
        (gzip.compress(b"\x12\x00", mtime=0)[:-9], "GZIP", "too soon"),
        (b"", None, "too soon"),
        (b"\x1f\x8bnonsense", "GZIP", "cannot be decompressed"),
        (zlib.compress(b""), "LZMA", "'LZMA'"),
        (zlib.compress(compressed(zlib.compress(b""))), None, "in a compressed payload"),
        (zlib.compress(b"\x12\x05ab"), None, "protobuf"),
        (zlib.compress(b"\x18\x80\x02"), None, "255"),
    ],
)
def test_a_compressed_payload_that_is_none_is_refused_with_the_reason(body: bytes, algorithm: str | None, word: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(RejectedError) as caught:
            build(Options()).decode(NBIRTH, compressed(body, algorithm))
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()
    assert word in caught.value.reason


# -- hostile ---------------------------------------------------------------------------------------------------------------------

_VALUES = st.fixed_dictionaries(
    {},
    optional={
        "int_value": st.integers(0, 2**32 - 1),
        "double_value": st.floats(),
        "string_value": st.text(max_size=4),
    },
)
_LEAVES = st.builds(
    lambda name, number, kind, historical, raw, at: Payload.Metric(
        name=name, alias=number, datatype=kind, is_historical=historical, bytes_value=raw, timestamp=at
    ),
    st.sampled_from(["a", "b", "", None, "a/b"]),
    st.integers(0, 3) | st.none(),
    st.integers(0, 36) | st.none(),
    st.booleans() | st.none(),
    st.binary(max_size=20),
    st.integers(0, 2**64 - 1) | st.none(),
)
_TABLES = st.builds(
    lambda columns, types, rows, name: Payload.Metric(
        name=name,
        datatype=16,
        dataset_value=Payload.DataSet(
            columns=columns,
            types=types,
            rows=[Payload.DataSet.Row(elements=[Payload.DataSet.DataSetValue(**dict([*one.items()][:1])) for one in row]) for row in rows],
        ),
    ),
    st.lists(st.sampled_from(["a", "A", ""]), max_size=3),
    st.lists(st.integers(0, 40), max_size=3),
    st.lists(st.lists(_VALUES, max_size=3), max_size=3),
    st.sampled_from(["a", "b"]),
)
_METRICS = st.recursive(
    _LEAVES | _TABLES,
    lambda inner: st.builds(
        lambda members, definition, name: Payload.Metric(
            name=name, datatype=19, template_value=Payload.Template(metrics=members, is_definition=definition)
        ),
        st.lists(inner, max_size=3),
        st.booleans(),
        st.sampled_from(["a", "b"]),
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["NBIRTH", "NDATA"]), st.lists(_METRICS, max_size=3)), max_size=4))
def test_whatever_metrics_hold_is_decoded_or_refused(messages: list[tuple[str, list[Any]]]) -> None:
    decoder = build(Options())
    for kind, metrics in messages:
        check(decoder, payload(*metrics, seq=0), f"spBv1.0/city/{kind}/pump7")


@given(st.binary(max_size=100), st.sampled_from([None, "GZIP", "DEFLATE", "x"]))
def test_any_compressed_body_is_decoded_or_rejected(body: bytes, algorithm: str | None) -> None:
    check(build(Options()), compressed(body, algorithm), NBIRTH)
    check(build(Options()), compressed(zlib.compress(body), algorithm), NBIRTH)
