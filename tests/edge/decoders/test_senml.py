"""SenML packs: base fields, names, times, sums, units, and what is refused."""

import json
import math
import struct
import tracemalloc
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edge.decoders.decoder import Decoded
from edge.decoders.senml import Options, build, recognise
from edge.decoders.senml.cbor import read_pack
from edge.normalise import Normaliser
from edge.normalise_settings import NormaliseSettings
from telemetry.errors import RejectedError
from telemetry.point import FieldValue, Reading

AT = 1_700_000_000
NS = 10**9


def decode(*records: object, **options: object) -> Decoded:
    return build(Options.model_validate(options)).decode("", json.dumps(list(records)).encode())


def fields(decoded: Decoded) -> dict[str, FieldValue]:
    """All fields of readings that must be of one time and device."""
    [reading] = decoded.readings
    return dict(reading.fields)


def reasons(decoded: Decoded) -> list[str]:
    return [refusal.reason for refusal in decoded.refusals]


def refused(*records: object) -> str:
    with pytest.raises(RejectedError) as caught:
        decode(*records)
    return caught.value.reason


# -- RFC 8428's own examples (section 5.1) ---------------------------------------------------------------------------------------


def test_base_name_time_and_unit_hold_for_the_records_behind_them() -> None:
    """Section 5.1.2, second example."""
    decoded = decode(
        {"bn": "urn:dev:ow:10e2073a0108006:", "bt": 1276020076.001, "bu": "A", "bver": 5, "n": "voltage", "u": "V", "v": 120.1},
        {"n": "current", "t": -5, "v": 1.2},
        {"n": "current", "v": 1.7},
    )
    device = {"device": "urn:dev:ow:10e2073a0108006"}
    assert decoded.readings == [
        Reading("senml", device, {"voltage": 120.1, "current": 1.7}, 1276020076_001_000_000),
        Reading("senml", device, {"current": 1.2}, 1276020071_001_000_000),
    ]


def test_a_name_that_is_a_device_gets_its_fields_from_the_units() -> None:
    decoded = decode(
        {"bn": "urn:dev:ow:10e2073a01080063", "bt": AT, "bu": "%RH", "v": 20},
        {"u": "lon", "v": 24.30621},
        {"u": "lat", "v": 60.07965},
        {"u": "%EL", "v": 98},
        {"u": "kg", "v": 3},
        {"u": "m2", "v": 4},
    )
    assert fields(decoded) == {
        "humidity": 20.0, "longitude": 24.30621, "latitude": 60.07965, "battery_percent": 98.0, "value_kg": 3.0, "value_m2": 4.0,
    }  # fmt: skip


def test_text_and_truth_are_values_and_binary_data_is_refused_alone() -> None:
    """Section 5.1.4."""
    decoded = decode(
        {"bn": "urn:dev:ow:10e2073a01080063:", "n": "temp", "u": "Cel", "v": 23.1},
        {"n": "label", "vs": "Machine Room"},
        {"n": "open", "vb": False},
        {"n": "nfc-reader", "vd": "aGkgCg"},
    )
    assert fields(decoded) == {"temp": 23.1, "label": "Machine Room", "open": False}
    assert reasons(decoded) == ["record 4: binary data (vd) is not stored"]


# -- resolving -------------------------------------------------------------------------------------------------------------------


def test_base_values_and_sums_are_added_as_if_in_decimal() -> None:
    decoded = decode({"bn": "m:", "bt": AT, "bv": 20.1, "bs": 100, "n": "a", "v": 0.2, "s": 0.5}, {"n": "b"}, {"n": "c", "vs": "x"})
    assert fields(decoded) == {"a": 20.3, "a_sum": 100.5, "b": 20.1, "b_sum": 100.0, "c": "x", "c_sum": 100.0}


def test_a_base_counts_until_another_replaces_it() -> None:
    decoded = decode({"bn": "m:", "bt": AT, "bu": "V", "n": "a", "v": 1}, {"bn": "k:", "bt": AT + 1, "n": "a", "v": 2}, {"n": "b", "v": 3})
    assert [(one.tags["device"], one.time_ns, one.fields) for one in decoded.readings] == [
        ("m", AT * NS, {"a": 1.0}),
        ("k", (AT + 1) * NS, {"a": 2.0, "b": 3.0}),
    ]


def test_a_record_of_bases_alone_measures_nothing() -> None:
    decoded = decode({"bn": "m:", "bt": AT, "bv": 5})
    assert decoded == Decoded([], is_understood=True)


