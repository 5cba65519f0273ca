"""The envelopes of ChirpStack, The Things Stack and LORIOT: devices, times, links, decoded objects, and wrong parts beside good ones."""

import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.decoders.decoder import Decoded
from edge.decoders.lorawan import chirpstack, loriot, ttn
from edge.decoders.table import build_decoder
from telemetry.errors import ConfigError, RejectedError
from telemetry.quality import SIMULATED
from tests.edge.decoders.contract import check

EUI = "0101010101010101"
AT_NS = 1_658_136_855_775_023_242
# Shaped as in chirpstack-docs, integrations/events.md, "up"
V4: dict[str, Any] = {
    "time": "2022-07-18T09:34:15.775023242+00:00",
    "deviceInfo": {"deviceProfileName": "Test device-profile", "deviceName": "Test device", "devEui": EUI},
    "devAddr": "00189440",
    "dr": 1,
    "fCnt": 7,
    "fPort": 1,
    "data": "qg==",
    "rxInfo": [
        {"gatewayId": "0016c001f153a14c", "rssi": -36, "snr": 10.5},
        {"gatewayId": "0016c001f153a14d", "rssi": -30, "snr": 9.0, "nsTime": "2022-07-18T09:34:16Z"},
    ],
    "txInfo": {"frequency": 867100000, "modulation": {"lora": {"bandwidth": 125000, "spreadingFactor": 11}}},
}
TTS: dict[str, Any] = {
    "end_device_ids": {"device_id": "pump-3", "dev_eui": "70B3D57BA0000BCE", "application_ids": {"application_id": "water"}},
    "received_at": "2020-02-06T09:46:05.447941836Z",
    "uplink_message": {
        "f_port": 1,
        "f_cnt": 101,
        "frm_payload": "AgI7AAMANwJxDGA=",
        "rx_metadata": [{"gateway_ids": {"gateway_id": "roof", "eui": "B827EBFFFE9F2DA9"}, "rssi": -16, "snr": 8.5}],
        "settings": {"data_rate": {"lora": {"bandwidth": 125000, "spreading_factor": 11}}, "frequency": "867700000"},
        "received_at": "2020-02-06T09:46:05.234172599Z",
    },
}
LORIOT: dict[str, Any] = {
    "cmd": "rx",
    "EUI": "0004A30B001ADCB5",
    "ts": 1501064048945,
    "fcnt": 121,
    "port": 1,
    "freq": 868300000,
    "rssi": -119,
    "snr": -15.8,
    "dr": "SF11 BW125 4/5",
    "bat": 127,
    "data": "02023b0003003702710c60",
}
BYTE = {"values": [["value", "u8"]]}


def decode(kind: str, message: Any, options: dict[str, Any] | None = None, topic: str = "") -> Decoded:
    return build_decoder(kind, options or {}).decode(topic, message if isinstance(message, bytes) else json.dumps(message).encode())


def v4(**changes: Any) -> dict[str, Any]:
    return {**V4, **changes}


def reasons(decoded: Decoded) -> list[str]:
    return [refusal.reason for refusal in decoded.refusals]


def test_an_uplink_of_chirpstack_gives_the_sensor_and_the_link_of_the_best_gateway() -> None:
    sensor, link = decode("chirpstack", V4, {"codec": BYTE, "measurement": "air"}).readings
    assert (sensor.measurement, sensor.tags, sensor.fields, sensor.time_ns) == ("air", {"device": EUI}, {"value": 170.0}, AT_NS)
    assert link.measurement == "lorawan"
    assert link.tags == {"device": EUI}
    assert link.fields == {
        "rssi": -36.0,
        "snr": 10.5,
        "heard_by": "0016c001f153a14c",
        "gateways": 2,
        "f_cnt": 7,
        "f_port": 1,
        "frequency": 867100000.0,
        "spreading_factor": 11,
    }
    assert link.time_ns == AT_NS


def test_an_uplink_of_the_things_stack_has_the_network_servers_time_not_the_applications() -> None:
    sensor, link = decode("ttn", TTS, {"codec": "DL-5TM"}).readings
    assert sensor.time_ns == link.time_ns == 1_580_982_365_234_172_599
    assert sensor.fields["battery"] == 3.168
    assert link.fields["frequency"] == 867700000.0
    assert link.fields["heard_by"] == "b827ebfffe9f2da9"


