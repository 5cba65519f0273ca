"""Registers → values: types, orders, templates, and what is read at once."""

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.decoders.decoder import Refusals
from edge.decoders.table import build_decoder
from edge.modbus.frame import Span, read_request, rtu
from edge.modbus.plan import merged, reads_of
from edge.modbus.registers import Block, Map
from edge.modbus.template import load_template, parse_template, template_names
from edge.modbus.values import LENGTHS, number_reader, reordered
from telemetry.errors import ConfigError
from telemetry.quality import DEVICE_ERROR
from tests.edge.decoders.contract import check

HEAD = {"name": "x", "vi": "x", "en": "x", "source": "x", "measurement": "power"}


def read(data: bytes, **row: object) -> object:
    """Return the value of one row at holding register 0, None if there is none."""
    template = parse_template({**HEAD, "field": [{"name": "v", "function": 3, "address": 0, **row}]}, "x.toml")
    refusals = Refusals()
    return Map(template).fields([Block(Span(3, 0, len(data) // 2), data)], refusals, "d").get("v", *refusals.listed())


@pytest.mark.parametrize(
    ("row", "data", "value"),
    [
        ({"type": "int16", "scale": 0.1}, "ff9c", -10.0),
        ({"type": "uint16", "scale": 0.1}, "0003", 0.3),
        ({"type": "uint32"}, "00010002", 65538.0),
        ({"type": "uint32", "order": "CDAB"}, "00020001", 65538.0),
        ({"type": "uint32", "order": "BADC"}, "01000200", 65538.0),
        ({"type": "uint32", "order": "DCBA"}, "02000100", 65538.0),
        ({"type": "float32"}, "4365cccd", 229.8),
        ({"type": "float64"}, "406cb9999999999a", 229.8),
        ({"type": "int64"}, "fffffffffffffffe", -2.0),
        ({"type": "bcd16"}, "1234", 1234.0),
        ({"type": "sign16"}, "8005", -5.0),
        ({"type": "bool", "bit": 3}, "0008", True),
        ({"type": "ascii", "length": 3}, "414243000000", "ABC"),
        ({"enum": {"2": "eco"}}, "0002", "eco"),
        ({"invalid": [0x7FFF]}, "7fff", None),
        ({"scale": 2, "offset": -40}, "0032", 60.0),
    ],
)
def test_types_orders_and_scales(row: dict[str, object], data: str, value: object) -> None:
    assert read(bytes.fromhex(data), **row) == value


@pytest.mark.parametrize(
    ("row", "data"), [({"type": "bcd16"}, "12a4"), ({"type": "float32"}, "7fc00000"), ({"type": "ascii", "length": 1}, "ff41")]
)
def test_what_is_no_value_is_refused_by_name(row: dict[str, object], data: str) -> None:
    refusal = read(bytes.fromhex(data), **row)
    assert "v (read holding registers 0" in str(refusal)


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_float32_is_the_same_float32(value: float) -> None:
    raw = struct.pack(">f", value)
    assert struct.pack(">f", number_reader("float32")(raw)) == raw


@given(st.binary(min_size=8, max_size=8), st.sampled_from(["ABCD", "CDAB", "BADC", "DCBA"]))
def test_an_order_undoes_itself(raw: bytes, order: str) -> None:
    assert reordered(reordered(raw, order), order) == raw


spans = st.lists(st.builds(Span, st.sampled_from([1, 3, 4]), st.integers(0, 300), st.integers(1, 8)), min_size=1, max_size=30)


@given(spans, st.integers(8, 125), st.integers(0, 20))
def test_merged_reads_cover_every_value_within_the_limits(wanted: list[Span], limit: int, gap: int) -> None:
    made = merged(wanted, limit, gap)
    for span in wanted:
        holders = [one for one in made if one.function == span.function and one.address <= span.address]
        assert any(span.address + span.length <= one.address + one.length for one in holders)
    used = {(span.function, at) for span in wanted for at in range(span.address, span.address + span.length)}
    for one in made:
        assert one.length <= (limit * 16 if one.function == 1 else limit)
        unused = [at for at in range(one.address, one.address + one.length) if (one.function, at) not in used]
        assert not any(all(at + step in unused for step in range(gap + 1)) for at in unused)


@pytest.mark.parametrize("name", template_names())
def test_every_template_reads_a_round_of_its_own(name: str) -> None:
    """Every register holds 1 in its lowest bit of each value; each field without a condition comes out."""
    template = load_template(name)
    assert template.name == name
    payload = b""
    for span in reads_of(template):
        data = b"\x00\x01" * span.length
        payload += rtu(9, read_request(span)) + rtu(9, bytes((span.function, len(data))) + data)
    decoder = build_decoder("modbus", {"slaves": [{"id": 9, "template": name, "device": "d"}]})
    decoded = decoder.decode("", payload)
    assert not decoded.refusals
    assert all((reading.measurement, reading.tags) == (template.measurement, {"device": "d"}) for reading in decoded.readings)
    found = {name for reading in decoded.readings for name in reading.fields}
    assert found == {row.name for row in template.field if row.when is None}


def test_a_meter_gives_what_it_shows() -> None:
    words = struct.pack(">f", 229.8) + bytes(8) + struct.pack(">f", 4.25) + bytes(8) + struct.pack(">f", 976.6)
    span = Span(4, 0, 14)
    payload = rtu(1, read_request(span)) + rtu(1, bytes((4, 28)) + words)
    (reading,) = build_decoder("modbus", {"slaves": [{"id": 1, "template": "sdm120"}]}).decode("", payload).readings
    assert reading.tags == {"device": "slave-1"}
    assert reading.fields == {"voltage": 229.8, "current": 4.25, "active_power": 976.6}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"type": "float23"}, "v.type"),
        ({"type": "bool"}, "needs bit"),
        ({"address": 70_000}, "v.address"),
        ({"unit": "furlong"}, "unknown unit"),
        ({"name": "voltage", "unit": "m/s"}, "cannot become V"),
        ({"type": "ascii"}, "length"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_row_is_named_with_the_way_out(row: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse_template({**HEAD, "field": [{"name": "v", "function": 3, "address": 0, **row}]}, "meter.toml")
    assert "meter.toml" in str(error.value)
    assert said in str(error.value)


def test_a_template_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"did you mean 'sdm630'"):
        load_template("sdm63")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_template(str(tmp_path / "none.toml"))
    assert set(LENGTHS) >= {"uint16"}


OXYGEN = {
    "water": {"name": "dissolved_oxygen", "unit": "mg/L", "when": {"address": 0, "type": "uint32", "equals": [0x80, 0x81]}},
    "air": {"name": "oxygen_saturation", "unit": "%", "when": {"address": 0, "type": "uint32", "equals": [0x20]}},
}


@pytest.mark.parametrize(
    ("unit", "fields"),
    [("00800000", {"dissolved_oxygen": 8.0}), ("00200000", {"oxygen_saturation": 8.0}), ("00000080", {}), ("00040000", {})],
)
def test_a_field_with_a_condition_holds_only_while_that_is_met(unit: str, fields: dict[str, float]) -> None:
    rows = [{"function": 3, "address": 2, "type": "float32", **row} for row in OXYGEN.values()]
    one = parse_template({**HEAD, "measurement": "water_quality", "order": "CDAB", "field": rows}, "x.toml")
    assert reads_of(one) == (Span(3, 0, 4),)
    refusals = Refusals()
    assert Map(one).fields([Block(Span(3, 0, 4), bytes.fromhex(unit + "00004100"))], refusals, "d") == fields
    assert not refusals.listed()
    assert Map(one).fields([Block(Span(3, 2, 2), bytes.fromhex("00004100"))], refusals, "d") == {}


@pytest.mark.parametrize(
    ("fault", "data", "is_told"),
    [
        ({"address": 1}, "0000 0001", True),
        ({"address": 1}, "0001 0000", False),
        ({"address": 1, "mask": 0xFF00}, "0000 00ff", False),
        ({"address": 0, "type": "uint32", "mask": 0x1_0000}, "0000 0001", True),  # low word first
        ({"address": 0, "type": "uint32", "mask": 0x1_0000}, "0001 0000", False),
    ],
)
def test_a_fault_is_told_by_any_of_its_bits(fault: dict[str, object], data: str, is_told: object) -> None:
    field = {"name": "v", "function": 3, "address": 0}
    one = parse_template({**HEAD, "order": "CDAB", "field": [field], "fault": [{"function": 3, **fault}]}, "x.toml")
    assert Map(one).tells_a_fault(Block(Span(3, 0, 2), bytes.fromhex(data))) == is_told


def test_a_fault_among_discrete_inputs_marks_what_is_read_in_the_same_message(tmp_path: Path) -> None:
    rows = 'field = [{ name = "v", function = 3, address = 0 }]\nfault = [{ address = "10010" }]'
    file = tmp_path / "x.toml"
    file.write_text('name = "x"\nvi = "x"\nen = "x"\nsource = "x"\nmeasurement = "own"\n' + rows)
    one = load_template(str(file))
    assert reads_of(one) == (Span(2, 9, 1), Span(3, 0, 1))
    decoder = build_decoder(
        "modbus", {"slaves": [{"id": 7, "template": str(file), "device": "bad"}, {"id": 8, "template": str(file), "device": "good"}]}
    )
    good = [rtu(8, read_request(Span(3, 0, 1))), rtu(8, b"\x03\x02\x00\x07")]
    bad = [rtu(7, read_request(Span(2, 9, 1))), rtu(7, b"\x02\x01\x01"), rtu(7, read_request(Span(3, 0, 1))), rtu(7, b"\x03\x02\x00\x07")]
    readings = decoder.decode("", b"".join(bad + good)).readings
    assert [(one.tags["device"], one.quality) for one in readings] == [("bad", DEVICE_ERROR), ("good", 0)]
    (again,) = decoder.decode("", b"".join(bad).replace(rtu(7, b"\x02\x01\x01"), rtu(7, b"\x02\x01\x00"))).readings
    assert again.quality == 0


ASK, TELL = rtu(7, b"\x03\x00\x00\x00\x02"), rtu(7, b"\x03\x04\x00\x01\x00\x02")


@pytest.mark.parametrize(
    ("payload", "readings", "said"),
    [
        (ASK + TELL, 1, ""),
        (TELL, 0, "nobody asked for"),
        (ASK + rtu(8, b"\x03\x04\x00\x01\x00\x02") + TELL, 1, "while slave 7 was asked"),
        (ASK + ASK + TELL, 1, "no answer to read holding registers 0 to 1"),
        (ASK + rtu(7, b"\x83\x02"), 0, "exception 2, illegal data address"),
        (ASK + b"\xff\xee" + TELL, 1, "2 bytes that are no frame"),
        (ASK + TELL[:-1] + b"\x00" + ASK + TELL, 1, "no frame with a right CRC"),
    ],
)
def test_answers_count_behind_their_request_only(payload: bytes, readings: int, said: str) -> None:
    decoded = build_decoder("modbus", {}).decode("", payload)
    assert len(decoded.readings) == readings
    assert bool(decoded.refusals) == bool(said)
    assert said in "; ".join(refusal.reason for refusal in decoded.refusals)


def test_an_answer_of_three_bytes_of_coils_is_no_request() -> None:
    payload = rtu(7, b"\x01\x00\x00\x00\x12") + rtu(7, b"\x01\x03\x01\x00\x02")
    (reading,) = build_decoder("modbus", {}).decode("", payload).readings
    assert [name for name, value in reading.fields.items() if value] == ["c0", "c17"]


@given(st.lists(st.sampled_from([ASK, TELL, ASK[:5], TELL[1:], b"\x00", rtu(7, b"\x83\x02")]) | st.binary(max_size=12), max_size=12))
def test_any_bytes_decode_or_are_rejected(pieces: list[bytes]) -> None:
    check(build_decoder("modbus", {"slaves": [{"id": 7, "template": "xy_md02"}]}), b"".join(pieces))
