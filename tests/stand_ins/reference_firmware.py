"""The reference firmware for an Uno, good and bad, built once for what its sources hold; and bundles of it."""

import random
from collections.abc import Sequence
from pathlib import Path

from firmware_bridge.board import build as building
from firmware_bridge.bundle.manifest import FieldExpected, Manifest, SensorExpected
from tests.simavr.build import cached_file
from tests.stand_ins.bundles import hex_file, manifest_of

GOOD, MUTE, LIES, SILENT = "0", "1", "2", "3"
"""FW_BAD of firmware/reference/main.c: MUTE never says hello, LIES says hello and what cannot be, SILENT says hello and nothing more."""
GARBAGE = "garbage"
INTERVAL_MS = 1000


def _field(name: str, unit: str, lowest: float | None = None, highest: float | None = None) -> FieldExpected:
    return FieldExpected(name=name, unit=unit, lowest=lowest, highest=highest)


def _sensor(name: str, measurement: str, *fields: FieldExpected) -> SensorExpected:
    return SensorExpected(name=name, measurement=measurement, interval_ms=INTERVAL_MS, fields=fields)


SENSORS: Sequence[SensorExpected] = (
    _sensor("dht", "weather", _field("temperature", "Cel", -10, 60), _field("humidity", "%")),
    _sensor("mains", "power", _field("voltage", "V", 2.4, 2.6)),
    _sensor("rain", "weather", _field("rain_total", "mm")),
)


def build_id(version: str, bad: str = GOOD) -> str:
    return f"b-{version}-{bad}"


def image(version: str, bad: str = GOOD) -> bytes:
    """Return the firmware as Intel HEX."""
    if bad == GARBAGE:
        return hex_file(code=random.Random(2).randbytes(7000))
    defines = {"FW_VERSION": f'"{version}"', "FW_BUILD": f'"{build_id(version, bad)}"', "FW_INTERVAL_MS": str(INTERVAL_MS), "FW_BAD": bad}

    def make(out: Path) -> None:
        built = out.with_suffix(".made.hex")
        building.build("reference", "atmega328p", built, defines)
        built.replace(out)

    sources = sorted(path for path in Path(building.__file__).parent.rglob("*") if path.suffix in (".c", ".h"))
    key = repr((defines, [path.read_bytes() for path in sources]))
    return cached_file(key, f"reference-{version}-{bad}.hex", make).read_bytes()


def reference(version: str, bad: str = GOOD) -> tuple[Manifest, dict[str, bytes]]:
    """Return what a bundle is made of."""
    images = {"app.hex": image(version, bad)}
    return manifest_of(images, version=version, build_id=build_id(version, bad), sensors=SENSORS), images