def test_an_uplink_of_loriot_has_its_data_in_hex_and_its_time_in_ms() -> None:
    sensor, link = decode("loriot", LORIOT, {"codec": "DL-5TM"}).readings
    assert sensor.time_ns == 1_501_064_048_945_000_000
    assert sensor.fields["dielectric_permittivity"] == 1.1
    assert link.fields["spreading_factor"] == 11
    assert link.fields["battery_percent"] == 50.0
    with_gateways = {**LORIOT, "cmd": "gw", "gws": [{"gweui": "AA", "rssi": -38, "snr": 8.5}, {"gweui": "BB", "rssi": -42, "snr": 8.8}]}
    fields = decode("loriot", with_gateways, {"codec": "DL-5TM"}).readings[-1].fields
    assert (fields["rssi"], fields["heard_by"], fields["gateways"]) == (-42.0, "bb", 2)


def test_chirpstack_v3_and_milesight_gateways_are_read_too() -> None:
    milesight = {
        "deviceName": "x",
        "devEUI": "24e1641092176759",
        "time": "2020-03-27T12:39:05.547336Z",
        "rxInfo": [{"mac": "24e124fffef021be", "rssi": -57, "loRaSNR": 10}],
        "txInfo": {"frequency": 868300000, "dataRate": {"modulation": "LORA", "bandwidth": 125, "spreadFactor": 7}},
        "fCnt": 0,
        "fPort": 85,
        "data": "AXVkA2cYAQRobQ==",
    }
    sensor, link = decode("chirpstack", milesight, {"codec": "AM102"}).readings
    assert sensor.fields == {"battery_percent": 100.0, "temperature": 28.0, "humidity": 54.5}
    assert (link.fields["spreading_factor"], link.fields["snr"], link.fields["f_cnt"]) == (7, 10.0, 0)
    v3 = {"devEUI": "AgICAgICAgI=", "fCnt": 1, "fPort": 5, "data": "AAA=", "rxInfo": [], "objectJSON": '{"temperatureSensor": 25}'}
    sensor, link = decode("chirpstack", v3).readings
    assert sensor.tags["device"] == "0202020202020202"
    assert sensor.fields == {"temperature_sensor": 25.0}


def test_without_time_of_its_own_an_uplink_takes_the_first_of_its_gateways_then_that_of_arrival() -> None:
    first = decode("chirpstack", {key: value for key, value in V4.items() if key != "time"}, {"codec": BYTE}).readings[0]
    assert first.time_ns == 1_658_136_856_000_000_000
    assert decode("chirpstack", v4(time=None, rxInfo=[]), {"codec": BYTE}).readings[0].time_ns is None
    assert decode("chirpstack", V4, {"codec": BYTE, "time": "arrival"}).readings[0].time_ns is None


def test_what_the_network_server_decoded_is_flattened_and_named_as_the_catalogue_does() -> None:
    decoded = {"TempC_SHT": 21.5, "Hum_SHT": 40, "battery": 97, "door": True, "note": "x", "nested": {"a": [1, 2]}, "none": None}
    (sensor, _) = decode("chirpstack", v4(object=decoded), {"measurement": "air", "fields": {"nested_a_0": "first"}}).readings
    assert sensor.fields == {
        "temperature": 21.5,
        "humidity": 40.0,
        "battery_percent": 97.0,
        "door": True,
        "first": 1.0,
        "nested_a_1": 2.0,
    }


def test_numbers_that_a_decoder_gives_as_text_are_numbers_where_the_name_is_known_and_other_text_is_left_out() -> None:
    decoded = {"TempC_SHT": "21.50", "temperature2": "3", "pressure": "1013.2", "Bat": 3.1, "humidity": "dry", "mode": "7"}
    (sensor, _) = decode("chirpstack", v4(object=decoded), {"measurement": "air"}).readings
    assert sensor.fields == {"temperature": 21.5, "pressure": 1013.2, "battery": 3.1}


