"""The disk is full and has room again; the spool is another agent's; the state folder cannot be used."""

import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from edge.spool.files import Files
from quanho.demo.servers import Influxd, Mosquitto
from tests.faults.real_disk import FullDisk
from tests.system.agent_process import AgentProcess, Street, connected, edge_command, monotonic_s, running, servers
from tests.waiting import eventually

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Mosquitto, Influxd]]:
    with servers(tmp_path_factory.mktemp("disk")) as running:
        yield running


class FillableDisk(Protocol):
    """Somewhere for a state folder."""

    @property
    def folder(self) -> Path: ...

    @property
    def files(self) -> Files | None: ...

    def fill(self) -> None: ...

    def empty(self) -> None: ...


class SmallTmpfs:
    """A real file system of 8 MiB, filled by a file that is not ours."""

    files = None

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        with self._ballast.open("wb", buffering=0) as file:
            try:
                while file.write(b"\0" * 4096):
                    pass
            except OSError:
                return

    def empty(self) -> None:
        self._ballast.unlink()


class InjectedDisk:
    """For users who may not mount: ENOSPC from the files of the spool."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = FullDisk()

    def fill(self) -> None:
        self.files.is_full = True

    def empty(self) -> None:
        self.files.is_full = False


@pytest.fixture(params=["tmpfs", "injected"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FillableDisk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    if request.param == "injected":
        yield InjectedDisk(folder)
        return
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)], capture_output=True, text=True, check=False)
    if mount.returncode:
        pytest.skip(f"no file system can be mounted here ({mount.stderr.strip()}); the same test runs with an injected ENOSPC")
    yield SmallTmpfs(folder)
    subprocess.run(["umount", str(folder)], check=True)


def make_street(site: tuple[Mosquitto, Influxd], folder: Path, state_dir: Path, **source: object) -> Street:
    little = {"memory_bytes": 1 << 20}  # some 13,000 readings
    street = Street(folder, site[0].port, site[1].url, gateway={"state_dir": str(state_dir)}, spool=little, source=source)
    street.state_dir = state_dir
    street.make_database()
    return street


def test_a_full_disk_acknowledges_nothing_and_goes_on_when_there_is_room(
    site: tuple[Mosquitto, Influxd], tmp_path: Path, disk: FillableDisk
) -> None:
    street = make_street(site, tmp_path, disk.folder / "state")
    with running(street.agent(disk.files)) as agent:
        connected(agent)
        street.publish(range(100))
        street.wait_stored(100)
        site[1].freeze()  # while the store takes readings, delivered ones make room
        disk.fill()
        street.publish_raw("d1", [b"poison", *(b'{"n": %d}' % number for number in range(100, 30_000))])
        eventually(lambda: agent.writer.state.trouble, 20.0, "the writer complains")
        stored = agent.totals().stored
        site[1].thaw()
        disk.empty()
        street.publish(range(30_000, 30_100))
        street.wait_stored(30_100)
        assert not agent.writer.state.trouble
    assert stored < 30_000
    street.check_stored(range(30_100))
    assert street.set_aside_payloads() == {"poison": 1}
    assert street.ledger() == {"decoder rejected": 1}


def test_a_disk_full_for_longer_than_the_keepalive_loses_and_doubles_nothing(site: tuple[Mosquitto, Influxd], tmp_path: Path) -> None:
    disk = InjectedDisk(tmp_path)
    street = make_street(site, tmp_path, tmp_path / "state", keepalive_s=5)
    with running(street.agent(disk.files)) as agent:
        connected(agent)
        disk.fill()
        street.publish(range(30_000))
        began_s = monotonic_s()
        eventually(lambda: agent.writer.state.trouble and monotonic_s() - began_s > 9.0, 20.0, "one and a half times the keep-alive")
        assert agent.totals().received < 30_000, "the source waits"
        disk.empty()
        street.publish(range(30_000, 30_100))
        street.wait_stored(30_100)
    street.check_stored(range(30_100))


def test_an_agent_told_to_stop_while_the_disk_is_full_ends_and_the_next_one_has_it_all(
    site: tuple[Mosquitto, Influxd], tmp_path: Path
) -> None:
    disk = InjectedDisk(tmp_path)
    street = make_street(site, tmp_path, tmp_path / "state")
    agent = street.agent(disk.files)
    agent.start()
    connected(agent)
    disk.fill()
    street.publish(range(20_000))
    eventually(lambda: agent.writer.state.trouble, 20.0)
    agent.drain(1.0)
    agent.stop(5.0)
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith(("mqtt", "spool-writer", "uplink"))] == []
    disk.empty()
    with running(street.agent()):
        street.wait_stored(20_000)
    street.check_stored(range(20_000))
    assert street.ledger() == {}


def test_a_second_agent_on_one_spool_refuses_and_names_the_first(site: tuple[Mosquitto, Influxd], tmp_path: Path) -> None:
    street = make_street(site, tmp_path, tmp_path / "state")
    with AgentProcess(street.config) as agent:
        second = edge_command("run", street.config)
        assert second.returncode == 1
        assert f"another agent (process {agent.pid}) uses this spool" in second.stderr
        assert "Traceback" not in second.stderr
        street.publish(range(100))
        street.wait_stored(100)
    street.check_stored(range(100))


def test_a_state_folder_that_cannot_be_made_is_refused_with_a_way_out(site: tuple[Mosquitto, Influxd], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    street = make_street(site, tmp_path, tmp_path / "file" / "state")
    refused = edge_command("run", street.config)
    assert refused.returncode == 1
    assert "make the folder writable, or name another in gateway.state_dir" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert str(tmp_path / "file" / "state") in refused.stderr
