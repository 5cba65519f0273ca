"""Unos in simavr with the real avrdude: blank → bootloader → `quanho flash` → first reading → 2.0.0 through the agent → a bad 3.0.0 → back
on 2.0.0; a cable is pulled in the middle of each step, and the agent is killed."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from firmware_bridge.flash.causes import Cause
from firmware_bridge.ota.firmware import Firmware
from tests.edge.boards.site import remember, write_bundle, write_config
from tests.stand_ins.flashing import FlashCommand, json_lines, written
from tests.stand_ins.reference_firmware import GARBAGE, GOOD, LIES, MUTE, SILENT, build_id, image, reference
from tests.system.agent_process import AgentProcess
from tests.system.avr_lives import CHIP, FIRST_READING, HELLO, IDENTITY, SITE, VERIFY, WRITE, Gateway, Life, Uno

pytestmark = pytest.mark.server

LIVES = (
    Life("roof", "1.0.0", (CHIP, HELLO), "hello", LIES, "flash"),
    Life("mast", "1.0.0", (WRITE, FIRST_READING), "flash", SILENT, "hello"),
    Life("pond", "1.0.0", (VERIFY, IDENTITY), "watch", MUTE, "watch"),
    Life("gate", "0.9.0", (), "prepare", GARBAGE, ""),
)
PULLED = {
    CHIP: ("unplugged", "write", "half-written"),
    WRITE: ("unplugged", "write", "half-written"),
    VERIFY: ("unplugged", "write", "half-written"),
    HELLO: ("unplugged", "first-reading", "written"),
    FIRST_READING: ("unplugged", "first-reading", "written"),
    IDENTITY: ("unplugged", "identity", "written"),
}
WHY = {LIES: "implausible", SILENT: "silent", MUTE: "no hello", GARBAGE: "no hello"}


@pytest.fixture(scope="module")
def unos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Uno]]:
    """The boards, blank, and measuring."""
    folder = tmp_path_factory.mktemp("unos")
    with ExitStack() as stack:
        unos = {life.name: Uno(folder / life.name, life) for life in LIVES}
        for uno in unos.values():
            stack.enter_context(uno.board)
            uno.measures()
        yield unos


@pytest.fixture(scope="module")
def flashed(unos: dict[str, Uno], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What people saw while the boards were flashed, each interrupted where its life says so, and all finished by `quanho flash`."""
    folder = tmp_path_factory.mktemp("flashing")
    bundles = {version: written(folder, *reference(version), f"{version}.qhb") for version in ("1.0.0", "0.9.0")}
    gate, *others = reversed(unos.values())
    ports = {uno.life.name: uno.board.port for uno in reversed(others)} | {"none": folder / "gone"}
    rows = "".join(f"{name},{SITE},{port}\n" for name, port in ports.items())
    (folder / "tray.csv").write_text("device,site,port\n" + rows)
    words = ("--yes", "--json", "--blank")

    def pulled(uno: Uno) -> dict[str, Any]:
        return {moment: uno.flash_and_pull(moment, bundles["1.0.0"], folder) for moment in uno.life.flash}

    with ThreadPoolExecutor() as pool:
        one = FlashCommand(folder, gate.board.port).start(bundles["0.9.0"], "--device", "gate", "--site", SITE, *words)
        said: dict[str, Any] = {}
        for seen in pool.map(pulled, others):
            said |= seen
        tray = FlashCommand(folder, "-").run(bundles["1.0.0"], "--tray", folder / "tray.csv", *words)
        out, err = one.communicate(timeout=60)
    said["tray"] = (tray.returncode, json_lines(tray.stdout), tray.stderr)
    said["one"] = (one.returncode, json_lines(out), err)
    return said


def test_a_blank_board_is_proven_though_its_cable_is_pulled_in_the_middle_of_each_step(
    unos: dict[str, Uno], flashed: dict[str, Any]
) -> None:
    assert {moment: flashed[moment] for moment in PULLED} == PULLED
    code, lines, err = flashed["tray"]
    assert code == Cause.SOME_FAILED.value, (lines, err)
    rows = {row["device"]: row for row in lines[-1]["boards"]}
    assert [name for name, row in rows.items() if row["ok"]] == ["roof", "mast", "pond"], (rows, lines, err)
    assert rows["none"]["cause"] == "port-missing"
    code, alone, err = flashed["one"]
    assert code == 0, (alone, err)
    results = [alone[-1], *(line for line in lines if line["event"] == "result" and line["ok"])]
    assert len(results) == len(LIVES)
    for result in results:
        values = {name: value for reading in result["readings"] for name, value in reading["values"].items()}
        assert (values["temperature"], values["humidity"]) == (27.5, 71.0)
        assert values["voltage"] == pytest.approx(2.5, abs=0.01)
    assert all(name.encode() in uno.board.eeprom() for name, uno in unos.items())
    drawn = {bytes.fromhex(result["unique_id"]) for result in results}
    assert len(drawn) == len(LIVES), "a blank board draws its id while it is flashed"
    assert all(any(uid in uno.board.eeprom() for uno in unos.values()) for uid in drawn - {b""}), drawn
    assert b"" not in drawn


@pytest.mark.usefixtures("flashed")
def test_a_board_takes_a_good_update_and_comes_back_from_a_bad_one_though_its_cable_is_pulled_and_the_agent_is_killed(
    unos: dict[str, Uno], tmp_path: Path
) -> None:
    bundles = {}
    for bad in (GOOD, LIES, SILENT, MUTE, GARBAGE):
        manifest, images = reference("2.0.0" if bad == GOOD else "3.0.0", bad)
        bundles[bad] = write_bundle(tmp_path / f"{bad}.qhb", images, manifest)
    config = write_config(tmp_path, {name: uno.board.port for name, uno in unos.items()}, intervals=1, hello_s=12.0, grace_s=14.0)
    remember(tmp_path, Firmware("atmega328p-uno", "reference", "1.0.0", build_id("1.0.0")), {"app.hex": image("1.0.0")})
    gateway = Gateway(config)

    def pull(uno: Uno, version: str, step: str, which: str) -> None:
        gateway.wait_step(uno.life.name, version, step, which)
        uno.board.unplug()
        gateway.wait_absent(uno.life.name)
        uno.board.plug()

    def lives(uno: Uno) -> None:
        life = uno.life
        gateway.wait_speaks(life.name, life.first)
        gateway.begin(life.name, bundles[GOOD])
        pull(uno, "2.0.0", life.update, "new")
        ended = gateway.end_of(life.name)
        assert (ended["outcome"], ended["runs"]) == ("kept", "2.0.0"), (life, ended)
        gateway.begin(life.name, bundles[life.bad], despite=True)
        if life.back:
            pull(uno, "3.0.0", life.back, "previous")
        ended = gateway.end_of(life.name)
        assert (ended["outcome"], ended["runs"]) == ("went back", "2.0.0"), (life, ended)
        assert WHY[life.bad] in ended["why"], (life, ended)

    def killed(agent: AgentProcess) -> None:
        gateway.wait_step("gate", "3.0.0", "flash", "new")
        with gateway.stays:
            agent.kill()
            agent.start_at_once()

    with AgentProcess(config) as agent, ThreadPoolExecutor(len(LIVES) + 1) as pool:
        running = [pool.submit(killed, agent), *(pool.submit(lives, uno) for uno in unos.values())]
        try:
            for each in as_completed(running):
                each.result()
        finally:
            gateway.is_over.set()