def test_a_sum_stands_without_a_value() -> None:
    assert fields(decode({"n": "m:water", "u": "m3/s", "s": 12.5})) == {"water_sum": 12.5}


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        (None, (None, 0)),
        (0, (None, 0)),
        (-5, (None, 5 * NS)),
        (-0.25, (None, NS // 4)),
        (30, (None, -30 * NS)),
        (2**28 - 1, (None, -(2**28 - 1) * NS)),
        (2**28, (2**28 * NS, 0)),
        (1498780179.123, (1498780179_123_000_000, 0)),
    ],
)
def test_times_below_two_to_the_28th_count_from_the_arrival(time: float | None, expected: tuple[int | None, int]) -> None:
    [reading] = decode({"n": "a:b", "v": 1} | ({} if time is None else {"t": time})).readings
    assert (reading.time_ns, reading.age_ns) == expected


@given(st.integers(2**28, 2**33 - 1), st.integers(0, 999_999), st.integers(-86_400, 86_400))
def test_times_add_up_to_the_digits_that_were_sent(seconds: int, micros: int, offset: int) -> None:
    pack = f'[{{"bn": "a:", "bt": {seconds}.{micros:06}, "n": "b", "t": {offset}, "v": 1}}]'
    [reading] = build(Options()).decode("", pack.encode()).readings
    total_ns = (seconds + offset) * NS + micros * 1000
    assert (reading.time_ns, reading.age_ns) == ((total_ns, 0) if total_ns >= 2**28 * NS else (None, -total_ns))


_NAMES = st.text("abAB-:/._0", min_size=1, max_size=6) | st.builds(
    "urn:dev:ow:{}{}{}".format, st.sampled_from("12"), st.sampled_from(["", ":", "/", "_"]), st.sampled_from(["", "t", "T", "t_", "v"])
)


@given(st.lists(st.tuples(_NAMES, st.sampled_from("vs")), unique=True, max_size=40), st.sampled_from([None, "Cel", "V"]))
def test_distinct_names_at_one_time_never_overwrite_each_other(named: Sequence[tuple[str, str]], unit: str | None) -> None:
    records = [{"n": name, "t": AT, kind: number} for number, (name, kind) in enumerate(named)]
    decoded = decode(*(record | ({"u": unit} if unit else {}) for record in records))
    assert not decoded.refusals
    normaliser = Normaliser("s", "bn", "gw", NormaliseSettings())
    held: set[tuple[object, ...]] = set()
    count = 0
    for reading in decoded.readings:
        point = normaliser.normalise(reading, AT * NS).point
        assert point is not None
        assert point.time_ns == AT * NS, "nothing had to give way"
        held |= {(tuple(point.tags.items()), name) for name in point.fields if name in reading.fields}
        count += len(reading.fields)
    assert len(held) == count == len(named)


def test_names_that_come_to_one_field_keep_a_series_each_also_over_messages() -> None:
    decoder = build(Options())
    tags = []
    for name in ("d:Temp", "d:temp", "d:Temp", "d/temp", "d:temp"):
        [reading] = decoder.decode("", json.dumps([{"n": name, "t": AT, "v": 1}]).encode()).readings
        tags.append(dict(reading.tags))
    plain = {"device": "d"}
    assert tags == [plain, plain | {"name": "d:temp"}, plain, plain | {"name": "d/temp"}, plain | {"name": "d:temp"}]


_BASES = {
    "bn": st.sampled_from(["d:", ""]),
    "bt": st.sampled_from([AT, 0, 9_223_372_036]),
    "bu": st.sampled_from(["V", "kW"]),
    "bv": st.just(0.1),
}
_RECORDS = st.one_of(
    st.fixed_dictionaries(
        {"n": st.sampled_from("ab"), "v": st.sampled_from([1, 2.5])}, optional={"t": st.sampled_from([0, 5, AT]), "s": st.just(3)}
    ),
    st.fixed_dictionaries(
        {"n": st.sampled_from(["a", "a:b", "", 7]), "v": st.sampled_from([1, True, "x", None, 10**18])},
        optional={
            "t": st.sampled_from([-5, 0.5, 2**40, True, None]),
            "u": st.sampled_from(["V", "mV", "Cel", "", 3, None]),
            "vs": st.just("text"),
            "other": st.just(1),
        },
    ),
    st.fixed_dictionaries({"n": st.sampled_from("ab"), "v": st.just(1)}, optional=_BASES),
)


