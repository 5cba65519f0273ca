"""NMEA 0183: what sentences say, when, and what is refused. Examples of the gpsd documentation and of the standard's own texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.decoders.decoder import Decoded
from edge.decoders.nmea.decoder import NmeaDecoder
from edge.decoders.table import build_decoder
from edge.framers.checksums import xor8
from telemetry import quality
from telemetry.errors import RejectedError
from telemetry.point import Reading
from tests.edge.decoders.contract import check

RMC = "GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W"
RMC_2024 = "GNRMC,235959.50,A,2110.5000,N,10604.2500,E,1.0,90.0,311224,,,A"


def say(inner: str, decoder: NmeaDecoder | None = None, topic: str = "") -> Decoded:
    sentence = f"${inner}*{xor8(inner.encode()):02X}".encode()
    return (decoder or NmeaDecoder()).decode(topic, sentence)


def one(inner: str, decoder: NmeaDecoder | None = None) -> Reading:
    (reading,) = say(inner, decoder).readings
    return reading


def test_position_speed_and_time_of_a_fix() -> None:
    reading = one(RMC_2024)
    assert reading.fields == {"fix_valid": True, "latitude": 21.175, "longitude": 106.070833333, "speed": 0.514444, "course": 90.0}
    assert reading.time_ns == 1_735_689_599_500_000_000


def test_years_of_two_digits_turn_at_80() -> None:
    assert (one(RMC).time_ns or 0) // 10**9 == 764_426_119  # 1994-03-23T12:35:19Z


def test_time_of_day_takes_the_date_of_the_last_rmc_across_midnight() -> None:
    decoder = NmeaDecoder()
    gga = "GNGGA,{},2110.5000,N,10604.2500,E,1,08,0.9,12.4,M,-28.0,M,,"
    assert one(gga.format("235959.50"), decoder).time_ns is None
    assert say(RMC_2024, decoder)
    assert one(gga.format("235959.50"), decoder).time_ns == 1_735_689_599_500_000_000
    assert one(gga.format("000000.50"), decoder).time_ns == 1_735_689_600_500_000_000


def test_without_a_fix_there_is_no_position() -> None:
    assert one("GPGGA,123519,4807.038,N,01131.000,E,0,00,,,M,,M,,").fields == {"fix_quality": 0.0, "satellites_used": 0.0}
    assert one("GPRMC,123519,V,4807.038,N,01131.000,E,,,230394,,").fields == {"fix_valid": False}
    assert one("GNGNS,112257.00,3844.24011,N,00908.43828,W,NN,03,10.5,,,,").fields == {"fix_valid": False, "satellites_used": 3.0}


def test_the_sky_is_told_when_it_is_whole() -> None:
    decoder = NmeaDecoder()
    assert say("GPGSV,2,1,08,01,40,083,46,02,17,308,41,12,07,344,39,14,22,228,45", decoder).is_understood
    reading = one("GPGSV,2,2,08,16,22,228,,17,05,120,30,18,05,120,,20,05,120,21", decoder)
    assert reading.tags == {"constellation": "gps"}
    assert reading.fields == {"satellites_visible": 8.0, "satellites_heard": 6.0, "snr_mean": 37.0, "snr_max": 46.0}


def test_a_sky_with_a_sentence_missing_is_not_told() -> None:
    assert not say("GPGSV,2,2,08,16,22,228,,17,05,120,30").readings


@pytest.mark.parametrize(
    ("inner", "measurement", "fields"),
    [
        ("WIMWV,214.8,R,0.1,K,A", "weather", {"wind_direction": 214.8, "wind_speed": 0.0277777777778}),
        ("WIMWV,214.8,R,10.0,N,V", "", {}),
        ("WIMWD,10.1,T,10.1,M,12.0,N,6.2,M", "weather", {"wind_direction": 10.1, "wind_speed": 6.2}),
        ("WIMDA,29.7544,I,1.0076,B,35.5,C,,,42.1,,20.6,C,116.4,T,107.7,M,1.2,N,0.6,M", "weather", None),
        ("SDDBT,7.8,f,2.4,M,1.3,F", "water_level", {"depth": 2.4}),
        ("SDDBT,7.8,f,,M,,F", "water_level", {"depth": 2.37744}),
        ("INMTW,17.9,C", "water_level", {"water_temperature": 17.9}),
        (
            "WIXDR,C,19.52,C,TempAir,P,1.02481,B,Barometer,C,18.1,C,Box",
            "weather",
            {"temperature": 19.52, "pressure": 1024.81, "xdr_box": 18.1},
        ),
        ("GPVTG,054.7,T,034.4,M,005.5,N,010.2,K", "gnss", {"course": 54.7, "speed": 2.83333333333}),
        ("GPHDT,274.07,T", "gnss", {"heading": 274.07}),
    ],
)
def test_weather_and_water(inner: str, measurement: str, fields: dict[str, float] | None) -> None:
    readings = say(inner).readings
    if fields is None:
        fields = {"pressure": 1007.6, "temperature": 35.5, "humidity": 42.1, "dew_point": 20.6, "wind_direction": 116.4, "wind_speed": 0.6}
    assert [(reading.measurement, reading.fields) for reading in readings] == ([(measurement, fields)] if fields else [])


def test_kinds_that_nobody_reads_are_understood() -> None:
    assert say("GPTXT,01,01,02,hello").is_understood
    assert say("PMTKCHN,03404,26404").is_understood


def test_no_time_is_believed_without_a_fix() -> None:
    decoder = NmeaDecoder()
    assert one("GPRMC,123519,V,4807.038,N,01131.000,E,,,230394,,", decoder).time_ns is None
    assert say("GPZDA,123519,06,01,1980,,", decoder).is_understood
    assert one("GPGST,123519,1,,,,2.0,3.0,4.0", decoder).time_ns is None
    assert one("GNGGA,123520,2110.5000,N,10604.2500,E,1,08,0.9,12.4,M,-28.0,M,,", decoder).time_ns is None


def test_a_date_is_forgotten_over_a_gap() -> None:
    """A receiver that was off may have lost days: the time of day alone does not tell."""
    decoder = NmeaDecoder()
    gga = "GNGGA,{},2110.5000,N,10604.2500,E,1,08,0.9,12.4,M,-28.0,M,,"
    say(RMC_2024, decoder)
    assert one(gga.format("000900"), decoder).time_ns is not None
    assert one(gga.format("000859"), decoder).time_ns is not None
    assert one(gga.format("003000"), decoder).time_ns is None
    assert one(gga.format("003001"), decoder).time_ns is None


def test_a_late_sentence_of_the_second_before_midnight_keeps_its_day() -> None:
    decoder = NmeaDecoder()
    say("GNRMC,000000,A,2110.5000,N,10604.2500,E,1.0,90.0,010125,,,A", decoder)
    assert one("GNGST,235959,1,,,,2.0,3.0,4.0", decoder).time_ns == 1_735_689_599_000_000_000


def test_what_has_no_time_belongs_to_the_moment_named_last() -> None:
    decoder = NmeaDecoder()
    first = one(RMC_2024, decoder)
    assert one("GNGSA,A,3,03,19,27,13,,,,,,,,,2.75,2.56,1.00", decoder).time_ns == first.time_ns
    assert one("GNVTG,90.0,T,,M,1.0,N,1.9,K,A", decoder) == Reading("gnss", {}, {"course": 90.0}, first.time_ns)  # 1.9 km/h is not 1 kn
    assert one("GNRMC,000000.50,V,,,,,,,010125,,,N", decoder).time_ns is None
    assert one("GNGSA,A,1,,,,,,,,,,,,,,,", decoder) == Reading("gnss", {}, {"fix_mode": 1.0})
    assert one("GNVTG,80.0,T,,M,2.0,N,3.7,K,A", decoder).time_ns is None


def test_a_constellation_without_a_satellite_in_the_fix_does_not_void_it() -> None:
    decoder = NmeaDecoder()
    first = one(RMC_2024, decoder)
    assert say("GLGSA,A,1,,,,,,,,,,,,,,,", decoder).is_understood
    assert one("GPGSA,A,3,03,19,27,13,,,,,,,,,2.75,2.56,1.00", decoder).fields["fix_mode"] == 3.0
    assert one("GNVTG,90.0,T,,M,1.0,N,,K,A", decoder).time_ns == first.time_ns


def test_simulated_positions_are_marked() -> None:
    assert one("GPGGA,125106,3854.5087,N,07726.4523,W,8,10,2.0,268.8,M,-33.9,M,,").quality == quality.SIMULATED
    assert one(RMC_2024[:-1] + "S").quality == quality.SIMULATED
    assert one(RMC_2024).quality == quality.GOOD
    assert one("GNGNS,112257.00,3844.24011,N,00908.43828,W,SN,03,10.5,1.0,,,").quality == quality.SIMULATED
    assert one("GPGLL,4717.11634,N,00833.91297,E,124923.00,A,S").quality == quality.SIMULATED


def test_a_position_that_is_absent_says_nothing_of_a_fix() -> None:
    decoder = NmeaDecoder()
    assert say("GPGLL,,,,,123519", decoder).is_understood
    assert one("GPGST,123519,1,,,,2.0,3.0,4.0", decoder).time_ns is None
    say(RMC_2024, decoder)
    say("GPRMC,000000.50,V,,,,,,,010125,,,N", decoder)
    say("GPGLL,,,,,000001", decoder)
    assert one("GPGST,000001,1,,,,2.0,3.0,4.0", decoder).time_ns is None


def test_sentences_of_makers() -> None:
    reading = one("PUBX,00,081350.00,4717.113210,N,00833.915187,E,546.589,G3,2.1,2.0,0.007,77.52,0.007,,0.92,1.19,0.77,9,0,0")
    assert reading.fields == {
        "fix_valid": True,
        "latitude": 47.285220167,
        "longitude": 8.565253117,
        "altitude_ellipsoid": 546.589,
        "horizontal_error": 2.1,
        "vertical_error": 2.0,
        "speed": 0.00194444444444,
        "course": 77.52,
        "climb": -0.007,
        "hdop": 0.92,
        "vdop": 1.19,
        "satellites_used": 9.0,
    }
    assert one("PUBX,00,081350.00,0000.00000,N,00000.00000,E,0.000,NF,,,0,0,0,,99,99,99,0,0,0").fields == {
        "fix_valid": False,
        "satellites_used": 0.0,
    }
    assert one("PGRME,15.0,M,45.0,M,25.0,M").fields == {"horizontal_error": 15.0, "vertical_error": 45.0, "position_error": 25.0}


@pytest.mark.parametrize(
    ("inner", "reference", "depth"),
    [
        ("SDDPT,2.4,0.3", "surface", 2.7),
        ("SDDPT,2.4,-0.4", "keel", 2.0),
        ("SDDPT,2.4,", "", 2.4),
        ("SDDBT,7.8,f,2.4,M,1.3,F", "", 2.4),
        ("SDDBS,7.8,f,2.4,M,1.3,F", "surface", 2.4),
        ("SDDBK,7.8,f,2.4,M,1.3,F", "keel", 2.4),
    ],
)
def test_depths_say_from_where(inner: str, reference: str, depth: float) -> None:
    reading = one(inner)
    assert (reading.tags.get("reference", ""), reading.fields) == (reference, {"depth": depth})


def test_transducers_of_a_weather_transmitter_are_numbered() -> None:
    """Vaisala WXT536, User Guide M211840EN, examples of the XDR query."""
    assert one("WIXDR,A,302,D,0,A,320,D,1,A,330,D,2,S,0.1,M,0,S,0.2,M,1,S,0.2,M,2").fields == {
        "wind_direction_min": 302.0,
        "wind_direction": 320.0,
        "wind_direction_max": 330.0,
        "wind_speed_min": 0.1,
        "wind_speed": 0.2,
        "wind_gust": 0.2,
    }
    assert one("WIXDR,C,23.3,C,0,C,24.0,C,1,H,50.1,P,0,P,1009.5,H,0").fields == {
        "temperature": 23.3,
        "internal_temperature": 24.0,
        "humidity": 50.1,
        "pressure": 1009.5,
    }
    rain = one("WIXDR,V,0.02,M,0,Z,30,s,0,R,2.7,M,0,V,0.0,M,1,Z,0,s,1,R,0.0,M,1,R,6.3,M,2,R,0.0,M,3").fields
    assert (rain["rain_total"], rain["rain_rate"], rain["rain_rate_max"], rain["hail_total"]) == (0.02, 2.7, 6.3, 0.0)
    supervisor = one("WIXDR,C,20.4,C,2,U,12.0,N,0,U,12.5,V,1,U,3.460,V,2,G,HEL/___,,4").fields
    assert supervisor == {"heating_temperature": 20.4, "voltage": 12.0, "heating_voltage": 12.5, "reference_voltage": 3.46}


def test_transducers_are_named_by_the_config() -> None:
    decoder = build_decoder("nmea", {"transducers": {"ENV_OUTAIR_T": "temperature", "BILGE": "level"}})
    inner = "YXXDR,C,18.1,C,ENGINE,C,30.5,C,ENV_OUTAIR_T,D,0.12,M,BILGE"
    (reading,) = decoder.decode("", f"${inner}*{xor8(inner.encode()):02X}".encode()).readings
    assert reading.fields == {"xdr_engine": 18.1, "temperature": 30.5, "level": 0.12}


@pytest.mark.parametrize(
    ("inner", "fields"),
    [
        ("YXXDR,C,,C,WCHR,C,,C,WCHT,C,28.2,C,HINX,P,1.0090,B,STNP", {"heat_index": 28.2, "xdr_stnp": 1009.0}),  # Airmar: MDA has the air
        ("YDXDR,C,6.2,C,Sea_T,H,59.5,P,ENV_INSIDE_H", {"water_temperature": 6.2, "internal_humidity": 59.5}),  # Yacht Devices
        ("YXXDR,A,-2.5,D,PTCH,A,1.5,D,ROLL", {"pitch": -2.5, "roll": 1.5}),
        ("YXXDR,A,1.5,D,ROLL,A,-2.5,D,PTCH", {"pitch": -2.5, "roll": 1.5}),
        ("IIXDR,U,12.85,V,BAT_00,I,-13.59,A,BAT_00", {"xdr_bat_00": 12.85, "xdr_bat_00_i": -13.59}),
        ("IIXDR,C,61,C,ENGT,C,20,C,Air_Temp", {"xdr_engt": 61.0, "temperature": 20.0}),
        ("YXXDR,P,0.98966,B", {"pressure": 989.66}),
        ("WIXDR,C,022.0,C,", {"temperature": 22.0}),
    ],
)
def test_only_transducers_of_the_outside_air_are_the_weathers(inner: str, fields: dict[str, float]) -> None:
    assert one(inner).fields == fields


def test_a_temperature_in_another_unit_is_converted_or_refused() -> None:
    assert one("YXMTW,64.4,F").fields == {"water_temperature": 18.0}
    assert one("IIMTA,64.4,F").fields == {"temperature": 18.0}
    assert one("YXMTW,18.0").fields == {"water_temperature": 18.0}
    with pytest.raises(RejectedError, match="unknown unit 'X'"):
        say("YXMTW,18.0,X")


def test_a_message_may_hold_several_sentences_and_a_bad_one_costs_no_other() -> None:
    lines = [f"${inner}*{xor8(inner.encode()):02X}" for inner in (RMC_2024, "GNVTG,90.0,T,,M,1.0,N,,K,A", "GPTXT,01,01,02,hello")]
    told = NmeaDecoder().decode("", "\r\n".join([*lines, "$GPHDT,274.07,T*00", ""]).encode())
    assert [reading.time_ns for reading in told.readings] == [1_735_689_599_500_000_000] * 2
    assert ["wrong checksum" in refusal.reason for refusal in told.refusals] == [True]


@pytest.mark.parametrize("end", ["", "\r\n", "\n", "\r"])
def test_a_space_inside_a_sentence_does_not_end_it(end: str) -> None:
    inner = "WIXDR,C,21.5,C,Air Temp"
    told = NmeaDecoder().decode("", f"${inner}*{xor8(inner.encode()):02X}{end}".encode())
    assert [reading.fields for reading in told.readings] == [{"temperature": 21.5}]
    assert not told.refusals


@pytest.mark.parametrize("sky", ["1,1,-5,01,10,100,40", "1,1,1_0,01,10,100,40", "1,1,100,01,10,100,40"])
def test_a_sky_of_impossible_numbers_is_refused(sky: str) -> None:
    with pytest.raises(RejectedError, match="GPGSV"):
        say(f"GPGSV,{sky}")


@pytest.mark.parametrize("strength", ["42.5", "-", "9" * 400])
def test_a_strength_that_is_none_costs_the_sky_nothing_else(strength: str) -> None:
    fields = one(f"GPGSV,1,1,02,01,10,100,{strength},02,20,200,40").fields
    assert fields == {"satellites_visible": 2.0, "satellites_heard": 1.0, "snr_mean": 40.0, "snr_max": 40.0}


def test_kinds_that_nobody_reads_are_counted() -> None:
    decoder = NmeaDecoder()
    for inner in ("GPTXT,01,01,02,hello", "GPTXT,01,01,02,hello", "PMTKCHN,03404,26404"):
        say(inner, decoder)
    assert decoder.skipped == {"GPTXT": 2, "PMTKCHN": 1}


def test_no_checksum_is_taken_only_where_asked_for() -> None:
    old = b"$WIMWV,214.8,R,0.1,M,A"
    assert build_decoder("nmea", {"needs_checksum": False}).decode("", old).readings
    with pytest.raises(RejectedError, match="checksum"):
        NmeaDecoder().decode("", old)


@pytest.mark.parametrize(
    "inner",
    [
        "GPRMC,25",
        "GPGGA,123519,4867.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,",
        "GPGSV,x,1,08",
        "GPVTG,nan",
        "GPDTM,999,,x,N,0.07,E,-47.7,W84",
        "GPDTM,999,,0.1,X,0.07,E,-47.7,W84",
        "HCHDG,98.3,1.0,X,,",
        "PTNL,GGK,1",
    ],
)
def test_broken_fields_refuse_the_sentence_by_name(inner: str) -> None:
    with pytest.raises(RejectedError, match=inner.split(",")[0]):
        say(inner)


def test_a_wrong_checksum_is_refused() -> None:
    with pytest.raises(RejectedError, match="checksum"):
        NmeaDecoder().decode("", b"$GPHDT,274.07,T*00")


@given(
    st.sampled_from(["GGA", "RMC", "GSV", "GNS", "MDA", "XDR", "ZDA", "GSA", "VTG"]),
    st.lists(st.text("0123456789.-NSEWAVT,", max_size=6), max_size=24),
)
def test_any_fields_decode_or_are_rejected(kind: str, fields: list[str]) -> None:
    inner = f"GP{kind},{','.join(fields)}"
    check(build_decoder("nmea", {}), f"${inner}*{xor8(inner.encode()):02X}".encode())
