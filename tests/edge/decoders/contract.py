"""What every decoder keeps to (edge/decoders/decoder.py), whatever bytes come. Each row of CASES joins with working options."""

import math

from edge.decoders.decoder import REFUSALS_NAMED, Decoded, Decoder, Refusal
from telemetry.errors import RejectedError
from telemetry.point import Reading

CASES = {
    "json": {"measurement": "air"},
    "csv": {"columns": ["time", "pm2_5", "pm10"], "tags": {"station": "time"}},
    "senml": {},
    "sparkplug": {},
    "regex": {"patterns": [r"T=(?P<t>\S+)", r"(?P<n>\d+)"]},
    "nmea": {},
    "ais": {},
    "plantower": {"model": "pms5003t"},
    "sds011": {},
    "hpma115": {},
    "sps30": {},
    "mhz19": {},
    "ze": {"model": "ze12", "gas": "no2"},
    "mcu680": {"altitude": True},
    "chirpstack": {"codec": "milesight"},
    "ttn": {"codecs": {"*": "cayenne"}},
    "loriot": {"codec": "DL-PM", "measurement": "air"},
    "airrohr": {},
    "frigate": {"topic_prefix": "site"},
    "esphome": {},
    "ha_discovery": {"discovery_prefix": "site"},
    "shelly": {"gen1_topic": "site"},
    "tasmota": {"prefixes": ["cmnd", "stat", "site"]},
    "zigbee2mqtt": {"base_topic": "site"},
    "modbus": {"slaves": [{"id": 1, "template": "sdm120", "device": "m1"}]},
    "modbus_sniff": {},
}
TOPIC = "site/bn01/air/d7"
NASTY = {
    "empty": b"",
    "blank": b" \r\n\t",
    "not utf-8": b'{"a": "\xff\xfe", "b": 1}',
    "utf-16": '{"a": 1}'.encode("utf-16"),
    "NUL bytes": b"\0" * 1000,
    "nested arrays": b"[" * 10_000 + b"]" * 10_000,
    "nested objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "nested beyond NaN": b"[NaN," * 10_000 + b"1" + b"]" * 10_000,
    "NaN and infinities": b'{"a": NaN, "b": Infinity, "c": -Infinity, "d": 1e999}',
    "huge integer": b'{"a": ' + b"9" * 5_000 + b"}",
    "huge exponent": b'{"a": 1e' + b"9" * 300 + b"}",
    "half a surrogate pair": b'{"a\\ud800": "\\ud800", "b": 1}',
    "10 MB of a number": b"1" * 10_000_000,
    "10 MB of lines": b"1,2,3\n" * 1_666_666,
    "10 MB of JSON": b"[" + b"1," * 5_000_000 + b"1]",
    "1 MB of elements": b"[" + b"1," * 500_000 + b"1]",
    "1 MB of NaN": b"[" + b"NaN," * 250_000 + b"1]",
    "1 MB of short lines": b"x\n" * 500_000,
}


def check(decoder: Decoder, payload: bytes, topic: str = TOPIC) -> None:
    """Decode and check all that holds for any payload."""
    try:
        decoded = decoder.decode(topic, payload)
    except RejectedError as error:
        check_reason(error.reason)
        return
    assert isinstance(decoded, Decoded)
    assert len(decoded.refusals) <= REFUSALS_NAMED + 1
    for refusal in decoded.refusals:
        assert isinstance(refusal, Refusal)
        check_reason(refusal.reason)
    for reading in decoded.readings:
        check_reading(reading)


def check_reading(reading: Reading) -> None:
    assert reading.measurement
    assert reading.fields
    for name, value in reading.fields.items():
        assert isinstance(name, str)
        assert isinstance(value, bool | int | float | str)
        assert not isinstance(value, float) or math.isfinite(value)
        assert not isinstance(value, str) or value.encode() is not None
    assert all(name.encode() and isinstance(value.encode(), bytes) for name, value in reading.tags.items())  # UnicodeEncodeError: no text
    assert reading.time_ns is None or -(2**63) <= reading.time_ns < 2**63


def check_reason(reason: str) -> None:
    """A reason is one short line that a log and a table can show."""
    assert reason.isprintable()
    assert 0 < len(reason) < 500
