"""The agent's own health as measurement `gateway`: what an operator asks first when a chart has a hole."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from edge.spool.lease import QueueState
from edge.storage_meter import StorageLook
from runtime import host
from telemetry.batch import Priority
from telemetry.point import FieldValue, Point


@dataclass(frozen=True, slots=True)
class Identity:
    """Who reports. `position` is (latitude, longitude), degrees of WGS 84, where it is known."""

    site: str
    gateway: str
    position: tuple[float, float] | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """Counters since the start."""

    received: int
    stored: int
    rejected: int
    delivered: int


@dataclass(frozen=True, slots=True)
class Vitals:
    """One look at the agent; `lag_s` as in UplinkState, None before the first delivery."""

    now_ns: int
    since_s: float
    totals: Totals
    before: Totals
    spool: Mapping[Priority, QueueState]
    is_uplink_up: bool
    state_dir: Path
    lag_s: float | None = None
    storage: StorageLook | None = None
    spool_epoch: str = ""
    is_clock_trusted: bool = True


def marked(point: Point, bits: int) -> Point:
    """Return one of our own points with quality bits."""
    return point._replace(fields={**point.fields, "quality": bits}) if bits else point


def gateway_point(identity: Identity, vitals: Vitals) -> Point:
    """Return the point. Rates are per second over `since_s`; absent fields are not offered by this machine."""
    queues = vitals.spool.values()
    oldest = min((queue.oldest_ns for queue in queues if queue.oldest_ns is not None), default=None)
    age_s = max(0.0, (vitals.now_ns - oldest) / 1e9) if oldest is not None else 0.0
    span = max(vitals.since_s, 1e-9)
    latitude, longitude = identity.position or (None, None)
    fields: dict[str, FieldValue | None] = {
        "spool_records": sum(queue.records_unsent for queue in queues),
        "spool_lines": sum(queue.lines_unsent for queue in queues),
        "spool_bytes": sum(queue.bytes_on_disk for queue in queues),
        "spool_oldest_age_s": age_s,
        "received_rate": (vitals.totals.received - vitals.before.received) / span,
        "stored_rate": (vitals.totals.stored - vitals.before.stored) / span,
        "delivered_rate": (vitals.totals.delivered - vitals.before.delivered) / span,
        "rejected_total": vitals.totals.rejected,
        "lag_s": vitals.lag_s,
        "uplink_up": vitals.is_uplink_up,
        "cpu_temperature": host.cpu_temperature_celsius(),
        "load_1m": host.load_1m(),
        "rss_bytes": host.rss_bytes(),
        "disk_free_bytes": host.disk_free_bytes(vitals.state_dir),
        "undervoltage": host.is_undervolted(),
        **_storage_fields(vitals.storage),
        "spool_epoch": vitals.spool_epoch or None,
        "clock_trusted": vitals.is_clock_trusted,
        "latitude": latitude,
        "longitude": longitude,
        "version": identity.version,
        "quality": 0,
    }
    fields |= {f"sequence_{priority.value}": queue.last_sequence for priority, queue in vitals.spool.items()}
    known = {name: value for name, value in fields.items() if value is not None}
    tags = {"site": identity.site, "gateway": identity.gateway, "device": identity.gateway}
    return Point("gateway", tags, known, vitals.now_ns)


def _storage_fields(look: StorageLook | None) -> dict[str, FieldValue | None]:
    if look is None:
        return {}
    return {
        "written_bytes": look.written.own_bytes,
        "written_year_bytes": look.rates.year_bytes if look.rates else None,
        "sync_rate": look.rates.syncs_s if look.rates else None,
        "card_bytes": look.card.size_bytes if look.card else None,
        "card_overwrites_year": look.overwrites_year,
    }
