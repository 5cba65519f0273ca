"""Instruments that speak ASCII, read with a mapping alone. The lines are those of their manuals or of public logs, named beside."""

import pytest

from edge.decoders.decoder import Decoded
from edge.decoders.table import build_decoder
from edge.framers.checksums import xor8
from telemetry import quality
from telemetry.errors import ConfigError

WXT = {  # Vaisala WXT530 series, User Guide M211840EN, "Wind data message" and the following
    "measurement": "weather",
    "pairs": r"(?P<name>[A-Z][a-z])=(?P<value>[^,]+)",
    "fields": {
        "wind_direction": {"column": "Dm", "unit": "deg", "unit_codes": {"D": "deg"}},
        "wind_speed": {"column": "Sm", "unit": "m/s", "unit_codes": {"M": "m/s", "K": "km/h", "S": "mph", "N": "kn"}},
        "temperature": {"column": "Ta", "unit": "Cel"},
        "humidity": {"column": "Ua", "unit": "%", "unit_codes": {"P": "%"}},
        "pressure": {"column": "Pa", "unit": "hPa", "unit_codes": {"H": "hPa", "P": "Pa", "B": "bar", "M": "mm[Hg]", "I": "in[Hg]"}},
        "rain_total": {"column": "Rc", "unit": "mm", "unit_codes": {"M": "mm", "I": "in"}},
    },
}
GILL = {  # Gill WindSonic, user manual 1405-PS-0019, "Polar continuous"
    "measurement": "weather",
    "checksum": "xor",
    "columns": ["node", "direction", "speed", "units", "status", ""],
    "tags": {"device": "node"},
    "fields": {
        "wind_direction": "direction",
        "wind_speed": {
            "column": "speed",
            "unit": "m/s",
            "unit_column": "units",
            "unit_codes": {"M": "m/s", "N": "kn", "P": "mph", "K": "km/h"},
        },
    },
    "status": {"column": "status", "good": ["00", "60"]},
}
GEOLUX = {  # Geolux LX-80, user manual 2.4.1, "Level measurement report"
    "measurement": "water_level",
    "columns": ["kind", "distance", "", "", "level", "", "snr"],
    "any_length": True,
    "where": {"kind": "$LVX"},
    "fields": {"distance": {"column": "distance", "scale": 0.001}, "level": {"column": "level", "scale": 0.001}},
}
CAMPBELL = {  # TOA5 of a CR1000, as ncas' amf tools show it
    "measurement": "weather",
    "header": True,
    "rows_before_header": 1,
    "rows_after_header": 2,
    "fields": {"temperature": "AirTC_Avg", "humidity": "RH", "pressure": "BP_mbar_Avg"},
    "time": {"columns": "TIMESTAMP", "format": "%Y-%m-%d %H:%M:%S", "tz": "UTC"},
}
SCALE = {  # the line of A&D, CAS and many other indicators: stable or unstable, gross or net, weight
    "measurement": "scale",
    "patterns": r"^(?P<state>ST|US),(?P<kind>GS|NT),\s*(?P<weight>[-+]\s*[\d.]+\s*\w+)",
    "where": {"state": "ST"},
    "fields": {"weight": {"column": "weight", "unit": "kg", "unit_codes": {"kg": "kg", "g": "g"}}},
}


def csv(options: dict[str, object], payload: bytes) -> Decoded:
    return build_decoder("csv", options).decode("", payload)


def regex(options: dict[str, object], payload: bytes) -> Decoded:
    return build_decoder("regex", options).decode("", payload)


def test_a_weather_transmitter_names_each_value_and_its_unit_in_any_order() -> None:
    decoded = regex(
        WXT, b"0R1,Dn=236D,Dm=283D,Dx=031D,Sn=0.0M,Sm=36.0K,Sx=2.2M\r\n0R2,Ta=23.6C,Ua=14.2P,Pa=1026.6H\r\n0R3,Rc=0.02I,Rd=0s\r\n"
    )
    assert [reading.fields for reading in decoded.readings] == [
        {"wind_direction": 283.0, "wind_speed": 10.0},
        {"temperature": 23.6, "humidity": 14.2, "pressure": 1026.6},
        {"rain_total": 0.508},
    ]
    assert not decoded.refusals