def test_units_of_a_decoded_object_are_told_and_elsys_vdd_is_known() -> None:
    options = {"measurement": "air", "units": {"pressure": "kPa"}}
    (sensor, _) = decode("chirpstack", v4(object={"pressure": 101.3, "vdd": 3426}), options).readings
    assert sensor.fields == {"pressure": 1013.0, "battery": 3.426}
    assert (
        "cannot convert" in reasons(decode("chirpstack", v4(object={"pressure": 1}), {"measurement": "air", "units": {"pressure": "V"}}))[0]
    )


def test_a_normalised_payload_goes_first_and_warnings_are_told() -> None:
    up = {
        **TTS["uplink_message"],
        "decoded_payload": {"t": 1},
        "normalized_payload": [{"air": {"temperature": 20.5, "relativeHumidity": 60}, "battery": 3.6}],
        "decoded_payload_warnings": ["sensor 2 is missing"],
    }
    decoded = decode("ttn", {**TTS, "uplink_message": up}, {"measurement": "air"})
    assert decoded.readings[0].fields == {"temperature": 20.5, "humidity": 60.0, "battery": 3.6}
    assert reasons(decoded) == ["the decoder of The Things Stack warns: sensor 2 is missing"]


def test_every_measurement_of_a_normalised_payload_is_kept_with_its_own_time() -> None:
    normalized = [
        {"air": {"temperature": 21}, "time": "2026-01-01T00:00:00Z"},
        {"air": {"temperature": 22}, "time": "x"},
        {"wind": {"speed": 3}},
    ]
    decoded = decode("ttn", {**TTS, "uplink_message": {**TTS["uplink_message"], "normalized_payload": normalized}}, {"link": False})
    first, last = decoded.readings
    assert (first.fields, first.time_ns) == ({"temperature": 21.0}, 1_767_225_600_000_000_000)
    assert last.fields == {"wind_speed": 3.0}
    assert last.time_ns == decode("ttn", TTS).readings[-1].time_ns
    assert reasons(decoded) == ["time: 'x' is not an RFC 3339 time; what was measured then is left out"]


def test_what_a_device_kept_is_not_of_now_though_the_server_decoded_it() -> None:
    history = [
        {"timestamp": 1665561758, "temperature": 20},
        {"timestamp": 1665561759000, "humidity": 50},
        {"temperature": 9},
        {"timestamp": 7},
    ]
    decoded = decode("chirpstack", v4(object={"temperature": 27.2, "history": history}), {"measurement": "air", "link": False})
    now, *kept = decoded.readings
    assert now.fields == {"temperature": 27.2}
    assert [(one.fields, one.time_ns) for one in kept] == [
        ({"temperature": 20.0}, 1_665_561_758_000_000_000),
        ({"humidity": 50.0}, 1_665_561_759_000_000_000),
    ]
    assert reasons(decoded) == [
        "timestamp: None is no time; what was measured then is left out",
        "timestamp: 7 is no time; what was measured then is left out",
    ]
    long = decode("chirpstack", v4(object={"history": [{"timestamp": 1665561758, "n": 1}] * 300}), {"link": False})
    assert (len(long.readings), reasons(long)) == (200, ["history: 300 entries; 200 are taken"])
    other = decode("chirpstack", v4(object={"history": [1, 2]}), {"link": False})
    assert other.readings[0].fields == {"history_0": 1.0, "history_1": 2.0}


def test_a_time_without_a_zone_names_no_way_out_that_is_not_there() -> None:
    assert reasons(decode("chirpstack", v4(time="2026-11-27T08:00:00", object={"t": 1}), {"link": False})) == [
        "time: '2026-11-27T08:00:00' has no zone; so nobody knows when it is"
    ]