@example([{"n": "a", "v": 1, "u": "mV"}])
@example([{"n": "a", "v": 1, "bt": 9_223_372_036}, {"n": "a", "v": 1, "t": AT}])
@example([{"n": "a", "v": 1}, {"n": "a", "v": 1, "t": -(10**17)}])
@given(st.lists(_RECORDS, max_size=8))
def test_the_usual_record_is_read_like_any_other(records: list[dict[str, object]]) -> None:
    """The quick way for known names and plain numbers against the other, which a strange label makes records take."""
    decoder = build(Options())
    quick = [decoder.decode("", json.dumps(records).encode()) for _ in range(2)]
    slow = build(Options()).decode("", json.dumps([record | {"strange": 0} for record in records]).encode())
    assert quick == [slow, slow]


# -- names and units -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "device", "field"),
    [
        ("urn:dev:mac:0024befffe804ff1/temp", "urn:dev:mac:0024befffe804ff1", "temp"),
        ("urn:dev:ow:10e2073a0108006:out:temp", "urn:dev:ow:10e2073a0108006:out", "temp"),
        ("urn:dev:os:32473-123456_1", "urn:dev:os:32473-123456_1", "temperature"),
        ("/3303/0/5700", "/3303/0", "f_5700"),
        ("node-7:", "node-7:", "temperature"),
        ("temp", None, "temp"),
    ],
)
def test_a_name_is_cut_at_its_last_separator_and_never_within_a_device(name: str, device: str | None, field: str) -> None:
    [reading] = decode({"n": name, "u": "Cel", "v": 1}).readings
    assert (reading.tags.get("device"), list(reading.fields)) == (device, [field])


def test_the_topic_may_name_the_device_and_the_name_is_the_field() -> None:
    decoder = build(Options.model_validate({"topic": "site/{site}/{device}", "device": "topic"}))
    [reading] = decoder.decode("site/bn01/d7", b'[{"n": "in:temp", "v": 1}]').readings
    assert (reading.tags, reading.fields) == ({"site": "bn01", "device": "d7"}, {"in_temp": 1.0})


@pytest.mark.parametrize(
    ("measurement", "field", "unit", "value", "stored"),
    [
        ("weather", "temperature", "K", 295.35, 22.2),
        ("weather", "pressure", "Pa", 101_325, 1013.25),
        ("air", "humidity", "/", 0.455, 45.5),
        ("air", "rssi", "dBW", -120, -90.0),
        ("air", "pm2_5", "kg/m3", 1.25e-8, 12.5),
        ("power", "energy", "kWh", 1.5, 1500.0),
        ("senml", "anything", "mV", 250, 0.25),
        ("senml", "anything", "km", 1.5, 1500.0),
        ("senml", "anything", "C", 5, 5.0),
        ("senml", "anything", "/1000", 35, 3.5),
    ],
)
def test_units_become_the_catalogues_or_the_base_of_what_is_measured(
    measurement: str, field: str, unit: str, value: float, stored: float
) -> None:
    assert fields(decode({"n": f"d:{field}", "u": unit, "v": value}, measurement=measurement)) == {field: stored}


@pytest.mark.parametrize("unit", ["V", "C", "furlong"])
def test_a_unit_that_does_not_fit_the_quantity_refuses_the_value(unit: str) -> None:
    decoded = decode({"n": "d:temperature", "u": unit, "v": 1}, {"n": "d:humidity", "u": "%RH", "v": 50}, measurement="air")
    assert fields(decoded) == {"humidity": 50.0}
    assert unit in reasons(decoded)[0]


# -- what is refused -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("record", "word"),
    [
        ({"v": 1}, "no name"),
        ({"n": "a"}, "no value"),
        ({"n": 7, "v": 1}, "not text"),
        ({"n": "a\nb", "v": 1}, "printable"),
        ({"n": "a" * 300, "v": 1}, "256"),
        ({"n": "a", "v": "7"}, "is not a number"),
        ({"n": "a", "v": True}, "is not a number"),
        ({"n": "a", "v": 1, "vs": "x"}, "more than one value"),
        ({"n": "a", "vb": 1}, "vb is 1"),
        ({"n": "a", "vs": 1}, "vs is 1"),
        ({"n": "a", "v": 1, "t": "now"}, "not a number"),
        ({"n": "a", "v": 1, "t": 1e12}, "64 bits"),
        ({"n": "a", "v": 1, "t": 1e300}, "no time"),
        ({"n": "a", "v": 1, "u": 5}, "unit"),
        ({"n": "a", "s": "1"}, "not a number"),
        ("a", "not an object"),
        (None, "not an object"),
    ],
)
def test_a_bad_record_is_refused_alone(record: object, word: str) -> None:
    decoded = decode({"n": "good", "v": 1}, record, {"n": "better", "v": 2})
    assert fields(decoded) == {"good": 1.0, "better": 2.0}
    [reason] = reasons(decoded)
    assert reason.startswith("record 2")
    assert word in reason


