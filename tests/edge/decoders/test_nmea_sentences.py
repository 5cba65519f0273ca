"""NMEA 0183 sentences of compasses, logs, survey receivers, echo sounders and weather stations, and the datum of positions."""

import pytest

from edge.decoders.nmea.decoder import NmeaDecoder
from edge.decoders.nmea.transducers import NAMES
from telemetry.catalogue import find
from tests.edge.decoders.test_nmea import say

RMC = "GPRMC,183731,A,3907.482,N,12102.436,W,000.0,360.0,080301,015.5,E"


@pytest.mark.parametrize(
    ("inner", "measurement", "fields"),
    [
        # gpsd, NMEA Revealed: VLW since NMEA 0183 V4.00 has the way over ground
        ("IIVLW,10.1,N,3.2,N,1.5,N,0,N", "gnss", (18705.2, 5926.4, 2778.0, 0.0)),
        ("IIVLW,115.2,N,12.3,N", "gnss", (213350.4, 22779.6)),
        ("HCHDG,98.3,0.0,E,12.6,W", "gnss", {"magnetic_variation": -12.6, "heading_magnetic": 98.3, "heading": 85.7}),
        ("HCHDG,1.0,3.0,W,,", "gnss", {"heading_magnetic": 358.0}),
        ("HCHDM,238.5,M", "gnss", {"heading_magnetic": 238.5}),
        ("HEROT,-3.5,A", "gnss", {"rate_of_turn": -3.5}),
        ("HEROT,-3.5,V", "", {}),
        (
            "GPGBS,112301.00,64.299,9.828,45.570,13,0.000,0.120,0.000",  # gpsd, test/daemon/sl869.log with a bias
            "gnss",
            {
                "raim_latitude_error": 64.299,
                "raim_longitude_error": 9.828,
                "raim_altitude_error": 45.57,
                "failed_satellite": 13.0,
                "failed_satellite_bias": 0.12,
            },
        ),
        (
            "GNGBS,112301.00,1.5,1.4,2.9,,,,,,",
            "gnss",
            {"raim_latitude_error": 1.5, "raim_longitude_error": 1.4, "raim_altitude_error": 2.9},
        ),
        ("IIVDR,205.0,T,192.4,M,0.9,N", "water_level", {"current_direction": 205.0, "velocity": 0.463}),
        (
            "VDCUR,A,1,2,15.5,215.3,T,1.5,10.0,180.5,T,P",
            "water_level",
            {"depth": 15.5, "current_direction": 215.3, "velocity": 0.771666666667},
        ),
        ("VDCUR,V,1,2,15.5,215.3,T,1.5,10.0,180.5,T,P", "", {}),
        ("VWVHW,115.1,T,128.0,M,3.0,N,5.6,K", "water_level", {"heading": 115.1, "heading_magnetic": 128.0, "velocity": 1.55555555556}),
        ("YXMTW,64.4,F", "water_level", {"water_temperature": 18.0}),
        ("WIMTA,17.9,C", "weather", {"temperature": 17.9}),
        (
            "PASHR,085335.000,224.19,T,-01.26,+00.83,+00.10,0.101,0.113,0.267,1,0",  # gpsd, "PASHR - RT300 proprietary roll and pitch"
            "gnss",
            {"heading": 224.19, "roll": -1.26, "pitch": 0.83, "heave": 0.1},
        ),
        (
            "PASHR,POS,0,03,183530.00,2037.76012,N,08704.07373,W,058.48,,359.4,000.0,+000.0,2.2,2.2,0.0,1.0,BQ00",  # gpsd, ac12
            "gnss",
            {
                "fix_valid": True,
                "satellites_used": 3.0,
                "latitude": 20.629335333,
                "longitude": -87.0678955,
                "altitude_ellipsoid": 58.48,
                "course": 359.4,
                "speed": 0.0,
                "climb": 0.0,
                "pdop": 2.2,
                "hdop": 2.2,
                "vdop": 0.0,
            },
        ),
        ("PASHR,MCA,07,0101,001", "", {}),
        ("PSRFEPE,053232.438,A,1.2,5.77,12.97,1.2,180.0", "gnss", {"horizontal_error": 5.77, "vertical_error": 12.97}),  # beidou-gb.log
        ("PSRFEPE,053229.438,V,,,,,", "", {}),
        (
            "PTNL,GGK,172814.00,071296,3723.46587704,N,12202.26957864,W,3,06,1.7,EHT-6.777,M",  # Trimble, NMEA-0183 message: PTNL,GGK
            "gnss",
            {
                "fix_valid": True,
                "satellites_used": 6.0,
                "latitude": 37.391097951,
                "longitude": -122.037826311,
                "pdop": 1.7,
                "altitude_ellipsoid": -6.777,
            },
        ),
        # Airmar PB100: chill and heat beside the pressure
        ("YXXDR,C,21.0,C,WCHR,C,20.5,C,WCHT,C,22.1,C,HINX,P,1.0106,B,STNP", "weather", (21.0, 20.5, 22.1, 1010.6)),
        ("YXXDR,A,5.2,D,PTCH,A,7.4,D,ROLL", "weather", {"pitch": 5.2, "roll": 7.4}),
        # SignalK, signalk-to-nmea0183
        ("IIXDR,C,18.2,C,ENV_WATER_T,C,28.69,C,ENV_OUTAIR_T,P,101400,P,ENV_ATMOS_P", "weather", (18.2, 28.69, 1014.0)),
        ("ERXDR,C,93.5,C,ENGINE#0,T,750,R,ENGINE#0", "weather", {"xdr_engine_0": 93.5, "xdr_engine_0_t": 750.0}),
        ("WIXDR,C,40.1,C,Box,C,21.5,C,TempAir", "weather", {"xdr_box": 40.1, "temperature": 21.5}),
    ],
)
def test_what_a_sentence_says(inner: str, measurement: str, fields: dict[str, float] | tuple[float, ...]) -> None:
    readings = say(inner).readings
    if isinstance(fields, tuple):
        assert tuple(readings[0].fields.values()) == fields
    else:
        assert [(reading.measurement, dict(reading.fields)) for reading in readings] == ([(measurement, fields)] if fields else [])
    uncatalogued = {name for reading in readings for name in reading.fields if find(reading.measurement, name) is None}
    assert {name for name in uncatalogued if not name.startswith("xdr_")} <= {"wind_chill_relative"}