def test_values_that_come_with_their_unit_are_converted_by_it() -> None:
    given = {
        "distance": {"displayName": "Distance", "unit": "mm", "value": 1234},
        "battery_voltage": {"displayName": "Battery voltage", "unit": "V", "value": 3.1},
        "valid_samples": {"displayName": "Valid samples", "value": 10},
        "depth": {"unit": "furlong", "value": 1},
        "wind": {"speed": 1},
    }
    decoded = decode("chirpstack", v4(object=given), {"measurement": "water_level", "link": False})
    assert decoded.readings[0].fields == {"distance": 1.234, "battery": 3.1, "valid_samples": 10.0, "wind_speed": 1.0}
    assert "field depth" in reasons(decoded)[0]
    volts = decode("chirpstack", v4(object={"battery": {"unit": "mV", "value": 3600}}), {"measurement": "air", "link": False})
    assert volts.readings[0].fields == {"battery": 3.6}
    mapped = decode("chirpstack", v4(object=given), {"measurement": "water_level", "units": {"depth": "cm"}, "link": False})
    assert mapped.readings[0].fields["depth"] == 0.01


def test_a_codec_that_the_config_names_goes_before_the_decoded_object_and_a_recognised_one_after_it() -> None:
    message = v4(object={"temperature": 1}, data="A2cYAQ==")
    message["deviceInfo"] = {**V4["deviceInfo"], "deviceProfileName": "Milesight AM102"}
    assert decode("chirpstack", message).readings[0].fields == {"temperature": 1.0}
    assert decode("chirpstack", message, {"codec": "milesight"}).readings[0].fields == {"temperature": 28.0}
    del message["object"]
    assert decode("chirpstack", message).readings[0].fields == {"temperature": 28.0}
    assert "no codec for the payload" in reasons(decode("chirpstack", message, {"recognise_codec": False}))[0]


def test_patterns_choose_the_codec_and_measurement_of_a_device() -> None:
    options = {"codecs": {"70B3D57B*": "DL-5TM", "*": {"codec": BYTE, "measurement": "water_level"}}}
    assert decode("ttn", TTS, options).readings[0].measurement == "soil"
    assert decode("chirpstack", V4, options).readings[0].measurement == "water_level"
    assert decode("ttn", TTS, {"codecs": {"pump-?": "DL-5TM"}, "device": "name"}).readings[0].tags == {"device": "pump-3"}


def test_a_pattern_may_name_the_measurement_only_for_a_given_or_a_recognised_codec() -> None:
    message = v4(data="A2cYAQ==")
    assert (
        decode("chirpstack", message, {"codec": "milesight", "codecs": {EUI: {"measurement": "weather"}}}).readings[0].measurement
        == "weather"
    )
    message["deviceInfo"] = {**V4["deviceInfo"], "deviceProfileName": "AM102"}
    assert decode("chirpstack", message, {"codecs": {EUI: {"measurement": "weather"}}}).readings[0].measurement == "weather"


def test_a_measurement_whose_units_a_codec_cannot_give_is_refused_in_the_config() -> None:
    codec = {"values": [["level", "u8", "", "V"]]}
    with pytest.raises(ConfigError, match="cannot become 'm'"):
        build_decoder("chirpstack", {"codec": codec, "measurement": "water_level"})
    with pytest.raises(ConfigError, match="cannot become 'm'"):
        build_decoder("chirpstack", {"codec": codec, "codecs": {"*": {"measurement": "water_level"}}})


def test_the_things_stacks_own_word_on_the_model_is_believed() -> None:
    up = {**TTS["uplink_message"], "frm_payload": "A2cYAQ==", "version_ids": {"brand_id": "milesight-iot", "model_id": "am102"}}
    assert decode("ttn", {**TTS, "uplink_message": up}).readings[0].fields == {"temperature": 28.0}


def test_a_simulated_uplink_is_marked() -> None:
    decoded = decode("ttn", {**TTS, "simulated": True}, {"codec": "DL-5TM"})
    assert [reading.quality for reading in decoded.readings] == [SIMULATED, SIMULATED]
    assert [reading.quality for reading in decode("ttn", TTS, {"codec": "DL-5TM"}).readings] == [0, 0]


def test_a_payload_without_codec_is_refused_with_the_way_out_and_its_link_kept() -> None:
    decoded = decode("chirpstack", V4)
    assert [reading.measurement for reading in decoded.readings] == ["lorawan"]
    assert 'codecs = { "0101010101010101" = "milesight" }' in reasons(decoded)[0]
    assert not decode("chirpstack", V4, {"unknown_payload": "ignore"}).refusals
    quiet = decode("chirpstack", V4, {"unknown_payload": "ignore", "link": False})
    assert (quiet.readings, quiet.is_understood) == ([], True)


