"""NMEA 0183: what sentences say, when, and what is refused. Examples of the gpsd documentation and of the standard's own texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.decoders.decoder import Decoded
from edge.decoders.nmea.decoder import NmeaDecoder
from edge.decoders.table import build_decoder
from edge.framers.nmea import xor8
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
        ("SDDPT,2.4,0.3", "water_level", {"depth": 2.7}),
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
    assert say("PGRME,15.0,M,45.0,M,25.0,M").is_understood


@pytest.mark.parametrize(
    "inner", ["GPRMC,25", "GPGGA,123519,4867.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,", "GPGSV,x,1,08", "GPVTG,nan"]
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