@pytest.mark.parametrize(
    ("record", "word"),
    [(b'{"n":"a","v":%s}', "float"), (b'{"n":"a","v":1,"t":%s}', "float"), (b'{"n":"a","s":%s}', "float")],
)
def test_a_number_of_hundreds_of_digits_is_refused_alone(record: bytes, word: str) -> None:
    """NaN makes the standard library read the pack, which has integers of any size."""
    pack = b'[{"n":"nan","v":NaN},{"n":"good","v":1},%s,{"n":"better","v":2}]' % (record % (b"9" * 350))
    decoded = build(Options()).decode("", pack)
    assert fields(decoded) == {"good": 1.0, "better": 2.0}
    assert word in reasons(decoded)[1]


def test_a_base_of_hundreds_of_digits_refuses_the_pack() -> None:
    with pytest.raises(RejectedError, match="record 2: a base field"):
        build(Options()).decode("", b'[{"n":"nan","v":NaN},{"bt":%s,"n":"a","v":1}]' % (b"9" * 350))


@pytest.mark.parametrize(
    ("record", "word"),
    [
        ({"n": "a", "v": 1, "crit_": 1}, "crit_"),
        ({"bver": 11, "n": "a", "v": 1}, "10 is the newest"),
        ({"bver": 42, "n": "a", "v": 1}, "42"),
        ({"bver": "10", "n": "a", "v": 1}, "bver"),
        ({"bver": -1, "n": "a", "v": 1}, "bver"),
        ({"bver": 0.5, "n": "a", "v": 1}, "bver"),
        ({"bn": 5, "n": "a", "v": 1}, "base field"),
        ({"bt": "x", "n": "a", "v": 1}, "base field"),
        ({"bv": [], "n": "a", "v": 1}, "base field"),
    ],
)
def test_what_must_be_understood_and_is_not_refuses_the_pack(record: object, word: str) -> None:
    assert word in refused({"n": "good", "v": 1}, record)


def test_a_pack_has_one_version_and_secondary_units_are_one_of_them() -> None:
    assert "a pack has one" in refused({"bver": 10, "n": "a", "v": 1}, {"bver": 9, "n": "a", "v": 1})
    assert fields(decode({"bver": 26, "n": "a", "u": "kW", "v": 1})) == {"a": 1000.0}


def test_labels_that_nobody_knows_and_update_times_are_passed_over() -> None:
    assert fields(decode({"n": "a", "v": 1, "ut": 60, "colour": "red", "_x": 1})) == {"a": 1.0}


@pytest.mark.parametrize(
    ("payload", "word"),
    [
        (b'<sensml xmlns="urn:ietf:params:xml:ns:senml"/>', "XML"),
        (b"\xef\xbb\xbf <sensml/>", "XML"),
        (b"$EXI\xa0", "EXI"),
        (bytes.fromhex("a000 4880"), "EXI"),
        (b'{"e": [{"n": "a", "v": 1}], "bn": "d"}', "draft"),
        (b"7", "array of records"),
        (b"[" + b"{}," * 6000 + b"{}]", "max_records"),
        (b'[{"n": "a", "v": 1}', "JSON"),
    ],
)
def test_other_encodings_and_other_things_are_refused_with_the_reason(payload: bytes, word: str) -> None:
    with pytest.raises(RejectedError) as caught:
        build(Options()).decode("", payload)
    assert word in caught.value.reason


# -- CBOR ------------------------------------------------------------------------------------------------------------------------


def test_a_cbor_pack_is_read_as_its_json_twin() -> None:
    """{-2: "d:", -3: 1700000000, 0: "t", 1: "Cel", 2: 23.5}, {0: "h", 2: 4([-1, 455])}, {0: "on", 4: true}, {0: "x", …}"""
    pack = bytes.fromhex("84 a5 21 62643a 22 1a6553f100 00 6174 01 6343656c 02 f94de0  a2 00 6168 02 c4 82 20 1901c7")
    pack += bytes.fromhex("a2 00 626f6e 04 f5  bf 00 6178 63 6e6577 f6 03 6179 ff")
    [reading] = build(Options()).decode("", pack).readings
    assert reading == Reading("senml", {"device": "d"}, {"t": 23.5, "h": 45.5, "on": True, "x": "y"}, AT * NS)


def _head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes((major << 5 | number,))
    for info, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 1 << 8 * size:
            return bytes((major << 5 | info,)) + number.to_bytes(size, "big")
    raise ValueError(number)


