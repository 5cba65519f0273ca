"""A gateway in this process with one board on a link, and bundles for it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from edge.agent import Agent
from edge.boards.updater import BoardUpdater, MakeHands
from edge.config_file import load_agent_config
from firmware_bridge.bundle.keys import SigningKey
from firmware_bridge.bundle.make import make_bundle
from firmware_bridge.bundle.manifest import Manifest
from firmware_bridge.ota.firmware import Firmware, Piece
from firmware_bridge.ota.images import ImageStore
from tests.stand_ins.bundles import KEY
from tests.waiting import eventually

SOURCE = "roof"
_HEAD = """
[gateway]
site = "bn"
id = "gw"
state_dir = "{folder}/state"
[clock]
trust = "host"
[uplink]
kind = "file"
folder = "{folder}/out"
[boards]
{table}
"""
_SOURCE = """
[[source]]
id = "{name}"
kind = "link"
port = "{port}"
read_timeout_s = 0.1
reopen_first_s = 0.05
reopen_ceiling_s = 0.2
"""


def write_config(folder: Path, port: Path | Mapping[str, Path], **boards: object) -> Path:
    """Write a config with a link source on each port, a file uplink, and a trust folder that believes the tests' key."""
    keys = folder / "trust" / "keys"
    keys.mkdir(parents=True)
    (keys / "office.pub").write_bytes(KEY.public.pem())
    table = "".join(f"{key} = {value!r}\n" for key, value in {"trust_dir": str(folder / "trust"), **boards}.items())
    text = _HEAD.format(folder=folder, table=table)
    for name, path in ({SOURCE: port} if isinstance(port, Path) else port).items():
        text += _SOURCE.format(name=name, port=path)
    config = folder / "edge.toml"
    config.write_text(text, encoding="utf-8")
    return config


def write_bundle(path: Path, images: Mapping[str, bytes], manifest: Manifest, key: SigningKey = KEY) -> Path:
    path.write_bytes(make_bundle(manifest, images, key))
    return path


def remember(folder: Path, firmware: Firmware, images: Mapping[str, bytes], addresses: Mapping[str, int] = MappingProxyType({})) -> None:
    """Have the gateway know these images, as after an update to them: they need not be read from the chip."""
    store = ImageStore(folder / "state" / "boards" / "images")
    kind = "bin" if addresses else "hex"
    pieces = [Piece(name, kind, addresses.get(name, 0), len(data), store.put(data, ())) for name, data in images.items()]
    store.know(replace(firmware, pieces=tuple(pieces)))


@contextmanager
def running(config: Path, make_hands: MakeHands | None = None, stop_s: float = 10.0) -> Iterator[Agent]:
    agent = Agent(load_agent_config(config))
    if make_hands is not None:
        boards = agent.config.boards
        agent.boards = BoardUpdater(boards, agent.config.gateway.state_dir, agent.clock, agent._link_source, make_hands)  # noqa: SLF001
    agent.start()
    try:
        yield agent
    finally:
        agent.drain(stop_s / 2)
        agent.stop(stop_s)


def view(agent: Agent) -> Mapping[str, object]:
    """What the gateway knows of its board."""
    link = agent._link_source(SOURCE)  # noqa: SLF001
    assert link is not None
    return link.view()


def wait_version(agent: Agent, version: str, within_s: float = 20.0) -> None:
    eventually(lambda: view(agent)["is_open"] and view(agent)["version"] == version, within_s, f"version {version} speaks: {view(agent)}")


def last_update(agent: Agent) -> Mapping[str, Any]:
    return agent.boards.by_board()[SOURCE]


def wait_end(agent: Agent, within_s: float = 40.0) -> Mapping[str, Any]:
    """Return the update of the board once it has ended."""
    eventually(lambda: last_update(agent)["outcome"], within_s, f"an end of {last_update(agent)}")
    return last_update(agent)


NOW = datetime.now(UTC).replace(microsecond=0)
