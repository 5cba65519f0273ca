"""What devices do that the standard does not say: by name, with its effect as data. A template names those of its device (`quirks`).

Each is of a device that somebody met, with the source. What a key of the template says already (max_registers, max_gap, order, invalid) is
no quirk. A device that does not answer the first request after a pause needs none either: who fails is asked once more at once.
"""

from collections.abc import Iterable
from typing import NamedTuple

from telemetry.nearest import instead_of


class Quirk(NamedTuple):
    """`gap_s`: silence before each request. `connect_s`: silence after a TCP connection is made. `general_id`: an id above 247 at which
    the device answers, whatever its own. `needs_blocks`: it answers whole blocks only, so the template has to list them (`block`).
    """

    text: str
    devices: str
    source: str
    gap_s: float = 0.0
    connect_s: float = 0.0
    general_id: int | None = None
    needs_blocks: bool = False


QUIRKS = {
    "whole_blocks": Quirk(
        "refuses a read that is not one of its blocks, from the first register of it to the last",
        "Hamilton Arc (VisiFerm DO, pH)",
        'Hamilton, pH ARC Sensors manual 624300/01, section 2.5.2.3: "You cannot read selectively the registers 3 and 4"',
        needs_blocks=True,
    ),
    "pause_100_ms": Quirk(
        "answers now and then only, where the next request comes sooner than 100 ms after an answer",
        "Eastron SDM120, SDM630",
        "github.com/openWB/core/pull/2184",
        gap_s=0.1,
    ),
    "pause_500_ms": Quirk(
        "starts anew where requests follow each other sooner than half a second",
        "Eastron SDM72D",
        "github.com/reaper7/SDM_Energy_Meter/issues/50",
        gap_s=0.5,
    ),
    "quiet_after_connect": Quirk(
        "loses what comes in the first second of a TCP connection",
        "Huawei SUN2000 behind its SDongle",
        "github.com/grid-x/modbus/pull/44; one second in evcc's template huawei-dongle",
        connect_s=1.0,
    ),
    "general_id_248": Quirk(
        "answers at id 248 (0xF8) whatever its own id is; for a line on which it is alone",
        "Peacefair PZEM-004T v3, PZEM-003, PZEM-017",
        'Peacefair, PZEM-004T V3.0 user manual, "general address"; github.com/mandulaj/PZEM-004T-v30/issues/17',
        general_id=248,
    ),
}


def check_quirks(names: Iterable[str]) -> None:
    """ValueError names a quirk that nobody knows, and those that are known."""
    for name in names:
        if name not in QUIRKS:
            raise ValueError(f"unknown quirk {name!r}; {instead_of(name, QUIRKS)}")


def combined(names: Iterable[str]) -> Quirk:
    """Return the effects of all of them together: of two silences the longer one."""
    found = [QUIRKS[name] for name in names]
    return Quirk(
        text="; ".join(one.text for one in found),
        devices="",
        source="",
        gap_s=max((one.gap_s for one in found), default=0.0),
        connect_s=max((one.connect_s for one in found), default=0.0),
        general_id=next((one.general_id for one in found if one.general_id is not None), None),
        needs_blocks=any(one.needs_blocks for one in found),
    )
