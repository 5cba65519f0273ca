"""The catalogue: which measurements we know, and for each field its type, unit, plausible range and labels.

Other names are allowed and counted as uncatalogued. A new measurement is a file here and a row in MEASUREMENTS.
"""

import re
from collections.abc import Mapping

from telemetry.catalogue.air import AIR
from telemetry.catalogue.board_link import BOARD_LINK
from telemetry.catalogue.camera import CAMERA, CAMERA_EVENT
from telemetry.catalogue.common import OF_ANY_DEVICE, QUALITY
from telemetry.catalogue.device import DEVICE
from telemetry.catalogue.gateway import GATEWAY
from telemetry.catalogue.gnss import GNSS
from telemetry.catalogue.ledger import LEDGER
from telemetry.catalogue.lorawan import LORAWAN
from telemetry.catalogue.noise import NOISE
from telemetry.catalogue.power import POWER
from telemetry.catalogue.quantity import FieldType, Quantity
from telemetry.catalogue.soil import SOIL
from telemetry.catalogue.state import STATE
from telemetry.catalogue.ups import UPS
from telemetry.catalogue.vessel import VESSEL
from telemetry.catalogue.water_flow import WATER_FLOW
from telemetry.catalogue.water_level import WATER_LEVEL
from telemetry.catalogue.water_quality import WATER_QUALITY
from telemetry.catalogue.weather import WEATHER

__all__ = ["MEASUREMENTS", "FieldType", "Quantity", "find"]

MEASUREMENTS: Mapping[str, tuple[Quantity, ...]] = {
    "air": (*AIR, *OF_ANY_DEVICE),
    "weather": (*WEATHER, *OF_ANY_DEVICE),
    "water_level": (*WATER_LEVEL, *OF_ANY_DEVICE),
    "noise": (*NOISE, *OF_ANY_DEVICE),
    "power": (*POWER, *OF_ANY_DEVICE),
    "lorawan": (*LORAWAN, *OF_ANY_DEVICE),
    "soil": (*SOIL, *OF_ANY_DEVICE),
    "state": (*STATE, *OF_ANY_DEVICE),
    "device": (*DEVICE, *OF_ANY_DEVICE),
    "board_link": (*BOARD_LINK, QUALITY),
    "camera": (*CAMERA, *OF_ANY_DEVICE),
    "camera_event": (*CAMERA_EVENT, *OF_ANY_DEVICE),
    "water_quality": (*WATER_QUALITY, *OF_ANY_DEVICE),
    "water_flow": (*WATER_FLOW, *OF_ANY_DEVICE),
    "ups": (*UPS, *OF_ANY_DEVICE),
    "vessel": (*VESSEL, *OF_ANY_DEVICE),
    "gnss": (*GNSS, *OF_ANY_DEVICE),
    "gateway": (*GATEWAY, QUALITY),
    "ledger": (*LEDGER, QUALITY),
}

_BY_NAME = {(measurement, quantity.field): quantity for measurement, rows in MEASUREMENTS.items() for quantity in rows}
_PHASE = re.compile(r"_l[123]$")
_QUALITY_SUFFIX = "_quality"


def find(measurement: str, field: str) -> Quantity | None:
    """Return the row of a field, None when it is not catalogued.

    `voltage_l1` finds `voltage`, where that may be per phase; `<field>_quality` of a catalogued field finds the quality bits.
    """
    if found := _BY_NAME.get((measurement, field)):
        return found
    if field.endswith(_QUALITY_SUFFIX):
        return QUALITY if find(measurement, field.removesuffix(_QUALITY_SUFFIX)) else None
    found = _BY_NAME.get((measurement, _PHASE.sub("", field)))
    return found if found and found.is_per_phase else None
