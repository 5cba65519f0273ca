"""Declarative codecs: each layout, what is refused, and the shipped ones against examples of their vendors' documents."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.decoders.decoder import Refusals
from edge.decoders.lorawan.codec.compile import Codec
from edge.decoders.lorawan.codec.groups import Out
from edge.decoders.lorawan.codec.library import family_of_eui, load, model_named, names
from telemetry.identifiers import is_name
from tests.edge.decoders.contract import check_reason

_PAGE = Path(__file__).parents[4] / "docs/sensors/lorawan-codecs.md"
_BLOCK = re.compile(r"^```toml\n(.*?)^```", re.DOTALL | re.MULTILINE)


def run(codec: str | dict[str, Any], payload: str, port: int | None = 1) -> Out:
    return load(codec).decode(bytes.fromhex(payload), port)


def fields(codec: str | dict[str, Any], payload: str, port: int | None = 1) -> dict[str, Any]:
    out = run(codec, payload, port)
    assert not out.refusals.listed(), out.refusals.listed()
    return {name: value for group in out.fields.values() for name, value in group.items()}


def reasons(codec: str | dict[str, Any], payload: str, port: int | None = 1) -> list[str]:
    return [refusal.reason for refusal in run(codec, payload, port).refusals.listed()]


def test_values_stand_one_after_the_other_or_where_they_say() -> None:
    codec = {
        "values": [
            ["a", "u8"],
            ["b", "s16", "x / 10"],
            {"name": "c", "type": "u16", "order": "little"},
            {"name": "low", "type": "u8", "at": 0, "bits": [0, 4]},
            {"name": "high", "type": "u8", "at": 0, "bits": [4, 4]},
            ["half", "-", "0.5"],
        ]
    }
    assert fields(codec, "a1ff9c3412") == {"a": 161.0, "b": -10.0, "c": 0x1234, "low": 1.0, "high": 10.0, "half": 0.5}


def test_units_become_those_of_the_catalogue_where_it_knows_the_field() -> None:
    codec = {
        "measurement": "air",
        "values": [
            ["pressure", "u16", "", "Pa"],
            ["nh3", "u8", "x / 100", "ppm"],
            ["temperature", "s16", "x / 10", "K"],
            {"name": "distance", "type": "u16", "unit": "mm", "measurement": "water_level"},
            ["other", "u8", "", "furlong"],
        ],
    }
    assert fields(codec, "ffff640bb904d207") == {
        "pressure": 655.35,
        "nh3": 696.137339056,
        "temperature": 26.95,
        "distance": 1.234,
        "other": 7.0,
    }


def test_words_of_a_group_are_named_and_flags_say_which_groups_follow() -> None:
    codec = {
        "flags": {
            "at": 1,
            "header": 3,
            "version": [0, 2],
            "groups": [
                {"words": 2, "values": [["total", "-", "x0 + x1 * 65536"]]},
                {"words": 1, "values": [["battery", "-", "x0 / 1000"]]},
            ],
        }
    }
    assert fields(codec, "020003000100020c60") == {"total": 131073.0, "battery": 3.168}
    assert fields(codec, "0200020c60") == {"battery": 3.168}
    assert "version 3" in reasons(codec, "0300020c60")[0]
    assert "knows 2 groups" in reasons(codec, "0200040c60")[0]
    assert "ends within" in reasons(codec, "02000300010002")[0]
    assert "after the last group" in reasons(codec, "0200020c6000")[0]
    assert "shorter than its header" in reasons(codec, "0200")[0]


def test_items_with_ids_are_read_until_one_is_unknown_and_what_came_before_stays() -> None:
    codec = {"order": "little", "tlv": {"items": {"0367": [["temperature", "s16", "x / 10"]], "??68": [["humidity_{channel}", "u8"]]}}}
    assert fields(codec, "0367180109680a0a680b") == {"temperature": 28.0, "humidity_9": 10.0, "humidity_10": 11.0}
    out = run(codec, "03671801ffff00")
    assert out.fields["reading"] == {"temperature": 28.0}
    assert "item ffff at byte 4" in out.refusals.listed()[0].reason
    assert "ends within" in reasons(codec, "036718")[0]
    assert "item 03" in reasons(codec, "03")[0]


def test_a_layout_is_chosen_by_port_or_by_a_byte() -> None:
    by_port = {"cases": {"of": {"1-2": {"values": [["a", "u8"]]}, "else": {}}}}
    assert fields(by_port, "05", 2) == {"a": 5.0}
    assert fields(by_port, "05", 9) == {}
    by_byte = {"cases": {"by": 0, "of": {"0x0a": {"values": [["b", "u8", "", ""], ["c", "u8"]]}}}}
    assert fields(by_byte, "0a05") == {"b": 10.0, "c": 5.0}
    assert "no layout" in reasons(by_byte, "0b05")[0]
    assert "no layout" in reasons(by_byte, "")[0]


def test_an_item_ends_after_its_furthest_byte() -> None:
    codec = {
        "tlv": {
            "header": 1,
            "items": {"01": [{"name": "b", "type": "u8", "at": 2}, {"name": "a", "type": "u8", "at": 0}], "02": [["c", "u8"]]},
        }
    }
    assert fields(codec, "01aa00bb02cc") == {"a": 170.0, "b": 187.0, "c": 204.0}
    with_length = {"tlv": {"header": 1, "items": {"01": {"length": 4, "values": [["a", "u8"]]}, "02": [["c", "u8"]]}}}
    assert fields(with_length, "01aa00000002cc") == {"a": 170.0, "c": 204.0}
    assert "ends within" in reasons(with_length, "01aa0000")[0]


def test_items_may_have_values_before_them_and_a_checksum_behind() -> None:
    items = {"01": [["a", "u8"]]}
    codec = {"tlv": {"header": 1, "at": 2, "trailer": 2, "values": [["battery", "u8", "x / 10"]], "items": items}}
    assert fields(codec, "21ff" + "0105" + "beef") == {"battery": 3.3, "a": 5.0}
    assert fields(codec, "21ff" + "beef") == {"battery": 3.3}
    assert fields(codec, "21") == {"battery": 3.3}
    assert reasons(codec, "") == ["payload of 0 bytes: shorter than its header"]
    assert "item be at byte 4" in reasons(codec | {"tlv": codec["tlv"] | {"trailer": 0}}, "21ff0105beef")[0]


def test_a_group_of_unknown_length_ends_the_reading_and_values_stand_around_the_groups() -> None:
    codec = {
        "flags": {
            "at": 1,
            "size": 1,
            "header": 2,
            "values": [["battery", "u8", "x / 10"]],
            "groups": [[["a", "u8"]], "unknown", [["b", "u8"]]],
            "after": [["c", "u8"]],
        }
    }
    assert fields(codec, "21" + "05" + "010203") == {"battery": 3.3, "a": 1.0, "b": 2.0, "c": 3.0}
    assert fields(codec, "21" + "00" + "03") == {"battery": 3.3, "c": 3.0}
    out = run(codec, "21" + "07" + "010203")
    assert out.fields["reading"] == {"battery": 3.3, "a": 1.0}
    assert [one.reason for one in out.refusals.listed()] == ["group 1: its length is not known; the 2 bytes from there are left out"]
    assert reasons(codec, "21" + "01" + "01") == ["group 3: the payload ends within it"]
    little = {"flags": {"at": 0, "order": "little", "header": 2, "groups": [[["a", "u8"]]]}}
    assert fields(little, "010009") == {"a": 9.0}
    late = {"flags": {"at": 0, "size": 1, "header": 1, "values": [{"name": "a", "type": "u8", "at": 5}], "groups": [[["b", "u8"]]]}}
    assert reasons(late, "00") == ["payload of 1 bytes: shorter than the values before its groups"]


def test_records_repeat_to_the_end_each_a_reading_of_its_own() -> None:
    values = [["a", "u8"], {"name": "time", "type": "unix", "is_time": True}]
    codec = {"records": {"at": 1, "length": 6, "values": values}}
    out = run(codec, "ff" + "01" + "00000001" + "ee" + "02" + "00000002" + "ee")
    assert [(entry.time_ns, entry.fields) for entry in out.apart] == [
        (1_000_000_000, {"reading": {"a": 1.0}}),
        (2_000_000_000, {"reading": {"a": 2.0}}),
    ]
    cut = run(codec, "ff" + "01" + "00000001" + "ee" + "02")
    assert len(cut.apart) == 1
    assert [one.reason for one in cut.refusals.listed()] == ["record at byte 7: the payload ends within it"]
    assert run(codec, "").apart == []
    assert len(run({"records": {"values": [["half", "-", "0.5"]]}}, "0102").apart) == 1  # takes no bytes: read once, not for ever


def test_records_may_be_numbered_fields_of_one_reading() -> None:
    values = [["beacon_{channel}", "hex2"], ["rssi_{channel}", "s8"]]
    codec = {"records": {"at": 1, "apart": False, "before": [["battery", "u8", "x / 10"]], "values": values}}
    assert fields(codec, "21" + "0102b2" + "0304c0") == {
        "battery": 3.3,
        "beacon_1": "0102",
        "rssi_1": -78.0,
        "beacon_2": "0304",
        "rssi_2": -64.0,
    }
    assert fields(codec, "21") == {"battery": 3.3}
    assert reasons(codec, "") == ["payload of 0 bytes: shorter than its header"]


def test_only_the_last_bytes_are_read_where_a_layout_says_so() -> None:
    codec = {"tail": 2, "cases": {"by": 0, "of": {"1": {"values": [["kind", "skip1"], ["a", "u8"]]}}}}
    assert fields(codec, "0105") == fields(codec, "aabbcc0105") == {"a": 5.0}
    assert "no layout" in reasons(codec, "01050205")[0]
    assert reasons(codec, "01") == ["payload of 1 bytes: shorter than the 2 that are read from its end"]


def test_some_bits_of_a_byte_may_choose_the_layout() -> None:
    codec = {"cases": {"by": 0, "bits": [2, 5], "of": {"3": {"values": [["flags", "skip1"], ["a", "u8"]]}}}}
    assert fields(codec, "0c05") == fields(codec, "8f05") == {"a": 5.0}
    assert "byte 0 4" in reasons(codec, "1005")[0]


def test_history_is_apart_with_times_of_its_own() -> None:
    out = run("AM103", "0175640367180104686d077dc50120ce781a4165df006e9001")  # AM103 user guide; the corpus has it too
    first, second = out.entries
    assert first.time_ns is None
    assert first.fields["air"]["co2"] == 453.0
    assert second.time_ns == 1_698_765_432_000_000_000
    assert second.fields == {"air": {"temperature": 22.3, "humidity": 55.0, "co2": 400.0}}


def test_a_byte_chooses_further_values_of_a_group() -> None:
    out = run("VS360", "20ce7b3af164000b00040020ceff3df16401070002001d000800")
    assert [entry.fields.get("people") for entry in out.entries[1:]] == [
        {"period_in": 11.0, "period_out": 4.0},
        {"period_in": 7.0, "period_out": 2.0, "total_in": 29.0, "total_out": 8.0},
    ]


def test_what_excludes_each_other_or_is_skipped_may_have_one_name() -> None:
    codec = {
        "tlv": {
            "header": 1,
            "items": {
                "01": [["a", "u8"], ["gap", "skip1"], ["gap", "skip1"], {"name": "a", "type": "u8", "measurement": "other"}],
                "02": {"by": 0, "values": [["kind", "skip1"]], "more": {"1": [["a", "u8"]], "2": [["a", "u16"]]}},
            },
        }
    }
    assert run(codec, "0107000009").fields == {"reading": {"a": 7.0}, "other": {"a": 9.0}}
    assert fields(codec, "02020102") == {"a": 258.0}


def test_each_half_of_a_byte_may_choose_values_of_its_own() -> None:
    more = {"0x1?": [{"name": "a", "type": "u8", "at": 1}], "0x?2": [{"name": "b", "type": "u8", "at": 2}], "0x12": [["c", "u8"]]}
    codec = {"tlv": {"header": 1, "items": {"01": {"by": 0, "length": 4, "values": [], "more": more}}}}
    assert fields(codec, "0110070809") == {"a": 7.0}
    assert fields(codec, "0102070809") == {"b": 8.0}
    assert fields(codec, "0112070809") == {"a": 7.0, "b": 8.0, "c": 9.0}
    assert fields(codec, "0133070809") == {}


def test_bytes_of_padding_are_skipped_where_an_id_is_expected() -> None:
    codec = {"tlv": {"header": 1, "pad": 0, "items": {"01": [["a", "u8"]], "02": [["b", "u8"]]}}}
    assert fields(codec, "0001000000020700") == {"a": 0.0, "b": 7.0}
    assert "item 00" in reasons({"tlv": {"header": 1, "items": {"01": [["a", "u8"]]}}}, "010700")[0]


def test_no_reading_no_number_and_unknown_states_touch_only_themselves() -> None:
    codec = {
        "values": [
            {"name": "gone", "type": "u16", "absent": [65535]},
            {"name": "state", "type": "u8", "enum": {"0": "off", "1": True}},
            ["root", "u8", "sqrt(x - 5)"],
            ["f", "f32"],
            ["good", "u8"],
        ]
    }
    out = run(codec, "ffff0904" + "7fc00000" + "07")
    assert out.fields["reading"] == {"good": 7.0}
    assert [refusal.reason.split(":")[0] for refusal in out.refusals.listed()] == ["field state", "field root", "field f"]


def test_text_and_hex_are_text() -> None:
    codec = {"values": [["serial", "hex2"], ["name", "text4"], ["note", "text8"], ["skipped", "skip1"], ["last", "u8"]]}
    assert fields(codec, "beef" + b"ab\0\0".hex() + "03" + b"xyz".hex() + "ff01") == {
        "serial": "beef",
        "name": "ab",
        "note": "xyz",
        "last": 1.0,
    }
    assert reasons(codec, "beef61620000ff") == ["payload of 7 bytes: shorter than its values"]


@pytest.mark.parametrize(
    ("codec", "said"),
    [
        ({"values": [["A", "u8"]]}, "lower_snake"),
        ({"values": [["a", "u12"]]}, "type 'u12'"),
        ({"values": [["a", "u8", "y * 2"]]}, "'y' is unknown"),
        ({"values": [["a"]]}, "a type, an expr"),
        ({"values": [], "tlv": {"items": {}}}, "one of values"),
        ({"tlv": {"header": 1, "items": {"0367": []}}}, "header says 1"),
        ({"cases": {"of": {"9-1": {}}}}, "a range such as"),
        ({"measurement": "air", "values": [["temperature", "u8", "", "V"]]}, "cannot become 'Cel'"),
        ({"values": [{"name": "t", "type": "u8", "is_time": True}]}, "type unix"),
        ({"nonsense": 1}, "nonsense"),
        ({"values": [["a", "u8"], ["b", "u8"], ["a", "u16"]]}, "reading a: two values that come together"),
        (
            {"tlv": {"header": 1, "items": {"01": {"by": 0, "values": [["a", "u8"]], "more": {"1": [["a", "u8"]]}}}}},
            "reading a: two values",
        ),
        (
            {"tlv": {"header": 1, "items": {"01": {"by": 0, "values": [], "more": {"0x1?": [["a", "u8"]], "0x?2": [["a", "u8"]]}}}}},
            "reading a: two",
        ),
        ({"flags": {"at": 0, "header": 2, "groups": [{"values": [["a", "u8"]]}, {"values": [["a", "u8"]]}]}}, "reading a: two values"),
        ({"tlv": {"header": 1, "items": {"01": {"by": 0, "values": [], "more": {"256": []}}}}}, "'256' is no value of a byte"),
        ({"tlv": {"header": 1, "pad": 0, "items": {"00": [["a", "u8"]]}}}, "which pad would skip"),
        ({"cases": {"bits": [0, 4], "of": {}}}, "bits of cases"),
        ({"cases": {"by": 1, "bits": [4, 5], "of": {}}}, "bits of cases"),
        ({"flags": {"at": 0, "header": 2, "groups": ["other"]}}, "a group is values"),
        ({"records": {"values": []}}, "records"),
        ({"records": {"apart": False, "values": [["a", "u8"]]}}, "need names with"),
        ("milesigt", "did you mean milesight"),
        ("no/such/file.toml", "cannot read"),
        ("dragino", "is a family: name the model, one of LHT65"),
        ("decentlab", "is a family"),
    ],
)
def test_a_wrong_codec_says_what_is_wrong(codec: str | dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        load(codec)


def test_a_codec_of_ones_own_is_one_file_and_may_extend_a_shipped_one(tmp_path: Any) -> None:
    own = tmp_path / "acme.toml"
    own.write_text('measurement = "air"\nvalues = [["temperature", "s16", "x / 10"]]\n[models.TH-2]\nvalues = [["co2", "u16"]]\n')
    assert fields(str(own), "00fb") == {"temperature": 25.1}
    assert fields(f"{own}#TH-2", "01f4") == {"co2": 500.0}
    with pytest.raises(ValueError, match="no model 'TH-3'"):
        load(f"{own}#TH-3")
    assert fields({"extends": "DL-PR36", "params": {"kp": 4096}}, "020a17000190008800")["hydrostatic_pressure"] == 1000.0
    own.write_text('[models.TH-1]\nvalues = [["co2", "u16"]]\n[models.TH-2]\nvalues = [["co2", "u8"]]\n')
    with pytest.raises(ValueError, match=r"name the model, as in .*#TH-1\"; it has TH-1, TH-2"):
        load(str(own))
    for text in ("models = 5", "models = { TH-2 = 5 }"):
        own.write_text(text)
        for name in (str(own), f"{own}#TH-2"):
            with pytest.raises(ValueError, match="a table for each model"):
                load(name)
    own.write_text("")
    with pytest.raises(ValueError, match="no values, tlv, flags, records or cases"):
        load(str(own))
    own.write_text(f'extends = "{own}"\n')
    with pytest.raises(ValueError, match="circle"):
        load(str(own))


def test_a_shipped_model_may_be_another_one_under_another_name() -> None:
    assert fields("LWL02", "4b8802000003000010", 10) == fields("LDS02", "4b8802000003000010", 10)
    assert load("LWL02").title != load("LDS02").title


def test_an_override_puts_every_field_into_one_measurement() -> None:
    out = load("WS302", "street").decode(bytes.fromhex("017564055b053f02da016a02"), 85)
    assert out.fields == {"street": {"battery_percent": 100.0, "laf": 57.5, "laeq": 47.4, "lamax": 61.8}}


# Payloads with the values that are printed beside them.
DOCUMENTED = [
    # Cayenne LPP 1.0: "Device with 2 temperature sensors", "… with temperature", "… with accelerometer", "… with GPS"
    ("cayenne", "03670110056700FF", {"temperature_3": 27.2, "temperature_5": 25.5}),
    ("cayenne", "0167FFD7", {"temperature_1": -4.1}),
    ("cayenne", "067104D2FB2E0000", {"acceleration_x_6": 1.234, "acceleration_y_6": -1.234, "acceleration_z_6": 0.0}),
    ("cayenne", "018806765FF2960A0003E8", {"latitude_1": 42.3519, "longitude_1": -87.9094, "altitude_1": 10.0}),
    # Milesight user guides of EM300-TH and EM500-UDL
    ("EM300-TH", "01755c03673401046865", {"battery_percent": 92.0, "temperature": 30.8, "humidity": 50.5}),
    ("EM500-UDL", "01756403821e00", {"battery_percent": 100.0, "distance": 0.03}),
    # thingsboard/data-converters, VENDORS/Elsys/ERS2_Sound
    (
        "elsys",
        "0100e202290400270506070d62150710",
        {"temperature": 22.6, "humidity": 41.0, "illuminance": 39.0, "motion_count": 6.0, "battery": 3.426, "lamax": 7.0, "laeq": 16.0},
    ),
    # Dragino LHT65 user manual, section 2.4
    ("LHT65", "cbf60b0d03760100ad7fff", {"battery": 3.062, "temperature": 28.29, "humidity": 88.6, "external_temperature": 1.73}),
    # Decentlab's published decoder of DL-DS18, with a payload made to its table
    ("DL-DS18", "0202df000381910c60", {"temperature": 25.0625, "battery": 3.168}),
]


@pytest.mark.parametrize(("codec", "payload", "expected"), DOCUMENTED)
def test_documented_payloads_give_the_documented_values(codec: str, payload: str, expected: dict[str, Any]) -> None:
    assert fields(codec, payload, 2) == expected


# Examples of the vendors' decoders: Milesight-IoT/SensorDecoders, README of each device; TheThingsNetwork/lorawan-devices, vendor/dragino,
# nwave, yobiiq and decentlab (…-codec.yaml, or a payload made to the decoder's table).
PUBLISHED: list[tuple[str, int, str, dict[str, Any]]] = [
    ("VS133", 85, "0fe302100709", {"region_1_count": 2.0, "region_2_count": 16.0, "region_3_count": 7.0, "region_4_count": 9.0}),
    (
        "VS133",
        85,
        "10e4010910112110e40275217533",
        {"region_1_dwell_avg": 4105.0, "region_1_dwell_max": 8465.0, "region_2_dwell_avg": 8565.0, "region_2_dwell_max": 13173.0},
    ),
    ("VS121", 85, "04c9030800a106cd05", {"people": 3.0, "regions": 8.0, "people_max": 5.0}),
    ("VS121", 85, "05cc02000100", {"people_in": 2.0, "people_out": 1.0}),
    ("VS121", 85, "09da0001000200000000", {"a_to_a": 256.0, "a_to_b": 512.0, "a_to_c": 0.0, "a_to_d": 0.0}),
    (
        "VS330",
        85,
        "01756202a5b80b800cb80b800c038e0104a80106a69080000008a801",
        {
            "battery_percent": 98.0,
            "distance_1_mm": 3000.0,
            "distance_2_mm": 3200.0,
            "distance_3_mm": 3000.0,
            "distance_4_mm": 3200.0,
            "occupancy": True,
            "first_learn_status": 1.0,
            "ambient_counts": 32912.0,
            "second_learn_status": 1.0,
        },
    ),
    ("TS301", 85, "0367f100040001", {"temperature": 24.1, "opened_2": True}),
    ("TS302", 85, "0467f7008467f70001", {"temperature_2": 24.7, "temperature_2_alarm": 1.0}),
    ("TS302", 85, "94d70401820002", {"temperature_2": 26.0, "temperature_2_change": 1.3, "temperature_2_alarm": 2.0}),
    ("EM300-DI", 85, "06e10a000a000000803f", {"water_per_pulse": 1.0, "pulses_per_unit": 1.0, "water_total": 1.0}),
    ("EM300-MLD", 85, "060001", {"water_leak": True}),
    ("EM500-SMTC", 85, "03671901046873057ff000", {"temperature": 28.1, "moisture": 57.5, "conductivity": 240.0}),
    ("EM500-SMTC", 85, "0367ffff04caffff057ffdff", {}),  # no probe
    ("EM500-PT100", 85, "83d7f400050002", {"temperature": 24.4, "temperature_change": 0.5, "temperature_alarm": 2.0}),
    ("LHT65", 2, "cbf60b0d0376010add7fff", {"battery": 3.062, "temperature": 28.29, "humidity": 88.6, "external_temperature": 27.81}),
    ("LHT65", 2, "cbf60b0d0376817fff7fff", {"battery": 3.062, "temperature": 28.29, "humidity": 88.6}),  # the probe is not connected
    ("LHT65", 2, "cbf60b0d03760700057fff", {"battery": 3.062, "temperature": 28.29, "humidity": 88.6, "pulse_total": 5.0}),
    ("LHT65", 2, "09c40898c1460960065f97", {"external_temperature": 25.0, "temperature": 22.0, "humidity": 32.6}),
    ("LHT65", 2, "cbf628ff11220f33445566", {"battery": 3.062}),  # the number of the probe, no temperature
    (
        "LSE01",
        2,
        "0d1801010e7409c4003200",
        {"battery": 3.352, "external_temperature": 25.7, "moisture": 37.0, "temperature": 25.0, "conductivity": 50.0},
    ),
    (
        "LSE01",
        2,
        "0d1801010e7409c4003290",
        {
            "battery": 3.352,
            "external_temperature": 25.7,
            "dielectric_permittivity": 370.0,
            "moisture_raw": 2500.0,
            "conductivity_raw": 50.0,
        },
    ),
    ("G4_NCC_FM", 1, "06aa", {"vehicle_count": 1706.0}),
    ("G4_NCC_SM", 3, "010d0002", {"firmware": "010d00", "reset_cause": "power_on"}),
    ("G4_NPS_FM", 10, "d1201f345678", {"occupied": True, "tag_battery": 3.2, "tag": "1f345678"}),
    ("G4_NPS_SM", 10, "d11f345678", {"occupied": True, "tag": "1f345678"}),
    ("SD1001", 8, "ff090100ff0a0100ff162401640000ff0f00ff0b00", {"mains_on": False}),
    ("DL-DLR2-011", 1, "021234000700010000 0c60", {"ch0_input": 1.0, "ch1_input": 0.0, "battery": 3.168}),
]


@pytest.mark.parametrize(("codec", "port", "payload", "expected"), PUBLISHED)
def test_examples_of_the_vendors_decoders_give_what_they_give(codec: str, port: int, payload: str, expected: dict[str, Any]) -> None:
    assert fields(codec, payload, port) == expected


# What a device kept, with the time it was taken at: the same sources.
KEPT: list[tuple[str, int, str, int, dict[str, Any]]] = [
    ("EM300-MCS", 85, "20ce9e74466310015d01", 1665561758, {"temperature": 27.2, "humidity": 46.5, "door_open": 1.0}),
    ("EM300-SLD", 85, "20ce9e74466310015d01", 1665561758, {"temperature": 27.2, "humidity": 46.5, "water_leak": True}),
    ("EM300-ZLD", 85, "20ce9e74466310015d01", 1665561758, {"temperature": 27.2, "humidity": 46.5, "water_leak": True}),
    ("EM300-MLD", 85, "20ce9e74466300000001", 1665561758, {"water_leak": True}),
    ("EM500-LGT", 85, "20ce9e74466350000000", 1665561758, {"illuminance": 80.0}),
    ("EM500-UDL", 85, "20ce9e7446631e00", 1665561758, {"distance": 0.03}),
    ("EM500-SWL", 85, "20ce9e7446630200", 1665561758, {"depth": 0.02}),
    ("EM500-PT100", 85, "20ce9e7446631901", 1665561758, {"temperature": 28.1}),
    ("EM500-SMTC", 85, "20ce9e744663f00019017616", 1665561758, {"conductivity": 240.0, "temperature": 28.1, "moisture": 57.5}),
    (
        "EM500-CO2",
        85,
        "20ce9e744663c4016b2704016d",
        1665561758,
        {"co2": 452.0, "pressure": 1009.1, "temperature": 26.0, "humidity": 54.5},
    ),
    (
        "EM300-DI",
        85,
        "21ce9e74466308015d0002000a000a000000803f",
        1665561758,
        {"temperature": 26.4, "humidity": 46.5, "water_alarm": 0.0, "water_per_pulse": 1.0, "pulses_per_unit": 1.0, "water_total": 1.0},
    ),
    ("LHT65", 2, "7fff089801464160065f97", 1611030423, {"temperature": 22.0, "humidity": 32.6}),  # asked for what it logged
]


@pytest.mark.parametrize(("codec", "port", "payload", "time_s", "expected"), KEPT)
def test_what_a_device_kept_has_the_time_it_was_taken_at(
    codec: str, port: int, payload: str, time_s: int, expected: dict[str, Any]
) -> None:
    out = run(codec, payload, port)
    assert not out.refusals.listed()
    groups = [(entry.time_ns, entry.fields) for entry in out.apart] or [(out.time_ns, out.fields)]
    assert [(time_ns, {name: value for group in fields.values() for name, value in group.items()}) for time_ns, fields in groups] == [
        (time_s * 1_000_000_000, expected)
    ]


def test_a_number_named_by_itself_goes_before_its_range_wherever_it_stands() -> None:
    one, many = {"values": [["one", "u8"]]}, {"values": [["many", "u8"]]}
    for of in ({"2": one, "1-5": many}, {"1-5": many, "2": one}):
        codec = {"cases": {"by": "port", "of": of}}
        assert [*fields(codec, "07", 2), *fields(codec, "07", 3)] == ["one", "many"]


def test_every_shipped_codec_has_valid_names_and_a_source() -> None:
    assert len(names()) > 100
    for name in names():
        load(name)


@pytest.mark.parametrize("name", names())
@settings(max_examples=25, deadline=None)
@given(payload=st.binary(max_size=60), port=st.none() | st.integers(0, 255))
def test_no_payload_breaks_a_shipped_codec(name: str, payload: bytes, port: int | None) -> None:
    out = _shipped(name).decode(payload, port)
    for refusal in out.refusals.listed():
        check_reason(refusal.reason)
    for entry in out.entries:
        assert all(is_name(field) for group in entry.fields.values() for field in group)


_loaded: dict[str, Codec] = {}


def _shipped(name: str) -> Codec:
    if name not in _loaded:
        _loaded[name] = load(name)
    return _loaded[name]


def test_models_are_recognised_as_words_and_vendors_by_their_euis() -> None:
    assert model_named("Milesight AM308 (indoor)") == "AM308"
    assert model_named("am308") == "AM308"
    assert model_named("AM3080") == ""
    assert model_named("AM308 AM319") == ""
    assert model_named("milesight") == ""
    assert model_named("MClimate Vicki") == "Vicki"
    assert model_named("Soil_Moisture_Sensor") == ""  # anybody's may be called so; a config may name it
    assert family_of_eui("24e124136b502217") == "milesight"
    assert family_of_eui("1000000000000001") == ""


def test_a_payload_longer_than_any_frame_is_refused() -> None:
    out = load("cayenne").decode(b"\x01\x00\x01" * 1000, 1)
    assert out.fields == {}
    assert isinstance(out.refusals, Refusals)
    assert "3000 bytes" in out.refusals.listed()[0].reason


def test_the_layouts_on_the_page_are_codecs() -> None:
    blocks = [block for block in _BLOCK.findall(_PAGE.read_text(encoding="utf-8")) if "[[source]]" not in block]
    assert len(blocks) == 5
    for block in blocks:
        load(tomllib.loads(block))
