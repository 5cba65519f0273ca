"""Quirks: named in a template, and where each acts."""

import socket
import time
import tomllib
from pathlib import Path

import pytest
from pydantic import ValidationError

from edge.config import ModbusSource
from edge.decoders.table import build_decoder
from edge.modbus.field_row import FieldRow
from edge.modbus.frame import mbap, read_request, rtu, split_mbap
from edge.modbus.plan import reads_of
from edge.modbus.quirks import QUIRKS, combined
from edge.modbus.template import load_template, parse_template, template_names
from edge.sources.modbus import ModbusInput
from runtime.clock import SystemClock
from telemetry.errors import ConfigError
from tests.edge.modbus.maps import row, template
from tests.stand_ins.recording_intake import RecordingIntake
from tests.waiting import eventually


def test_an_unknown_quirk_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"unknown quirk 'whole_block'; did you mean 'whole_blocks'\? known: .*pause_100_ms"):
        template(row("a"), quirks=["whole_block"])


def test_every_quirk_says_whose_it_is_and_where_that_is_written() -> None:
    for quirk in QUIRKS.values():
        assert quirk.text
        assert quirk.devices
        assert quirk.source
        assert combined([name for name, one in QUIRKS.items() if one is quirk]) != combined([]), "a quirk without an effect"


def test_of_two_silences_the_longer_one_counts() -> None:
    both = combined(["pause_100_ms", "pause_500_ms", "general_id_248"])
    assert (both.gap_s, both.general_id) == (0.5, 248)


def test_a_device_of_whole_blocks_needs_them_listed_and_every_field_in_one() -> None:
    with pytest.raises(ConfigError, match=r"list them as \[\[block\]\]"):
        template(row("a", 3), quirks=["whole_blocks"])
    block = {"function": 3, "address": 0, "length": 4}
    assert template(row("a", 2, type="float32"), quirks=["whole_blocks"], block=[block])
    with pytest.raises(ConfigError, match="field b is in no block"):
        template(row("b", 3, type="float32"), quirks=["whole_blocks"], block=[block])
    with pytest.raises(ConfigError, match="longer than max_registers, 3"):
        template(row("a", 0), max_registers=3, block=[block])


def slave(unit: int, template_name: str) -> dict[str, object]:
    return {"id": unit, "device": f"d{unit}", "template": template_name}


def source(*slaves: dict[str, object], **more: object) -> ModbusSource:
    return ModbusSource.model_validate({"id": "bus", "kind": "modbus", "port": "/dev/none", "slave": list(slaves), **more})


def test_the_general_id_of_a_device_works_where_it_is_alone() -> None:
    assert source(slave(248, "pzem004t")).slave[0].id == 248
    for wrong in (slave(248, "xy_md02"), slave(249, "pzem004t")):
        with pytest.raises(ValidationError, match="names no general id"):
            source(wrong)
    with pytest.raises(ValidationError, match="answers for all others"):
        source(slave(248, "pzem004t"), slave(1, "xy_md02"))
    answer = "04 14 08fe 03e80000 08fc0000 00000000 01f4 0064 0000".replace(" ", "")
    payload = rtu(248, b"\x04\x00\x00\x00\x0a") + rtu(248, bytes.fromhex(answer))
    (reading,) = build_decoder("modbus", {"slaves": [slave(248, "pzem004t")]}).decode("", payload).readings
    assert reading.fields["voltage"] == 230.2


MAP = """
name = "slow"
vi = "x"
en = "x"
source = "x"
measurement = "own"
quirks = ["pause_500_ms", "quiet_after_connect"]
field = [{ name = "a", function = 3, address = 0 }, { name = "b", function = 3, address = 9 }]
"""


def test_a_device_is_left_alone_after_the_connection_and_before_each_request(tmp_path: Path) -> None:
    file = tmp_path / "slow.toml"
    file.write_text(MAP)
    intake, asked_s = RecordingIntake(), []
    with socket.create_server(("127.0.0.1", 0)) as server:
        given = source(slave(1, str(file)), port="", host="127.0.0.1", tcp_port=server.getsockname()[1])
        made = ModbusInput(given, intake, SystemClock())
        made.start()
        try:
            connection, _ = server.accept()
            accepted_s = time.monotonic()
            with connection:
                connection.settimeout(10)
                for _ in range(2):
                    ((transaction, _),) = split_mbap(connection.recv(1024)) or []
                    asked_s.append(time.monotonic())
                    connection.sendall(mbap(transaction, 1, b"\x03\x02\x00\x07"))
                eventually(lambda: intake.taken, within_s=10)
        finally:
            made.stop(5)
    assert asked_s[0] - accepted_s > 0.9  # the connection was there before it was accepted
    assert asked_s[1] - asked_s[0] >= 0.5


def test_ours_that_answer_whole_blocks_are_asked_for_nothing_else() -> None:
    asked = {name: reads_of(load_template(name)) for name in template_names() if load_template(name).effects.needs_blocks}
    assert set(asked) == {"hamilton_do", "hamilton_ph"}
    for spans in asked.values():
        assert [read_request(span).hex() for span in spans] == ["030829000a", "030969000a"]


def test_the_pages_name_every_map_every_quirk_and_every_key() -> None:
    docs = Path(__file__).parents[3] / "docs"
    sensors, spec = ((docs / name / "modbus.md").read_text(encoding="utf-8") for name in ("sensors", "specs"))
    maps = {name for line in sensors.splitlines() if line.startswith("| ") for name in line.split("|")[1].replace(",", " ").split()}
    assert set(template_names()) - maps == set()
    for name in (*QUIRKS, *FieldRow.model_fields):
        assert f"`{name}`" in spec or f"`{name}`," in spec, name


def test_the_map_that_the_page_shows_is_one() -> None:
    page = (Path(__file__).parents[3] / "docs/specs/modbus.md").read_text(encoding="utf-8")
    shown = page.split("```\n")[1]
    assert parse_template(tomllib.loads(shown), "docs").field[0].name == "wind_speed"