def test_layers_of_a_current_are_told_apart() -> None:
    (reading,) = say("VDCUR,A,1,2,15.5,215.3,T,1.5,10.0,180.5,T,P").readings
    assert reading.tags == {"layer": "2"}


def test_survey_sentences_carry_their_date() -> None:
    (reading,) = say("PTNL,GGK,102939.00,051910,5000.97323841,N,00827.62010742,E,5,09,1.9,EHT150.790,M").readings
    assert (reading.time_ns or 0) // 10**9 == 1_274_264_979  # 2010-05-19T10:29:39Z


@pytest.mark.parametrize("datum", ["PGRMM,WGS 84", "GPDTM,W84,,0.0,N,0.0,E,0.0,W84", "GPDTM,W84,C"])
def test_positions_in_wgs84_stay_as_they_are(datum: str) -> None:
    decoder = NmeaDecoder()
    assert say(datum, decoder).is_understood
    (reading,) = say(RMC, decoder).readings
    assert (reading.fields["latitude"], reading.fields["longitude"], "datum" in reading.fields) == (39.1247, -121.0406, False)


def test_a_position_in_another_datum_is_brought_to_wgs84_by_the_offsets_told() -> None:
    decoder = NmeaDecoder()
    say("GPDTM,999,,0.08,N,0.07,E,-47.7,W84", decoder)  # u-blox 8 protocol description, DTM
    (reading,) = say(RMC, decoder).readings
    assert (reading.fields["latitude"], reading.fields["longitude"]) == (round(39.1247 - 0.08 / 60, 9), round(-121.0406 - 0.07 / 60, 9))
    say("GPDTM,W84,,0.0,N,0.0,E,0.0,W84", decoder)
    assert say(RMC, decoder).readings[0].fields.get("latitude", 39.1247) == 39.1247


