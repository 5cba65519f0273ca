"""One row of the catalogue."""

from dataclasses import dataclass
from typing import Literal

FieldType = Literal["float", "int", "bool", "string"]


@dataclass(frozen=True, slots=True)
class Quantity:
    """A field that we know: its stored type never changes, `unit` is a code of telemetry/units.py ("" for none).

    Outside `low` to `high` (both included, None for no limit) a value is physically implausible or beyond what the sensors in
    use can report: it is stored and marked out of range. These are no alarm limits and no legal limits. `is_per_phase` fields
    may carry the suffix _l1, _l2 or _l3. `is_counter` fields only grow, until the device starts again.
    """

    field: str
    type: FieldType
    unit: str
    low: float | None
    high: float | None
    vi: str
    en: str
    is_per_phase: bool = False
    is_counter: bool = False

    def is_plausible(self, value: float) -> bool:
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)
