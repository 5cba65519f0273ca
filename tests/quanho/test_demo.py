"""The parts of the demo that need no server."""

import gzip
import os
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from edge.config_file import load_agent_config
from edge.decoders.table import build_decoder
from edge.normalise import Normaliser
from firmware_bridge.link.messages import Data, Hello, SensorField, SensorSet, wire
from quanho import lang
from quanho.demo.account import UNKNOWN, draw_up
from quanho.demo.avr import AvrBoard, NoBoard, Reader
from quanho.demo.charts import bar, curve
from quanho.demo.cuts import is_cut_due
from quanho.demo.devices import SERIAL, SOURCE_OF, STREET, Device, Voice
from quanho.demo.edge_config import config_text, file_uplink, influx_uplink
from quanho.demo.picture import save_picture
from quanho.demo.plain import line
from quanho.demo.scene import Phase, Scene
from quanho.demo.serial_line import SerialLine
from quanho.demo.store import FileStore
from quanho.demo.tally import Tally
from quanho.demo.view import render
from quanho.demo.watch import Look, SourceLook
from telemetry import catalogue, quality
from telemetry.errors import RejectedError

NOON_NS = 1_760_000_000_000_000_000
SIZES = [(80, 24), (100, 30), (118, 26), (200, 60)]
SOURCES = ("air", "river")
OWNERS = {"air-01": "air", "dap-cau": "river"}


