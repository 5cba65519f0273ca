"""Declarative codecs: each layout, and what is refused."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from edge.decoders.decoder import Refusals
from edge.decoders.lorawan.codec.library import load
from tests.edge.decoders.lorawan.reading import fields, reasons, run

_PAGE = Path(__file__).parents[4] / "docs/sensors/lorawan-codecs.md"
_BLOCK = re.compile(r"^```toml\n(.*?)^```", re.DOTALL | re.MULTILINE)


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


def test_a_number_named_by_itself_goes_before_its_range_wherever_it_stands() -> None:
    one, many = {"values": [["one", "u8"]]}, {"values": [["many", "u8"]]}
    for of in ({"2": one, "1-5": many}, {"1-5": many, "2": one}):
        codec = {"cases": {"by": "port", "of": of}}
        assert [*fields(codec, "07", 2), *fields(codec, "07", 3)] == ["one", "many"]


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
