"""A board on a gateway, from blank to a reading that InfluxDB has: `quanho flash --agent` beside the running agent."""

import json
from pathlib import Path

from firmware_bridge.flash.causes import Cause
from tests.stand_ins.esp32_rom import Esp32Rom
from tests.stand_ins.flashing import FlashCommand, esp32_bundle, json_lines, written
from tests.system.agent_process import AgentProcess, Street, servers
from tests.waiting import eventually

NAMED = ("--device", "tram-07", "--site", "bac-ninh", "--yes", "--blank")
QUICK = {"read_timeout_s": 0.1, "reopen_first_s": 0.05, "reopen_ceiling_s": 0.1}


def test_a_blank_board_of_a_running_gateway_is_done_when_the_core_has_its_reading_and_not_before(tmp_path: Path) -> None:
    bundle = written(tmp_path, *esp32_bundle())
    with servers(tmp_path / "servers") as (broker, influxd), Esp32Rom(tmp_path / "board", runs_link=True) as board:
        street = Street(tmp_path / "gateway", broker.port, influxd.url, source={"kind": "link", "port": str(board.port), **QUICK})
        with street.config.open("a") as config:
            config.write(f'\n[boards]\ntrust_dir = "{tmp_path}/trust"\n')
        street.make_database()
        influxd.stop()  # and not a database that is missing: what only a person can help is tried again after half a minute
        command = FlashCommand(tmp_path, board.port, board.environment)
        with AgentProcess(street.config, waits_for_sources=False):
            refused = command.run(bundle, *NAMED, "--json")
            assert refused.returncode == Cause.PORT_BUSY.value, refused.stderr
            waits = command.run(bundle, *NAMED, "--json", "--agent", street.config, "--core-s", "3")
            said = json_lines(waits.stdout)[-1]
            outcome = (waits.returncode, said["cause"], said["board"])
            assert outcome == (Cause.NOT_IN_CORE.value, "not-in-core", "proven"), waits.stdout + waits.stderr
            influxd.start()
            done = command.run(bundle, *NAMED, "--json", "--agent", street.config)
            assert done.returncode == 0, done.stdout + done.stderr
            assert json_lines(done.stdout)[-1]["was_done"]
            kept = [path.read_bytes() for path in (street.state_dir / "boards" / "images").glob("?" * 64)]
            assert sorted(kept) == sorted(esp32_bundle()[1].values()), "an update over the air has its way back without reading the chip"
            stored = street.query("SELECT temperature FROM weather WHERE device = 'tram-07'")
            assert stored
            eventually(lambda: len(street.query("SELECT temperature FROM weather WHERE device = 'tram-07'")) > len(stored), 15.0, "more")


def test_a_flash_that_is_killed_gives_the_port_back_to_the_agent(tmp_path: Path) -> None:
    bundle = written(tmp_path, *esp32_bundle(size=400_000))
    with servers(tmp_path / "servers") as (broker, influxd), Esp32Rom(tmp_path / "board", runs_link=True) as board:
        street = Street(tmp_path / "gateway", broker.port, influxd.url, source={"kind": "link", "port": str(board.port), **QUICK})
        street.make_database()
        with AgentProcess(street.config, waits_for_sources=False):
            command = FlashCommand(tmp_path, board.port, board.environment)
            program = command.start(bundle, *NAMED, "--json", "--agent", street.config)
            assert program.stdout is not None
            for line in map(json.loads, program.stdout):
                if line["event"] == "begin" and line["step"] == "write":
                    break
            program.kill()
            program.communicate()
            done = command.run(bundle, *NAMED, "--json", "--agent", street.config)
            assert done.returncode == 0, done.stdout + done.stderr
            assert street.query("SELECT temperature FROM weather WHERE device = 'tram-07'")
