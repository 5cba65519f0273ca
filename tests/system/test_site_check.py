"""`quanho site check` beside a real agent, broker and store: the plug is pulled by the agent itself, and the page can be verified."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image

from edge.config_file import load_agent_config
from edge.control_client import ask
from tests.stand_ins.fonts import NEEDS_FONT
from tests.system.agent_process import ROOT, AgentProcess, Street, servers


@contextmanager
def readings(street: Street) -> Iterator[None]:
    """Publish a plausible temperature ten times a second."""
    ended = threading.Event()

    def publish() -> None:
        number = 0
        while not ended.wait(0.1):
            number += 1
            street.publish_raw("roof", [json.dumps({"temperature": 26.5 + number % 7 / 10}).encode()])

    thread = threading.Thread(target=publish)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def site(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"QUANHO_TECHNICIAN": str(folder / "technician")}
    command = [sys.executable, "-m", "quanho", "--lang", "en", "site", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)


@NEEDS_FONT[1]
def test_site_is_accepted_after_a_pulled_plug_and_the_page_holds(tmp_path: Path) -> None:
    with servers(tmp_path) as (broker, influxd):
        street = Street(tmp_path / "one", broker.port, influxd.url, decoder={"measurement": "weather"})
        street.make_database()
        Image.new("RGB", (40, 30), "green").save(tmp_path / "roof.png")
        with AgentProcess(street.config) as agent, readings(street):
            words = ("check", "--config", str(street.config), "--technician", "Nguyễn Thị Hạnh", "--plug", "agent", "--outage", "2s")
            place = ("--lat", "21.121", "--lon", "105.966", "--photo", str(tmp_path / "roof.png"), "--out", str(tmp_path), "--json")
            done = site(tmp_path, *words, *place)
            assert done.returncode == 0, (done.stdout, done.stderr, agent.status())
            assert ask(load_agent_config(street.config).control_socket, {"command": "pause_uplink"}, 5.0)["left_s"] == 0
    answer = json.loads(done.stdout)
    codes = {finding["code"]: finding for finding in answer["record"]["findings"]}
    assert set(codes) == {"value-good", "clock-trusted", "uplink-delivers", "buffer-balanced", "alarm-not-offered", "place-given"}
    assert codes["buffer-balanced"]["facts"]["waiting"] >= 3
    assert codes["buffer-balanced"]["facts"]["outage_s"] >= 2
    files = {Path(file).suffix: Path(file) for file in answer["files"]}
    assert set(files) == {".json", ".html", ".pdf"}
    assert files[".pdf"].read_bytes().startswith(b"%PDF")
    for suffix in (".json", ".html"):
        assert site(tmp_path, "verify", str(files[suffix])).returncode == 0
    page = files[".html"].read_text(encoding="utf-8")
    files[".html"].write_text(page.replace("ACCEPTED", "REFUSED"), encoding="utf-8")
    changed = site(tmp_path, "verify", str(files[".html"]))
    assert (changed.returncode, "page around it was changed" in changed.stderr) == (5, True)
    listed = json.loads(site(tmp_path, "records", "list", "--json").stdout)
    assert [entry["id"] for entry in listed["waiting"]] == [answer["record"]["id"]]


def test_no_agent_is_said_and_nothing_is_written(tmp_path: Path) -> None:
    street = Street(tmp_path / "one", 1, "http://127.0.0.1:1")
    done = site(tmp_path, "check", "--config", str(street.config), "--plug", "skip", "--out", str(tmp_path))
    assert (done.returncode, "no agent answers" in done.stderr) == (1, True)
    assert not list(tmp_path.glob("site-check-*"))


pytestmark = pytest.mark.server