@pytest.fixture(params=lang.LANGUAGES)
def _language(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUANHO_LANG", request.param)


def config_file(folder: Path, uplink: str, broker_port: int | None) -> Path:
    path = folder / "edge.toml"
    path.write_text(config_text(folder, uplink, broker_port, folder / "tty-dust", folder / "tty-river"), encoding="utf-8")
    return path


# -- the board ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("program", ["", "/nowhere/avr_host"])
def test_a_board_that_cannot_be_had_is_left_out_with_the_reason(program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUANHO_AVR_HOST", program)
    with pytest.raises(NoBoard, match="QUANHO_AVR_HOST"):
        AvrBoard(tmp_path, Tally(), lambda: 12.0)


def test_readings_of_a_board_are_counted_once_however_often_their_frame_is_sent() -> None:
    reader = Reader()
    voltage = SensorSet(0, "power", (SensorField(0, "voltage", "V", -3),))
    one, other = (wire(Data(seq, 0, bytes([0, 0, 2, 0, 5, 4]))) for seq in (0, 1))
    said = wire(Hello(7)) + wire(voltage) + b"noise\0" + one + other + one
    assert sum(reader.passed(bytes([byte])) for byte in said) == 4
    assert reader.passed(wire(Hello(8)) + one) == 2, "another start of the board"


# -- the street ----------------------------------------------------------------------------------------------------------


def test_the_street_has_twenty_mqtt_devices_and_two_serial_ones() -> None:
    assert len(STREET) >= 20
    assert {device.source for device in SERIAL} == {"dust", "river"}
    assert len(SOURCE_OF) == len(STREET) + len(SERIAL)


@pytest.mark.parametrize("device", [*STREET, *SERIAL], ids=lambda device: device.id)
def test_the_agent_makes_of_each_message_what_the_simulator_counts(device: Device, tmp_path: Path) -> None:
    """A whole day of every device through the real config, decoder and normaliser."""
    voice = Voice(device, 1)
    config = load_agent_config(config_file(tmp_path, influx_uplink("http://127.0.0.1:8086", "demo"), 1883))
    settings = next(source for source in config.source if source.id == device.source)
    options = dict(settings.decoder)
    topics = list(settings.topics) if settings.kind == "mqtt" else []
    decoder = build_decoder(str(options.pop("kind")), options, topics)
    normaliser = Normaliser(settings.id, config.gateway.site, config.gateway.id, settings.normalise)
    topic = voice.device.topic if settings.kind == "mqtt" else ""
    for at in range(200):
        arrival_ns = NOON_NS + at * 500_000_000
        message = voice.next(at * 24.0 / 200.0, arrival_ns // 1_000_000)
        points, is_refused = [], False
        try:
            decoded = decoder.decode(topic, message.payload)
            made = [normaliser.normalise(reading, arrival_ns) for reading in decoded.readings]
            points = [one.point for one in made if one.point is not None]
            is_refused = bool(decoded.refusals) or any(one.refusals for one in made)
        except RejectedError:
            is_refused = True
        assert (len(points), int(is_refused)) == (message.readings, message.faults), message.payload
        for point in points:
            assert point.tags["device"] == voice.device.id
            odd = quality.OUT_OF_RANGE | quality.IMPLAUSIBLE_JUMP
            assert int(point.fields["quality"]) & ~odd == quality.SIMULATED
            assert all(catalogue.find(point.measurement, name) for name in point.fields), point


def test_the_water_level_is_stored_in_metres(tmp_path: Path) -> None:
    config = load_agent_config(config_file(tmp_path, file_uplink(tmp_path), None))
    settings = next(source for source in config.source if source.id == "river")
    options = dict(settings.decoder)
    decoder = build_decoder(str(options.pop("kind")), options)
    normaliser = Normaliser("river", "site", "gateway", settings.normalise)
    (reading,) = decoder.decode("", b"WL=+248 BAT=12.61").readings
    point = normaliser.normalise(reading, NOON_NS).point
    assert point is not None
    assert (point.fields["level"], point.fields["battery"]) == (2.48, 12.61)


def test_the_same_seed_says_the_same() -> None:
    def said(seed: int) -> list[bytes]:
        voice = Voice(STREET[0], seed)
        return [voice.next(7.0, at).payload for at in range(20)]

    assert said(1) == said(1)
    assert said(1) != said(2)


def test_without_a_broker_the_config_has_the_serial_sources_alone(tmp_path: Path) -> None:
    config = load_agent_config(config_file(tmp_path, file_uplink(tmp_path / 'a "quoted" folder'), None))
    assert [source.id for source in config.source] == ["dust", "river"]


def test_a_serial_line_counts_only_lines_that_left_in_full(tmp_path: Path) -> None:
    device = SerialLine(tmp_path / "tty")
    for _ in range(400):
        device.say(b"x" * 97)
    left = device.pump()
    assert 0 < left < 400, "the line takes about 4 KiB"
    assert device.pending == 400 - left
    port = os.open(tmp_path / "tty", os.O_RDWR | os.O_NOCTTY)
    read = b""
    while device.pending:
        read += os.read(port, 65536)
        device.pump()
    while read.count(b"\n") < 400:
        read += os.read(port, 65536)
    os.close(port)
    device.close()
    assert read == (b"x" * 97 + b"\r\n") * 400


# -- the account ---------------------------------------------------------------------------------------------------------


def test_the_account_balances_when_everything_is_where_it_belongs() -> None:
    account = draw_up(SOURCES, {"air": 5, "river": 2}, {"air": 1}, {"air-01": 5, "dap-cau": 2}, {"air": 1}, OWNERS)
    assert account.is_balanced
    assert account.explained() == []
    assert account.to_json()["total"] == {
        "source": account.total.source,
        "produced": 8,
        "bad_on_purpose": 1,
        "stored": 7,
        "set_aside": 1,
        "difference": 0,
    }


@pytest.mark.parametrize(
    ("stored", "set_aside", "difference"),
    [
        ({"air-01": 4, "dap-cau": 2}, {"air": 1}, 1),  # lost
        ({"air-01": 6, "dap-cau": 2}, {"air": 1}, 1),  # doubled
        ({"air-01": 5, "dap-cau": 2}, {}, 1),  # a fault vanished
        ({"air-01": 4, "dap-cau": 2}, {"air": 2}, 2),  # a good reading set aside: the sums agree, the places do not
        ({"air-01": 4, "dap-cau": 3}, {"air": 1}, 2),  # lost here, doubled there: the totals agree
        ({"air-01": 5, "dap-cau": 2, "ghost": 1}, {"air": 1}, 1),
        ({"air-01": 5, "dap-cau": 2}, {"air": 1, "ghost": 1}, 1),
    ],
)
def test_the_account_names_whatever_is_not_where_it_belongs(stored: dict[str, int], set_aside: dict[str, int], difference: int) -> None:
    account = draw_up(SOURCES, {"air": 5, "river": 2}, {"air": 1}, stored, set_aside, OWNERS)
    assert account.difference == difference
    assert not account.is_balanced
    assert len(account.explained()) == difference


def test_a_run_that_produced_nothing_does_not_count_as_balanced() -> None:
    assert not draw_up(SOURCES, {}, {}, {}, {}, OWNERS).is_balanced


def test_a_trouble_spoils_a_balanced_account() -> None:
    assert not draw_up(SOURCES, {"air": 1}, {}, {"air-01": 1}, {}, OWNERS, ["the agent ended with exit code 1"]).is_balanced


def test_points_of_an_unknown_device_have_a_row_of_their_own() -> None:
    account = draw_up(SOURCES, {"air": 1}, {}, {"air-01": 1, "ghost": 3}, {}, OWNERS)
    assert (account.rows[-1].source, account.rows[-1].stored) == (UNKNOWN, 3)


def member(*lines: str) -> bytes:
    return gzip.compress("".join(f"{line}\n" for line in lines).encode())


def test_files_are_counted_by_whole_members_and_each_point_once(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    path = tmp_path / "2025-10-09.lp.gz"
    first = member("air,device=a,site=s pm10=1,quality=32i 1", "gateway,device=g up=true 1")
    second = member("air,device=a,site=s pm10=1,quality=32i 1", "air,device=a,site=s pm10=1,quality=32i 2", "noise,device=b laeq=50 1")
    path.write_bytes(first + second[:-4])
    assert store.count() == {"a": 1}
    path.write_bytes(first + second)
    assert store.count() == {"a": 2, "b": 1}
    assert store.count() == {"a": 2, "b": 1}


# -- the view ------------------------------------------------------------------------------------------------------------


def scene(*, away: bool = False, phase: Phase = Phase.RUNNING) -> Scene:
    names = ("air", "noise", "power", "weather", "dust", "river")
    sources = tuple(SourceLook(name, "mqtt", name != "river", 20.5, 12_345, 12_340, 5, "") for name in names)
    look = Look(
        elapsed_s=42.0,
        hour=7.3,
        produced=1_000_000,
        sources=sources,
        is_agent_there=True,
        is_uplink_up=not away,
        server="" if away else "influxdb 1.6.7 http://127.0.0.1:18086",
        trouble="unreachable: connection refused " * 5 if away else "",
        depth=1234,
        oldest_s=12.0,
        depths=tuple(range(0, 1234, 11)),
        stored=None if away else 999_999,
        last_stored=999_000,
        stored_rate=64.0,
        set_aside=25,
        values={("air", "air-01", "pm2_5"): (31.0, 32.5), ("water_level", "dap-cau", "level"): (2.48,)},
    )
    return Scene(look, phase, is_store_away=away, run_s=90.0)


def drawn(shown: Scene, width: int, height: int) -> list[str]:
    console = Console(width=width, height=height, color_system=None, legacy_windows=False)
    lines = console.render_lines(render(shown, width, height), console.options.update(height=height))
    assert all(sum(segment.cell_length for segment in one) == width for one in lines)
    return ["".join(segment.text for segment in one) for one in lines]


@pytest.mark.usefixtures("_language")
@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("away", [False, True])
def test_the_view_fills_the_screen_and_shows_everything(width: int, height: int, away: bool) -> None:
    screen = drawn(scene(away=away), width, height)
    assert len(screen) == height
    text = "\n".join(screen)
    vi = lang.current() == "vi"
    wanted = [
        "quanho",
        "PM2.5",
        "32,5 µg/m³" if vi else "32.5 µg/m³",
        "2,48 m" if vi else "2.48 m",
        "1.234" if vi else "1,234",
        "00:42 / 01:30",
    ]
    if away:
        wanted += ["kho dữ liệu bị ngắt – kho đệm đang đầy dần" if vi else "store cut – the spool is filling", "○", "≥ 999"]
    else:
        wanted += ["999.999" if vi else "999,999", "influxdb 1.6.7"]
    assert [word for word in wanted if word not in text] == []


@pytest.mark.usefixtures("_language")
def test_the_view_can_be_drawn_before_the_first_look() -> None:
    assert len(drawn(Scene(Look()), 80, 24)) == 24
    assert line(Scene(Look()))


def test_a_terminal_that_is_too_small_does_not_end_the_run() -> None:
    assert len(drawn(scene(), 40, 10)) == 10


def test_the_picture_is_well_formed_and_keeps_its_diacritics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("QUANHO_LANG", "vi")
    save_picture(scene(away=True), tmp_path / "demo.svg")
    svg = (tmp_path / "demo.svg").read_text(encoding="utf-8")
    assert svg.startswith("<svg ")
    assert svg.endswith("</svg>\n")
    assert ">đệm<" in svg
    assert "#f06262" in svg.partition("<g ")[2], "in colour, whatever NO_COLOR says"


@given(st.floats(-1.0, 2.0), st.integers(1, 80))
def test_a_bar_is_as_wide_as_asked_and_shows_a_sliver_for_little(share: float, width: int) -> None:
    drawn_bar = bar(share, width)
    assert len(drawn_bar) == width
    assert (drawn_bar.strip() != "") == (share > 0.0)


@given(st.lists(st.floats(0.0, 1e9), max_size=300), st.integers(1, 120), st.integers(1, 8))
def test_a_curve_has_the_size_asked_for(values: list[float], width: int, height: int) -> None:
    assert [len(row) for row in curve(values, width, height)] == [width] * height


def test_a_curve_shows_a_peak_however_many_values_share_a_column() -> None:
    assert curve([0.0] * 55 + [9.0] + [0.0] * 44, 10, low=0.0) == ["▁▁▁▁▁█▁▁▁▁"]


# -- the cut -------------------------------------------------------------------------------------------------------------


@given(st.floats(3.0, 600.0))
def test_every_run_with_a_cut_has_one_and_ends_without(run_s: float) -> None:
    away = [is_cut_due(at * run_s / 1000.0, run_s) for at in range(1001)]
    assert any(away)
    assert not away[0]
    assert not any(away[-15:])


def test_an_open_run_is_cut_again_and_again() -> None:
    away = [is_cut_due(float(second), None) for second in range(200)]
    assert sum(after and not before for before, after in pairwise(away)) == 4
