"""What a running agent says of itself (`quanho edge status`, the live view of the demo): plain data, ready for JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from edge.intake import SourceIntake
from edge.maintenance import Maintenance
from edge.series import Series
from edge.silence_watch import SilentSources
from edge.source_set import SourceUnit
from edge.storage_meter import StorageLook
from edge.truth import is_expired
from runtime import host

if TYPE_CHECKING:
    from edge.agent import Agent


def agent_status(agent: "Agent") -> Mapping[str, object]:
    """Return health and counters. Counts are since the start of the agent, times ns since 1970 UTC, durations seconds."""
    uplink = agent.uplink.state()
    queues = agent.spool.state()
    writer = agent.writer.state
    clock = agent.time.state()
    healthy = clock.is_trusted and uplink.is_up and not writer.trouble and all(source.state().connected for source in agent.sources)
    return {
        "ok": True,
        "healthy": healthy,
        "site": agent.config.gateway.site,
        "gateway": agent.config.gateway.id,
        "now_ns": agent.time.best_ns(),
        "clock": asdict(clock),
        "uptime_s": agent.clock.monotonic_s() - agent.started_s,
        "rss_bytes": host.rss_bytes(),
        "uplink": asdict(uplink),
        "spool": {
            "epoch": str(agent.spool.epoch),
            "trouble": writer.trouble,
            "commits": writer.commits,
            "last_commit_s": writer.last_commit_s,
            "stored_lines": writer.lines,
            "queues": {priority.value: asdict(state) for priority, state in queues.items()},
        },
        "storage": _storage(agent.storage.look()),
        "sources": [_source(unit, agent.maintenance, agent.silences, agent.time.best_ns()) for unit in agent.source_set.units],
        "losses": [{"source": source, "reason": reason, "count": count} for (source, reason), count in sorted(agent.ledger.totals.items())],
        **agent.more_status(),
    }


def _storage(look: StorageLook) -> Mapping[str, object]:
    """Return what was written since the start and what that comes to; null in the first minute, or where nothing is known."""
    return {
        "written_bytes": look.written.own_bytes,
        "kernel_written_bytes": look.written.kernel_bytes,
        "syncs": look.written.syncs,
        "sync_rate": look.rates.syncs_s if look.rates else None,
        "written_year_bytes": look.rates.year_bytes if look.rates else None,
        "card_bytes": look.card.size_bytes if look.card else None,
        "card_device": look.card.device if look.card else None,
        "card_overwrites_year": look.overwrites_year,
    }


def _is_stale(intake: SourceIntake, series: Series, now_ns: int) -> bool:
    return is_expired(intake.normaliser.expires_s(series), now_ns - series.time_ns)


def _source(unit: SourceUnit, maintenance: Maintenance, silences: SilentSources, now_ns: int) -> Mapping[str, object]:
    settings, intake = unit.settings, unit.intake
    return {
        "id": settings.id,
        "kind": settings.kind,
        "priority": settings.priority.value,
        **asdict(unit.source.state()),
        "maintenance_left_s": maintenance.left_s(settings.id),
        **asdict(intake.counts),
        "silent_since_ns": silences.since_ns(settings.id),
        "series": len(intake.normaliser.series),
        "stale_series": sum(_is_stale(intake, series, now_ns) for series in intake.normaliser.series.snapshot()),
        "moved": intake.normaliser.series.moved_count,
        "repeated": intake.normaliser.series.repeated_count,
    }


_TURN_NS = 300 * 10**9  # of a device that tells a measurement in turns, values that are not older belong together


def last_values(intakes: Sequence[SourceIntake], now_ns: int) -> list[Mapping[str, object]]:
    """Return the newest values of every series; `stale`: it was measured too long ago to say anything of now (edge/truth.py)."""
    return [
        {
            "source": intake.source,
            "measurement": series.measurement,
            "tags": dict(series.tags),
            "fields": dict(series.latest(series.time_ns - _TURN_NS)),
            "time": series.time_ns,
            "count": series.count,
            "stale": _is_stale(intake, series, now_ns),
        }
        for intake in intakes
        for series in intake.normaliser.series.snapshot()
    ]