@pytest.mark.parametrize("event", ["ack", "txack", "location", "integration"])
def test_events_without_a_reading_are_understood(event: str) -> None:
    decoded = decode("chirpstack", {"deviceInfo": V4["deviceInfo"]}, topic=f"application/1/device/{EUI}/event/{event}")
    assert decoded.is_understood
    assert not decoded.readings
    assert not decoded.refusals


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (3.6, {"battery": 3.6}),
        ("3.61", {"battery": 3.61}),
        (97, {"battery_percent": 97.0}),
        (3, {"battery_percent": 3.0}),
        (97.5, {"battery_percent": 97.5}),
        (0.5, {"battery_percent": 0.5}),
        ({"unit": "%", "value": 3.5}, {"battery_percent": 3.5}),
    ],
)
def test_a_battery_between_1_and_5_that_is_no_whole_number_is_volts(given: object, expected: dict[str, float]) -> None:
    (reading,) = decode("chirpstack", v4(object={"battery": given}), {"measurement": "air", "link": False}).readings
    assert reading.fields == expected
    (named,) = decode("chirpstack", v4(object={"battery": 3.5}), {"link": False, "fields": {"battery": "battery_percent"}}).readings
    assert named.fields == {"battery_percent": 3.5}


def test_a_status_gives_battery_and_margin_unless_they_are_unknown() -> None:
    topic = f"application/1/device/{EUI}/event/status"
    about = {"deviceInfo": V4["deviceInfo"], "time": V4["time"], "margin": 10, "externalPowerSource": False}
    (reading,) = decode("chirpstack", {**about, "batteryLevel": 98.03, "batteryLevelUnavailable": False}, topic=topic).readings
    assert reading.tags == {"device": EUI}
    (named,) = decode("chirpstack", {**about, "batteryLevel": 1}, {"device": "name"}, topic).readings
    assert named.tags == {"device": "Test device"}
    assert (reading.measurement, reading.fields, reading.time_ns) == ("lorawan", {"margin": 10.0, "battery_percent": 98.03}, AT_NS)
    (reading,) = decode("chirpstack", {**about, "batteryLevel": 0, "batteryLevelUnavailable": True}, topic=topic).readings
    assert reading.fields == {"margin": 10.0}
    (reading,) = decode("chirpstack", {**about, "batteryLevel": 255}, topic=topic).readings  # v3, as DevStatusAns says it
    assert reading.fields == {"margin": 10.0}


def test_an_error_in_the_log_of_chirpstack_is_refused_with_its_words_and_a_note_is_not() -> None:
    topic = f"application/1/device/{EUI}/event/log"
    about = {"deviceInfo": V4["deviceInfo"], "level": "ERROR", "code": "UPLINK_CODEC", "description": "JS error: x is undefined"}
    decoded = decode("chirpstack", about, topic=topic)
    assert reasons(decoded) == [f"ChirpStack reports of {EUI}: UPLINK_CODEC: JS error: x is undefined"]
    assert decode("chirpstack", {**about, "level": "INFO"}, topic=topic).is_understood
    (of_two_lines,) = reasons(decode("chirpstack", {**about, "description": "JS error:\n  at\u0007 line 1"}, topic=topic))
    assert of_two_lines.isprintable()
    assert "JS error: at" in of_two_lines


def test_downlinks_and_joins_of_the_things_stack_are_understood() -> None:
    ids = {"end_device_ids": TTS["end_device_ids"]}
    assert decode("ttn", {**ids, "join_accept": {}}).is_understood
    assert decode("ttn", {**ids, "downlink_queued": {}}).is_understood
    assert decode("ttn", {**ids, "other": {}}, topic="v3/water@ttn/devices/pump-3/down/sent").is_understood
    with pytest.raises(RejectedError, match="no uplink_message"):
        decode("ttn", ids)


