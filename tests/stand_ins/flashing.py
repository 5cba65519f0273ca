"""Orders, bundles and command lines for flashing simulated boards."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from firmware_bridge.bundle.make import make_bundle
from firmware_bridge.bundle.manifest import FieldExpected, ImageEntry, Manifest, SensorExpected
from firmware_bridge.bundle.trust_folder import add_root
from tests.stand_ins.bundles import KEY, entry, manifest_of
from tests.stand_ins.esp32_image import make_image

WEATHER = SensorExpected(
    name="air",
    measurement="weather",
    interval_ms=500,
    fields=(FieldExpected(name="temperature", unit="Cel", lowest=-10, highest=60), FieldExpected(name="humidity", unit="%")),
)
_WITH_ENVIRONMENT = "import json, os, sys; os.environ.update(json.loads(sys.argv.pop(1))); from quanho.cli import main; sys.exit(main())"


def esp32_images(version: str = "1.2.0", project: str = "reference", size: int = 20_000) -> tuple[list[ImageEntry], dict[str, bytes]]:
    """Entries and contents of a boot loader and an application."""
    files = {"boot.bin": make_image(project="boot", size=4_000), "app.bin": make_image(version, project, size=size)}
    return [entry("boot.bin", files["boot.bin"], "bin", 0x1000), entry("app.bin", files["app.bin"], "bin", 0x10000)], files


def esp32_bundle(
    version: str = "1.2.0", project: str = "reference", size: int = 20_000, **changes: object
) -> tuple[Manifest, dict[str, bytes]]:
    """A manifest and its files, for the board that the simulated ESP32 says it is."""
    entries, files = esp32_images(version, project, size)
    plain: dict[str, object] = {"board": "esp32-devkit", "chip": "esp32", "flash_bytes": 4 << 20, "sensors": (WEATHER,), "version": version}
    return manifest_of({}, entries, **plain | changes), files


def written(folder: Path, manifest: Manifest, files: Mapping[str, bytes], name: str = "bundle.qhb") -> Path:
    """The bundle as a file, and beside it a trust folder that believes it."""
    if not (folder / "trust").exists():
        add_root(folder / "trust", KEY.public, "office", datetime.now(UTC))
    path = folder / name
    path.write_bytes(make_bundle(manifest, files, KEY))
    return path


class FlashCommand:
    """`quanho flash` as a program of its own. `programs` is the environment of the programs that it runs, not its own: a library that is
    preloaded into quanho too would toggle the lines of the simulated board when quanho opens the port."""

    def __init__(self, folder: Path, port: Path | str, programs: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self._programs = dict(programs or {})
        self._options = ["--port", str(port), "--trust", folder / "trust", "--state", folder / "state", "--outbox", folder / "outbox"]

    def start(self, *words: object, lang: str = "en") -> "subprocess.Popen[str]":
        command = [
            sys.executable,
            "-c",
            _WITH_ENVIRONMENT,
            json.dumps(self._programs),
            "--lang",
            lang,
            "flash",
            *map(str, (*words, *self._options)),
        ]
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(self.folder), "QUANHO_TECHNICIAN": str(self.folder / "technician")}
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=Path(__file__).resolve().parents[2],
        )

    def run(self, *words: object, lang: str = "en") -> "subprocess.CompletedProcess[str]":
        program = self.start(*words, lang=lang)
        out, err = program.communicate(timeout=60)
        return subprocess.CompletedProcess(words, program.returncode, out, err)


def json_lines(text: str) -> Sequence[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]
