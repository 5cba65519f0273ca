"""Which names a statement may use: fields and tags of its measurements, or the columns and tags of the statements inside it.

Tags are those of docs/specs/wire.md: `site`, `gateway` and `device` of every point, and the few that decoders add.
"""

import re
from collections.abc import Mapping

from dashboards.influxql.statement import Call, Expression, Field, Measurement, Statement, parts
from telemetry.catalogue import MEASUREMENTS, find

EVERY_TAG = frozenset({"site", "gateway", "device"})
MORE_TAGS: Mapping[str, frozenset[str]] = {
    "ledger": frozenset({"source", "reason"}),
    "water_level": frozenset({"layer"}),
    "gnss": frozenset({"constellation", "signal"}),
    "camera": frozenset({"label"}),
    "camera_event": frozenset({"label"}),
}
OF_DEVICES = frozenset({"sensor"})  # devices with several of one kind: Tasmota, Shelly, zigbee2mqtt, airRohr
NO_DEVICES = frozenset({"ledger", "gateway", "board_link"})
TIME = "time"
_ANY_PHASE = ("", "_l1", "_l2", "_l3")


def measurements_of(measurement: Measurement) -> tuple[str, ...]:
    """Return the catalogued measurements that are meant; none for a name that is not catalogued. Raises re.error for a bad expression."""
    if measurement.is_pattern:
        return tuple(name for name in MEASUREMENTS if re.search(measurement.name, name))
    return (measurement.name,) if measurement.name in MEASUREMENTS else ()


def tags_of(measurement: str) -> frozenset[str]:
    """Return the tags of a catalogued measurement."""
    more = MORE_TAGS.get(measurement, frozenset())
    return EVERY_TAG | more | (frozenset() if measurement in NO_DEVICES else OF_DEVICES)


def is_field(measurement: str, name: str) -> bool:
    return find(measurement, name) is not None


def has_fields_like(measurement: str, pattern: str) -> bool:
    """Whether a regular expression finds a catalogued field. Raises re.error for a bad one."""
    fields = [
        quantity.field + suffix for quantity in MEASUREMENTS[measurement] for suffix in (_ANY_PHASE if quantity.is_per_phase else ("",))
    ]
    return any(re.search(pattern, field) for field in fields)


def names_in(expression: Expression | None) -> list[Field]:
    """Return the names that an expression uses, without time and what a variable fills in."""
    return [each for each in parts(expression) if isinstance(each, Field) and each.name.lower() != TIME and "$" not in each.name]


def columns_of(inner: Statement) -> frozenset[str]:
    """Return the names that the statement around may use of one inside it."""
    return frozenset(_columns(inner)) | frozenset(tag.name for tag in inner.tags if isinstance(tag, Field))


def _columns(inner: Statement) -> list[str]:
    names = [column.name for column in inner.columns]
    for column in inner.columns:  # top("a", "site", 3) has columns of the tags, too
        if isinstance(column.expression, Call) and column.expression.function in ("top", "bottom"):
            names += [each.name for each in column.expression.arguments[1:] if isinstance(each, Field)]
    return names