def test_other_commands_of_loriot_are_understood_and_what_has_none_is_not_loriots() -> None:
    assert decode("loriot", {"cmd": "txd", "EUI": LORIOT["EUI"]}).is_understood
    with pytest.raises(RejectedError, match="no cmd"):
        decode("loriot", {"EUI": LORIOT["EUI"]})
    encrypted = {key: value for key, value in LORIOT.items() if key != "data"}
    assert "still encrypted" in reasons(decode("loriot", {**encrypted, "encdata": "aabb"}))[0]


def test_gaps_of_the_counter_are_told_and_a_join_event_begins_anew() -> None:
    decoder = build_decoder("chirpstack", {"codec": BYTE})
    topic = f"application/1/device/{EUI}/event/"

    def told(event: str, **changes: Any) -> list[int | None]:
        return [one.reading_count for one in decoder.decode(topic + event, json.dumps(v4(**changes)).encode()).missed]

    assert told("up", fCnt=7) == []
    assert told("up", fCnt=10, time="2022-07-18T09:44:15Z") == [2]
    assert told("up", fCnt=10, time="2022-07-18T09:44:15Z") == []
    assert told("join", time="2022-07-18T09:50:00Z") == []
    assert told("up", fCnt=0, time="2022-07-18T09:51:00Z") == []
    assert told("up", fCnt=1, time="2022-07-18T09:52:00Z") == []
    assert told("join", time="2022-07-18T10:00:00Z") == []
    assert told("up", fCnt=4, time="2022-07-18T10:01:00Z") == [3]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"data": "q"}, "data: 'q': not base64"),
        ({"data": "!!!!"}, "not base64"),
        ({"data": 5}, "data: 5 is not text"),
        ({"data": "A" * 5_000}, "longer than any frame"),
        ({"fCnt": "7"}, "fCnt: '7' is not a whole number"),
        ({"fCnt": -1}, "fCnt: -1"),
        ({"fCnt": 2**32}, "fCnt: 4294967296"),
        ({"fPort": 999}, "fPort: 999"),
        ({"time": "2020-0327T12:39:05.547336Z"}, "is not an RFC 3339 time"),
        ({"time": "2020-03-27T12:39:05"}, "has no zone"),
        ({"rxInfo": 5}, "rxInfo: 5 is not an array"),
        ({"rxInfo": [{"rssi": "loud", "snr": 1}]}, "rssi: 'loud' is not a number"),
        ({"txInfo": []}, "txInfo: an array is not an object"),
        ({"object": "x"}, "object: 'x' is not an object"),
        ({"objectJSON": "{"}, "objectJSON: not JSON"),
    ],
)
def test_one_broken_part_is_refused_and_the_rest_is_kept(changes: dict[str, Any], said: str) -> None:
    decoded = decode("chirpstack", v4(**changes), {"codec": BYTE})
    assert said in reasons(decoded)[0]
    assert len(decoded.refusals) == 1
    assert decoded.readings[-1].measurement == "lorawan"
    assert len(decoded.readings) == (1 if "data" in changes else 2)


def test_hex_that_is_none_is_refused_beside_the_link() -> None:
    decoded = decode("loriot", {**LORIOT, "data": "0g"}, {"codec": "DL-5TM"})
    assert reasons(decoded) == ["data: '0g': not hex"]
    assert len(decoded.readings) == 1


def test_a_number_no_float_holds_is_refused_alone() -> None:
    text = json.dumps(v4(object={"temperature": 1.5})).replace("1.5", '1.5, "a": NaN, "b": 1e999')
    decoded = decode("chirpstack", text.encode(), {"measurement": "air"})
    assert decoded.readings[0].fields == {"temperature": 1.5}
    assert len(decoded.refusals) == 2
    text = json.dumps(V4).replace("10.5", "-Infinity")
    assert "snr" in reasons(decode("chirpstack", text.encode(), {"codec": BYTE}))[0]