def test_a_value_that_the_transmitter_marks_as_invalid_is_refused_alone() -> None:
    decoded = regex(WXT, b"0R1,Dm=000#,Sm=1.5M\n")
    assert decoded.readings[0].fields == {"wind_speed": 1.5}
    assert "'#' cannot become deg" in decoded.refusals[0].reason


def gill(body: bytes) -> bytes:
    return b"\x02" + body + b"\x03" + b"%02X\r\n" % xor8(body)


def test_an_anemometer_frames_its_line_and_sums_it() -> None:
    (reading,) = csv(GILL, gill(b"Q,229,002.74,M,00,")).readings
    assert (reading.tags, reading.fields, reading.quality) == ({"device": "Q"}, {"wind_direction": 229.0, "wind_speed": 2.74}, quality.GOOD)
    assert csv(GILL, b"\x02Q,229,002.74,M,00,\x0316\r\n").readings  # as the manual prints it


def test_units_in_a_column_and_a_status_are_heeded() -> None:
    (reading,) = csv(GILL, gill(b"Q,229,010.00,N,01,")).readings
    assert (reading.fields["wind_speed"], reading.quality) == (5.14444444444, quality.DEVICE_ERROR)


def test_a_wrong_sum_refuses_the_line_alone() -> None:
    bad = gill(b"Q,229,002.74,M,00,").replace(b"229", b"228")
    decoded = csv(GILL, bad + gill(b"Q,230,002.74,M,00,"))
    assert [reading.fields["wind_direction"] for reading in decoded.readings] == [230.0]
    assert "checksum" in decoded.refusals[0].reason


def test_a_direction_that_is_absent_in_calm_air_costs_nothing_else() -> None:
    assert csv(GILL, gill(b"Q,,000.01,M,00,")).readings[0].fields == {"wind_speed": 0.01}


def test_other_kinds_of_lines_are_left_out_and_new_columns_do_no_harm() -> None:
    decoded = csv(GEOLUX, b"$LVX,1500,1502,25.3,3500,3498,42.1\r\n$WVX,0.1,3.2\r\n$LVX,1600,1602,25.3,3400,3398,42.1,9.9\r\n")
    assert [reading.fields for reading in decoded.readings] == [{"distance": 1.5, "level": 3.5}, {"distance": 1.6, "level": 3.4}]
    assert not decoded.refusals


def test_a_logger_file_has_rows_around_its_header() -> None:
    decoded = csv(
        CAMPBELL,
        b'"TOA5","CR1000","CR1000","2923","CR1000.Std.26","CPU:YORK3.CR1","15302","Table1"\r\n'
        b'"TIMESTAMP","RECORD","BP_mbar_Avg","AirTC_Avg","RH"\r\n"TS","RN","mbar","Deg C","%"\r\n"","","Avg","Avg","Smp"\r\n'
        b'"2017-09-14 17:23:00",0,1014,26.73,77.77\r\n"2017-09-14 17:24:00",1,1014,"NAN",78.12\r\n',
    )
    assert [(reading.time_ns, reading.fields) for reading in decoded.readings] == [
        (1_505_409_780_000_000_000, {"temperature": 26.73, "humidity": 77.77, "pressure": 1014.0}),
        (1_505_409_840_000_000_000, {"humidity": 78.12, "pressure": 1014.0}),
    ]
    assert not decoded.refusals


def test_a_scale_writes_blanks_behind_the_sign() -> None:
    decoded = regex(SCALE, b"ST,GS,+  12.3kg\r\nUS,GS,+  12.9kg\r\nST,NT,-   250 g\r\n")
    assert [reading.fields for reading in decoded.readings] == [{"weight": 12.3}, {"weight": -0.25}]


