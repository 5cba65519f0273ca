"""Which moment a sentence belongs to: receivers that send some ahead of their time, clocks at their edges, several receivers, noise."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from edge.decoders.nmea.decoder import NmeaDecoder
from edge.decoders.nmea.moment import clock_of
from edge.decoders.table import build_decoder
from edge.framers.checksums import xor8
from edge.framers.table import build_framer
from telemetry.point import Reading

S_NS = 1_000_000_000
MIDNIGHT_2025_NS = 1_735_689_600 * S_NS
GGA = "GNGGA,{},2110.5000,N,10604.2500,E,1,08,0.9,12.4,M,-28.0,M,,"
RMC = "GNRMC,{},A,2110.5000,N,10604.2500,E,{},{},{},,,A"

# The research vessel Ronald H. Brown, 10 Hz: VTG and ZDA stand ahead of the RMC of their second.
# downloads.psl.noaa.gov/psd3/cruises/AEROSE_2009/RHB/flux/Raw/09261/gps00926112_raw.txt
SHIP = (
    "GPRMC,120000.90,A,3241.95473753,N,07945.69448603,W,10.80,300.34,180909,7.4,W,D",
    "GPVTG,300.30,T,307.75,M,10.80,N,20.00,K,D",
    "GPZDA,120001.00,18,09,2009,00,00",
    "GPRMC,120001.00,A,3241.95489005,N,07945.69479353,W,10.80,300.30,180909,7.4,W,D",
    "GPRMC,120001.10,A,3241.95504184,N,07945.69509832,W,10.80,300.71,180909,7.4,W,D",
    "GPRMC,120001.90,A,3241.95624524,N,07945.69755853,W,10.80,299.63,180909,7.4,W,D",
    "GPVTG,299.68,T,307.13,M,10.81,N,20.01,K,D",
    "GPZDA,120002.00,18,09,2009,00,00",
    "GPRMC,120002.00,A,3241.95639419,N,07945.69786539,W,10.81,299.68,180909,7.4,W,D",
    "GPRMC,120002.10,A,3241.95654542,N,07945.69817618,W,10.80,300.35,180909,7.4,W,D",
)


def told(decoder: NmeaDecoder, inners: Sequence[str]) -> list[Reading]:
    readings: list[Reading] = []
    for inner in inners:
        readings += decoder.decode("", f"${inner}*{xor8(inner.encode()):02X}".encode()).readings
    return readings


def test_a_sentence_that_a_receiver_sends_ahead_waits_for_its_moment() -> None:
    decoder = NmeaDecoder()
    told(decoder, SHIP)
    ahead = ["GPVTG,287.05,T,302.97,M,11.98,N,22.18,K,D", "GPZDA,120003.00,18,09,2009,00,00"]
    after = told(decoder, [*ahead, "GPRMC,120003.00,A,3241.95,N,07945.69,W,11.98,287.05,180909,7.4,W,D"])
    assert {reading.time_ns for reading in after} == {1_253_275_203 * S_NS}
    assert after[0].fields["course"] == 287.05


def test_a_sentence_whose_place_cannot_be_learned_may_be_said_to_stand_ahead() -> None:
    """A VS100 compass: HDT opens the second, GST ends it, and nothing in HDT is told twice (gps02004107_raw.txt of ATOMIC 2020)."""
    second = (
        "GPHDT,{}.65,T",
        "GPGGA,0700{:02}.00,1351.02499975,N,05451.62966161,W,2,05,2.1,-0.2,M,-40.8,M,6.0,0138",
        "GPRMC,0700{:02}.00,A,1351.02499975,N,05451.62966161,W,0.76,58.61,100220,16.7,W,D",
        "GPGST,0700{:02}.00,1.73,3.46,1.19,317.72,2.68,2.49,3.59",
    )
    lines = [line.format(number) for number in range(10, 13) for line in second]
    decoder = build_decoder("nmea", {"ahead": ["HDT"]})
    assert isinstance(decoder, NmeaDecoder)
    headings = {reading.fields["heading"]: reading.time_ns for reading in told(decoder, lines) if "heading" in reading.fields}
    assert [((time_ns or 0) // S_NS) % 60 for time_ns in headings.values()] == [0, 11, 12]  # the first came before any fix
    assert list(headings) == [10.65, 11.65, 12.65]


def receiver(ahead: Sequence[str], behind: Sequence[str], courses: Sequence[float]) -> list[str]:
    lines: list[str] = []
    for second, course in enumerate(courses):
        said = {
            "GSA": f"GNGSA,A,3,03,19,27,13,,,,,,,,,2.75,{course / 10:.2f},1.00",
            "VTG": f"GNVTG,{course:.1f},T,,M,{course / 10:.1f},N,,K,A",
            "GSV": f"GPGSV,1,1,01,01,40,083,{10 + second}",
            "HDT": f"GNHDT,{10 + second}.0,T",
        }
        clock = f"1200{second:02}.00"
        timed = [
            f"GNRMC,{clock},A,2110.5,N,10604.2,E,{course / 10:.1f},{course:.1f},010125,,,A",
            f"GNGGA,{clock},2110.5,N,10604.2,E,1,08,{course / 10:.2f},12.4,M,,M,,",
        ]
        lines += [said[kind] for kind in ahead] + timed + [said[kind] for kind in behind]
    return lines


@given(
    st.permutations(["GSA", "GSV", "VTG", "HDT"]),
    st.integers(0, 4),
    st.lists(st.integers(10, 350).map(float), min_size=8, max_size=12, unique=True),
)
def test_what_is_sent_ahead_or_behind_comes_to_its_moment_once_the_order_is_known(kinds: list[str], at: int, courses: list[float]) -> None:
    ahead, behind = kinds[:at], kinds[at:]
    lines = receiver(ahead, behind, courses)
    readings = told(NmeaDecoder(), lines)
    run = [*behind, *ahead]  # between the last sentence with a time and the next one
    first_ahead, last_behind = len(behind), len(behind) - 1
    knows = [kind in {"GSA", "VTG"} for kind in run]  # they tell twice, the others go with their neighbours
    anchor = max((place for place in range(len(behind)) if knows[place]), default=-1)
    is_split = anchor == last_behind or not any(knows[first_ahead:])
    sure = {kind for place, kind in enumerate(run) if knows[place] or (is_split and (any(knows[first_ahead:]) or not ahead))}
    start_ns = MIDNIGHT_2025_NS + 43_200 * S_NS
    for reading in readings:
        assert reading.time_ns is None or 0 <= reading.time_ns - start_ns < len(courses) * S_NS
        second = ((reading.time_ns or 0) - start_ns) // S_NS
        if second < 4:
            continue  # it learns
        if "GSA" in sure and "pdop" in reading.fields:
            assert reading.fields.get("hdop", round(courses[second] / 10, 2)) == round(courses[second] / 10, 2)
        if "GSV" in sure and "snr_max" in reading.fields:
            assert reading.fields["snr_max"] == 10 + second
        if "HDT" in sure and "heading" in reading.fields:
            assert reading.fields["heading"] == 10 + second
        if "course" in reading.fields:
            assert reading.fields["course"] == courses[second]


def test_a_neighbour_that_is_known_later_to_trail_takes_others_along() -> None:
    """The HDOP stands still at first: only VTG is known to lead, and GSV and GSA seem to go with it."""
    courses = [10.0, 200.0, 30.0, 250.0, 50.0, 300.0, 90.0, 310.0, 20.0, 220.0]
    lines = receiver(["VTG"], ["GSV", "GSA"], courses)
    still = [line.replace(f"{course / 10:.2f}", "1.00") for line, course in zip(lines, [c for c in courses for _ in range(5)], strict=True)]
    readings = told(NmeaDecoder(), [*still[:20], *lines[20:]])
    skies = {reading.fields["snr_max"]: reading.time_ns for reading in readings if "snr_max" in reading.fields}
    assert [skies[10.0 + second] for second in (8, 9)] == [MIDNIGHT_2025_NS + (43_200 + second) * S_NS for second in (8, 9)]


def test_nothing_is_lost_while_a_sentence_waits() -> None:
    courses = [10.0, 200.0, 30.0, 250.0, 50.0, 300.0]
    readings = told(NmeaDecoder(), receiver(["GSV", "VTG"], [], courses))
    skies = [reading.fields["snr_max"] for reading in readings if "snr_max" in reading.fields]
    assert skies == [10.0 + second for second in range(len(courses))]


def test_what_waits_when_the_line_goes_dead_is_not_told_as_new() -> None:
    decoder = NmeaDecoder()
    told(decoder, receiver(["VTG", "HDT"], [], [10.0, 200.0, 30.0, 250.0, 50.0]))
    assert told(decoder, ["GNVTG,99.0,T,,M,9.9,N,,K,A", "GNHDT,15.0,T"]) == []
    after = told(decoder, [RMC.format("130000.00", "1.0", "90.0", "010125")])
    (heading,) = [reading for reading in after if "heading" in reading.fields]
    assert heading.time_ns == MIDNIGHT_2025_NS + (43_200 + 5) * S_NS


def test_24_00_and_a_leap_second_are_the_first_moment_of_the_next_day() -> None:
    for clock in ("240000.00", "235960.00"):
        decoder = NmeaDecoder()
        assert told(decoder, [RMC.format(clock, "1.0", "90.0", "311224")])[0].time_ns == MIDNIGHT_2025_NS
        assert told(decoder, [GGA.format("000001.00")])[0].time_ns == MIDNIGHT_2025_NS + S_NS
    assert clock_of("235960.99") == 86_400.99


def test_a_date_that_turned_by_the_clock_is_not_turned_back_by_a_late_sentence() -> None:
    decoder = NmeaDecoder()
    told(decoder, [RMC.format("235959.00", "1.0", "90.0", "311224"), GGA.format("000000.00")])
    (late,) = told(decoder, [RMC.format("235959.90", "1.0", "90.0", "311224")])
    assert late.time_ns == MIDNIGHT_2025_NS - S_NS // 10


def test_a_receiver_whose_week_number_ran_over_tells_the_last_century() -> None:
    (reading,) = told(NmeaDecoder(), [RMC.format("120000.00", "1.0", "90.0", "220899")])
    assert (reading.time_ns or 0) // S_NS == 935_323_200  # 1999-08-22: outside the window of every source


def test_skies_of_several_talkers_and_signals_may_be_interleaved() -> None:
    lines = [
        "GPGSV,2,1,05,01,40,083,46,02,17,308,41,12,07,344,39,14,22,228,45,1",
        "GAGSV,1,1,02,02,17,308,30,12,07,344,,7",
        "GPGSV,2,1,05,01,40,083,36,02,17,308,31,12,07,344,,14,22,228,,6",
        "GPGSV,2,2,05,16,22,228,20,1",
        "GBGSV,1,1,00,1",
        "GPGSV,2,2,05,16,22,228,,6",
    ]
    skies = {(r.tags["constellation"], r.tags["signal"]): r.fields["satellites_heard"] for r in told(NmeaDecoder(), lines)}
    assert skies == {("galileo", "7"): 1.0, ("gps", "1"): 5.0, ("beidou", "1"): 0.0, ("gps", "6"): 2.0}


def test_lower_case_checksums_and_long_lines_count() -> None:
    inner = "WIXDR," + ",".join(f"C,{number}.5,C,T{number}" for number in range(18))
    line = f"${inner}*{xor8(inner.encode()):02x}\r\n".encode()
    assert 82 < len(line) < 250
    framer = build_framer(build_decoder("nmea", {}).framing)
    assert [frame + b"\r\n" for frame in framer.feed(line)] == [line]


@given(st.lists(st.binary(max_size=40).map(lambda noise: noise.translate(None, b"$!\\")), min_size=4, max_size=4), st.integers(1, 60))
def test_sentences_survive_binary_protocols_between_them_and_any_chunks(noise: list[bytes], size: int) -> None:
    inners = [RMC.format("120000.00", "1.0", "90.0", "010125"), GGA.format("120000.00"), "GNVTG,90.0,T,,M,1.0,N,,K,A"]
    lines = [f"${inner}*{xor8(inner.encode()):02X}".encode() for inner in inners]
    stream = b"".join(binary + line + b"\r\n" for binary, line in zip(noise, lines, strict=False)) + noise[-1]
    framer = build_framer(build_decoder("nmea", {}).framing)
    frames = [frame for at in range(0, len(stream), size) for frame in framer.feed(stream[at : at + size])]
    assert frames == lines


def test_an_endless_moment_is_bounded() -> None:
    decoder = NmeaDecoder()
    told(decoder, receiver(["VTG"], [], [10.0, 200.0, 30.0, 250.0]))
    readings = told(decoder, [f"GNHDT,{number % 360}.0,T" for number in range(500)])
    assert sum(reading.time_ns is None for reading in readings) >= 450