@pytest.mark.parametrize(
    ("kind", "message", "said"),
    [
        ("chirpstack", {"deviceInfo": {"devEui": "xyz"}, "fCnt": 1}, "no DevEUI"),
        ("chirpstack", {"deviceInfo": {}}, "no DevEUI"),
        ("chirpstack", [], "an object is expected"),
        ("chirpstack", b"{", "not JSON"),
        ("ttn", {"uplink_message": {}}, "no dev_eui or device_id"),
        ("ttn", {"end_device_ids": 5, "uplink_message": {}}, "no dev_eui or device_id"),
        ("loriot", {"cmd": "rx", "EUI": "00"}, "EUI: '00' is not a DevEUI"),
        ("loriot", b'{"cmd": "rx"' + b" " * 300_000 + b"}", "larger than max_payload_bytes"),
    ],
)
def test_a_message_that_names_no_device_or_is_none_is_refused_with_the_reason(kind: str, message: Any, said: str) -> None:
    with pytest.raises(RejectedError, match=said):
        decode(kind, message)


def test_a_huge_object_and_thousands_of_gateways_are_cut() -> None:
    decoded = decode(
        "chirpstack", v4(object={f"a{n}": n for n in range(5_000)}, rxInfo=[{"rssi": 1, "gatewayId": str(n)} for n in range(5_000)])
    )
    assert len(decoded.readings[0].fields) == 200
    assert decoded.readings[1].fields["gateways"] == 256
    assert "more than 200 fields" in reasons(decoded)[0]


def test_ever_new_devices_do_not_grow_a_decoder() -> None:
    decoder = build_decoder("chirpstack", {"unknown_payload": "ignore"})
    payload = json.dumps(V4)
    tracemalloc.start()
    try:
        for number in range(11_000):
            decoder.decode("", payload.replace(EUI, f"{number:016x}").replace("Test device", f"device {number}").encode())
        before, _ = tracemalloc.get_traced_memory()
        for number in range(11_000, 19_000):
            decoder.decode("", payload.replace(EUI, f"{number:016x}").replace("Test device", f"device {number}").encode())
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 1_000_000  # 8,000 devices more would take four times that


def test_each_server_is_recognised_and_none_claims_anothers() -> None:
    modules = {"chirpstack": (chirpstack, V4), "ttn": (ttn, TTS), "loriot": (loriot, LORIOT)}
    for kind, (_, message) in modules.items():
        payload = json.dumps(message).encode()
        claimed = [name for name, (module, _) in modules.items() if module.recognise("a/b", payload)]
        assert claimed == [kind]
    assert not any(module.recognise("a/b", b'{"temperature": 20, "linkquality": 60}') for module, _ in modules.values())


def test_a_wrong_codec_in_the_config_is_listed_with_its_place() -> None:
    with pytest.raises(ConfigError) as caught:
        build_decoder("chirpstack", {"codec": "milesigt", "codecs": {"a": {"codec": {"values": [["A", "u8"]]}}}})
    assert {problem.key.split(".")[0] for problem in caught.value.problems} == {"codec", "codecs"}
    assert "did you mean milesight" in str(caught.value)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*V4, *TTS, *LORIOT, "lora", "gws"]), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from([*V4, "object", "objectJSON", "margin", "devEUI"]), _json))
def test_any_members_of_a_chirpstack_message_keep_to_the_contract(changes: dict[str, Any]) -> None:
    check(build_decoder("chirpstack", {"codec": "milesight"}), json.dumps({**V4, **changes}).encode())


@given(st.dictionaries(st.sampled_from([*TTS["uplink_message"], "decoded_payload", "normalized_payload", "version_ids"]), _json))
def test_any_members_of_an_uplink_of_the_things_stack_keep_to_the_contract(changes: dict[str, Any]) -> None:
    check(build_decoder("ttn", {}), json.dumps({**TTS, "uplink_message": {**TTS["uplink_message"], **changes}}).encode())


@given(st.dictionaries(st.sampled_from([*LORIOT, "gws", "decoded", "encdata"]), _json), st.binary(max_size=60))
def test_any_members_of_a_loriot_message_keep_to_the_contract(changes: dict[str, Any], data: bytes) -> None:
    decoder = build_decoder("loriot", {"codec": "elsys"})
    check(decoder, json.dumps({**LORIOT, **changes}).encode())
    check(decoder, json.dumps({**LORIOT, "data": data.hex()}).encode())
