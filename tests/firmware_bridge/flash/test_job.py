"""A board from blank to proven, and everything that can stop it on the way. The programs and the port are real."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from firmware_bridge.bundle.manifest import Manifest
from firmware_bridge.bundle.open import Bundle
from firmware_bridge.flash.causes import Cause, FlashError
from firmware_bridge.flash.job import FlashJob, Happened, Order, Papers
from firmware_bridge.flash.plan import Step, Wish
from firmware_bridge.flash.target import load_target
from telemetry.said import as_is
from tests.stand_ins.bundles import entry, manifest_of
from tests.stand_ins.esp32_rom import Esp32Rom
from tests.stand_ins.flashing import WEATHER, esp32_bundle
from tests.stand_ins.uf2_drive import Uf2Drive, make_uf2

pytestmark = pytest.mark.server

TARGET = load_target("esp32").model_copy(update={"hello_s": 3.0, "first_reading_s": 3.0, "installed_s": 3.0})
WISH = Wish(device="tram-07", site="bac-ninh", has_record=False)


def bundle_of(made: tuple[Manifest, dict[str, bytes]]) -> Bundle:
    manifest, files = made
    return Bundle(manifest, files, "key", hashlib.sha256(manifest.model_dump_json().encode()).hexdigest())


def order(board: Esp32Rom, folder: Path, made: tuple[Manifest, dict[str, bytes]] | None = None, **changes: object) -> Order:
    plain: dict[str, object] = {
        "target": TARGET,
        "port": str(board.port),
        "bundle": bundle_of(made or esp32_bundle()),
        "wish": WISH,
        "folder": folder / "state",
        "environment": board.environment,
        "is_blank": True,
    }
    return Order(**{**plain, **changes})  # type: ignore[arg-type]


def steps(seen: list[Happened]) -> list[str]:
    return [one.step for one in seen if one.event == "begin"]


def test_a_board_is_proven_and_named_once_and_a_twin_on_its_port_is_not_taken_for_it(tmp_path: Path) -> None:
    with Esp32Rom(tmp_path, runs_link=True, flash_file=tmp_path / "flash") as board:
        seen: list[Happened] = []
        outcome = FlashJob(order(board, tmp_path), seen.append).run()
        assert steps(seen) == ["plan", "write", "first-reading", "identity"]
        assert outcome.state.readings[0].values == {"temperature": 27.4, "humidity": 81.5}
        assert (outcome.state.unique_id, outcome.state.mac) == ("240ac4123456", "24:0a:c4:12:34:56")
        before, resets = board.flash, board.reset_count

        again: list[Happened] = []
        assert FlashJob(order(board, tmp_path), again.append).run().was_done
        assert steps(again) == ["confirm"]
        assert board.flash[0x10000:0x20000] == before[0x10000:0x20000]
        assert board.reset_count == resets

        job = FlashJob(order(board, tmp_path, esp32_bundle("1.1.9"), is_blank=False), lambda _: None)
        with pytest.raises(FlashError) as caught:
            job.run()
        assert (caught.value.cause, caught.value.step, job.board) == (Cause.DOWNGRADE, "plan", "untouched")
        assert board.flash[0x10000:0x20000] == before[0x10000:0x20000]

    with Esp32Rom(tmp_path, runs_link=True, flash_file=tmp_path / "flash", mac=bytes(range(6))) as twin:
        seen = []
        outcome = FlashJob(order(twin, tmp_path, is_blank=False), seen.append).run()
        assert not outcome.was_done, "another board on the same port is not taken for the one that is done"
        assert "write" in steps(seen)
        assert (outcome.state.unique_id, outcome.state.previous) == (bytes(range(6)).hex(), "reference 1.2.0")


def test_a_firmware_whose_readings_cannot_be_true_is_written_and_not_done(tmp_path: Path) -> None:
    manifest, files = esp32_bundle(project="reference-absurd")
    with Esp32Rom(tmp_path, runs_link=True) as board:
        job = FlashJob(order(board, tmp_path, (manifest, files)), lambda _: None)
        with pytest.raises(FlashError, match="temperature is 851") as caught:
            job.run()
    assert (caught.value.cause, caught.value.step, job.board) == (Cause.IMPLAUSIBLE, "first-reading", "written")


def test_a_paper_that_cannot_be_written_costs_no_second_flash(tmp_path: Path) -> None:
    def full(_: object) -> None:
        raise FlashError(Cause.RECORD_FAILED, as_is("the disk is full"))

    wish = Wish(device="tram-07", site="bac-ninh", has_record=False, has_label=True)
    with Esp32Rom(tmp_path, runs_link=True) as board:
        with pytest.raises(FlashError) as caught:
            FlashJob(order(board, tmp_path, wish=wish, papers=Papers(label=full)), lambda _: None).run()
        assert caught.value.step == Step.LABEL
        labels: list[str] = []
        seen: list[Happened] = []
        papers = Papers(label=lambda outcome: labels.append(outcome.state.unique_id))
        FlashJob(order(board, tmp_path, wish=wish, papers=papers), seen.append).run()
        assert steps(seen) == ["confirm", "label"]
        assert labels == ["240ac4123456"]


def test_a_bundle_for_a_larger_flash_is_refused_and_the_board_goes_on_running(tmp_path: Path) -> None:
    with Esp32Rom(tmp_path, runs_link=True) as board:
        before = board.flash
        with pytest.raises(FlashError, match="needs 8388608 bytes") as caught:
            FlashJob(order(board, tmp_path, esp32_bundle(flash_bytes=8 << 20)), lambda _: None).run()
        assert caught.value.cause is Cause.TOO_LARGE
        assert board.flash == before
        assert not board.is_waiting_for_download


def test_a_port_that_a_program_has_open_is_not_touched_and_the_program_is_named(tmp_path: Path) -> None:
    script = "import sys; port = open(sys.argv[1], 'rb', buffering=0); print('open', flush=True); sys.stdin.read()"
    with Esp32Rom(tmp_path, runs_link=True) as board:
        with subprocess.Popen([sys.executable, "-c", script, board.port], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
            assert holder.stdout is not None
            holder.stdout.readline()
            with pytest.raises(FlashError, match=f"pid {holder.pid}") as caught:
                FlashJob(order(board, tmp_path), lambda _: None).run()
            holder.communicate()
        assert caught.value.cause is Cause.PORT_BUSY
        assert board.reset_count <= 1


def test_a_pico_is_proven_on_the_port_that_appears_when_its_drive_has_left(tmp_path: Path) -> None:
    content = make_uf2("1.2.0")
    manifest = manifest_of({}, [entry("app.uf2", content, "uf2")], board="rpi-pico", chip="rp2040", flash_bytes=2 << 20, sensors=(WEATHER,))
    with Uf2Drive(tmp_path, runs_link=True) as board:
        pico = Order(
            target=load_target("rp2040"),
            port=str(board.port),
            drive=str(board.drive),
            bundle=bundle_of((manifest, {"app.uf2": content})),
            wish=WISH,
            folder=tmp_path / "state",
        )
        outcome = FlashJob(pico, lambda _: None).run()
        assert outcome.state.unique_id == "e6614103e7452d2f"
        assert outcome.state.done[-1] is Step.IDENTITY
        assert FlashJob(pico, lambda _: None).run().was_done