def test_a_probe_answers_numbers_and_words() -> None:
    decoded = csv({"measurement": "water_quality", "columns": ["ph"], "comment": ["*", "?"]}, b"*RE\r7.02\r*OK\r?I,pH,2.1\r")  # Atlas EZO
    assert ([reading.fields for reading in decoded.readings], decoded.refusals) == ([{"ph": 7.02}], ())


def test_an_adaptor_for_sdi_12_runs_values_together() -> None:
    options = {"patterns": r"^(?P<address>\w)(?P<level>[+-][\d.]+)(?P<temperature>[+-][\d.]+)", "tags": {"device": "address"}}
    (reading,) = regex(options, b"0+1.234-0.5\r\n").readings
    assert (reading.tags, reading.fields) == ({"device": "0"}, {"level": 1.234, "temperature": -0.5})


@pytest.mark.parametrize("nothing", ["", "----", "--.-", "///", "****", "NAN", "n/a", "-", "None"])
def test_what_stands_for_no_value_is_absent(nothing: str) -> None:
    decoded = csv({"columns": ["t", "h"]}, f"{nothing},50".encode())
    assert ([reading.fields for reading in decoded.readings], decoded.refusals) == ([{"h": 50.0}], ())


@pytest.mark.parametrize(
    ("text", "value"),
    [("+ 12.5", 12.5), ("-  3", -3.0), ("\u22123.5", -3.5), ("25.4 °C", 25.4), ("77.72 °F", 25.4), ("298.55K", 25.4), ("1e1", 10.0)],
)
def test_numbers_as_devices_write_them(text: str, value: float) -> None:
    assert csv({"columns": ["t"], "fields": {"t": {"column": "t", "unit": "Cel"}}}, text.encode()).readings[0].fields == {"t": value}


def test_a_decimal_comma_and_runs_of_blanks() -> None:
    decoded = csv({"columns": ["t", "h"], "delimiter": " ", "decimal": ","}, b"   12,5 \t  71,2  \r\n")
    assert decoded.readings[0].fields == {"t": 12.5, "h": 71.2}


def test_marks_of_the_encoding_nul_bytes_and_control_characters_are_no_text() -> None:
    decoded = csv({"columns": ["name", "t"], "tags": {"device": "name"}}, b"\xef\xbb\xbfa,1\n\0\0b,2\0\n\x11c,3\x7f\n\0\n")
    assert [(reading.tags["device"], reading.fields["t"]) for reading in decoded.readings] == [("a", 1.0), ("b", 2.0), ("c", 3.0)]


def test_a_degree_sign_of_one_byte_says_which_option_reads_it() -> None:
    options: dict[str, object] = {"columns": ["t"], "fields": {"t": {"column": "t", "unit": "Cel"}}}
    assert "latin-1" in csv(options, b"25.4 \xb0C\n").refusals[0].reason
    assert csv({**options, "encoding": "latin-1"}, b"25.4 \xb0C\n").readings[0].fields == {"t": 25.4}


@pytest.mark.parametrize(
    "options",
    [
        {"columns": ["t"], "fields": {"t": {"column": "t", "unit": "m/s", "unit_codes": {"C": "Cel"}}}},
        {"columns": ["t"], "fields": {"t": {"column": "t", "unit": "furlong"}}},
        {"columns": ["t"], "fields": {"t": {"column": "t", "unit_column": "t"}}},
        {"columns": ["t"], "fields": {"t": {"column": "t", "unit": "m", "type": "int"}}},
        {"columns": ["t"], "fields": {"t": {"column": "t", "unit": "m", "unit_column": "nowhere"}}},
        {"columns": ["t"], "where": {"nowhere": "x"}},
        {"columns": ["t"], "status": {"column": "nowhere", "good": ["A"]}},
        {"columns": ["t"], "rows_before_header": 1},
    ],
)
def test_mappings_that_make_no_sense_are_config_errors(options: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        build_decoder("csv", options)