def _cbor(value: object) -> bytes:
    """Write what a pack holds, by RFC 8949."""
    if isinstance(value, bool) or value is None:
        return {False: b"\xf4", True: b"\xf5", None: b"\xf6"}[value]
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, float):
        return b"\xfb" + struct.pack(">d", value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    if isinstance(value, dict):
        return _head(5, len(value)) + b"".join(_cbor(key) + _cbor(item) for key, item in value.items())
    assert isinstance(value, list)
    return _head(4, len(value)) + b"".join(map(_cbor, value))


_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=30)
    | st.binary(max_size=30)
)
_MAPS = st.dictionaries(st.integers(-10, 300) | st.text(max_size=5), _SCALARS, max_size=30)


@given(st.lists(_MAPS, max_size=30))
def test_cbor_is_read_as_it_was_written(records: list[dict[int | str, object]]) -> None:
    assert read_pack(_cbor(records), 30, {}) == records


@given(st.lists(_MAPS, min_size=1, max_size=4), st.data())
def test_a_cut_pack_is_refused(records: list[dict[int | str, object]], data: st.DataObject) -> None:
    whole = _cbor(records)
    with pytest.raises(RejectedError, match="CBOR"):
        read_pack(whole[: data.draw(st.integers(0, len(whole) - 1))], 30, {})


@pytest.mark.parametrize(
    ("hexed", "word"),
    [
        ("9bffffffffffffffff", "announced"),
        ("9a00ffffff" + "a0" * 10, "announced"),
        ("81bbffffffffffffffff", "announced"),
        ("81a1007bffffffffffffffff", "announced"),
        ("81a10081a0", "an array where a value"),
        ("81a100a0", "a map where a value"),
        ("81" * 10_000, "a map is expected"),
        ("81a100c11a514b67b0", "a tag where a value"),
        ("81a100c2" + "5820" + "ff" * 32, "a tag where a value"),
        ("81a102c48219ffff01", "decimal fraction"),
        ("81a102c482016131", "decimal fraction"),
        ("81a102c481" * 5_000, "decimal fraction"),
        ("81a1007f6161ff", "reserved, or a length that never ends"),
        ("81a1001c", "reserved"),
        ("81a100f7", "0xf7"),
        ("81a100f818", "0xf8"),
        ("81a20000 0001", "twice"),
        ("81a1f500", "neither integer nor text"),
        ("81a10061ff", "not UTF-8"),
        ("8000", "EXI"),
        ("81a000", "behind the pack"),
        ("9fa0", "cut off"),
        ("9f" + "a0" * 6000 + "ff", "max_records"),
    ],
)
def test_hostile_cbor_is_refused_before_it_costs_anything(hexed: str, word: str) -> None:
    with pytest.raises(RejectedError) as caught:
        build(Options()).decode("", bytes.fromhex(hexed))
    assert word in caught.value.reason


def test_numbers_of_cbor_that_are_none_are_refused_alone() -> None:
    pack = _cbor([{0: "a", 2: math.nan}, {0: "b", 2: math.inf}, {0: "c", 2: 2**64 - 1}])
    decoded = build(Options()).decode("", pack)
    assert fields(decoded) == {"c": 2.0**64}
    assert len(decoded.refusals) == 2


def test_names_topics_and_bases_that_are_invented_do_not_grow_a_decoder() -> None:
    decoder = build(Options())

    def flood(first: int) -> None:
        for number in range(first, first + 12_000):
            decoder.decode(f"t/{number // 3}", b'[{"bn": "d%d:", "n": "x", "v": 1, "s": 2}]' % number)

    tracemalloc.start()
    try:
        flood(0)
        before, _ = tracemalloc.get_traced_memory()
        flood(12_000)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert max(before, after) < 25e6


# -- recognising -----------------------------------------------------------------------------------------------------------------


def test_a_pack_is_recognised_in_both_encodings() -> None:
    assert "JSON array of 1 records" in recognise("any", b'[{"bn": "d", "v": 1}]')
    assert "CBOR" in recognise("any", _cbor([{-2: "d", 2: 1}]))


@pytest.mark.parametrize(
    "payload",
    [b"", b"[]", b"[1]", b'[{"name": "a", "v": 1}]', b'{"n": "a", "v": 1}', b'[{"n": 1, "v": 1}]', b'[{"n": "a"}]', b"\x80", b"\x81\xa0"],
)
def test_what_is_no_pack_is_not_recognised(payload: bytes) -> None:
    assert recognise("any", payload) == ""