@pytest.mark.parametrize(
    "datum", ["PGRMM,NAD27 Canada", "GPDTM,W72,,0.0,N,0.0,E,0.0,W84", "GPDTM,999,,,,,,,W84", "GPDTM,999,,5999.0,N,1.0,E,0,W84"]
)
def test_a_position_in_an_unknown_datum_is_left_out_aloud(datum: str) -> None:
    decoder = NmeaDecoder()
    say(datum, decoder)
    decoded = say(RMC, decoder)
    assert decoded.readings[0].fields == {"fix_valid": True, "speed": 0.0, "course": 360.0, "magnetic_variation": 15.5}
    assert ["datum" in refusal.reason for refusal in decoded.refusals] == [True]


def test_a_position_in_the_datum_of_a_continent_says_so() -> None:
    decoder = NmeaDecoder()
    say("PGRMM,NAD83", decoder)
    (reading,) = say(RMC, decoder).readings
    assert (reading.fields["latitude"], reading.fields["datum"]) == (39.1247, "NAD83")


def test_the_sky_of_qzss_by_its_own_talker_is_read() -> None:
    (reading,) = say("PQGSV,1,1,02,02,40,083,41,03,17,308,").readings
    assert (reading.tags["constellation"], reading.fields["satellites_heard"]) == ("qzss", 1.0)


def test_names_of_transducers_lead_to_catalogued_fields() -> None:
    inside = {"internal_temperature", "internal_humidity", "wind_chill_relative"}
    assert [field for field in NAMES.values() if field not in inside and find("weather", field) is None] == []


AIRMAR = (  # WeatherStations of Airmar as their owners logged them: mintsDataLoggerC1 (University of Texas at Dallas), a buoy's test data
    ("WIMDA,29.3882,I,0.9952,B,20.9,C,,,40.0,,6.7,C,,,,,,,,", {"pressure": 995.2, "temperature": 20.9, "humidity": 40.0, "dew_point": 6.7}),
    ("YXXDR,C,,C,WCHR,C,,C,WCHT,C,28.2,C,HINX,P,1.0090,B,STNP", {"heat_index": 28.2, "xdr_stnp": 1009.0}),
    ("YXXDR, A,0.1,D,PTCH, A,-2.0,D,ROLL", {"pitch": 0.1, "roll": -2.0}),
    ("YXXDR", {}),
    ("GPZDA,,,,", {}),
    ("GPVTG,,,,,,,,,N", {}),
    ("IIVWR,,,1.0,N,,,,", {"wind_speed": 0.514444444444}),  # SignalK, nmea0183-signalk test/VWR.ts
    ("IIVWR,024,L,018,N,,,,", {"wind_direction": 336.0, "wind_speed": 9.26}),
    ("IIVWR,024,,018,N,,,,", {"wind_speed": 9.26}),
    ("VDCUR,A,1,2,15.5,215.3,R,1.5,10.0,180.5,T,P", {"depth": 15.5, "velocity": 0.771666666667}),
    ("YXXDR,C,7,C", {"temperature": 7.0}),  # and test/XDR.js
    ("PASHR,225444.123,125.12,,12.45,11.91,,1.123,1.456,2.653,1,4", {"roll": 12.45, "pitch": 11.91}),  # and test/PASHR.js
)


@pytest.mark.parametrize(("inner", "fields"), AIRMAR)
def test_what_is_empty_in_a_real_log_is_left_out_and_refuses_nothing(inner: str, fields: dict[str, float]) -> None:
    decoded = say(inner)
    assert (dict(decoded.readings[0].fields) if decoded.readings else {}) == fields
    assert decoded.is_understood != bool(decoded.readings)
