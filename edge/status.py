"""What a running agent says of itself (`quanho edge status`, the live view of the demo): plain data, ready for JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from edge.intake import SourceIntake
from runtime import host

if TYPE_CHECKING:
    from edge.agent import Agent


def agent_status(agent: "Agent") -> Mapping[str, object]:
    """Return health and counters. Counts are since the start of the agent, times ns since 1970 UTC, durations seconds."""
    uplink = agent.uplink.state()
    queues = agent.spool.state()
    writer = agent.writer.state
    healthy = uplink.is_up and not writer.trouble and all(source.state().connected for source in agent.sources)
    return {
        "ok": True,
        "healthy": healthy,
        "site": agent.config.gateway.site,
        "gateway": agent.config.gateway.id,
        "now_ns": agent.clock.wall_ns(),
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
        "sources": [_source(agent, at) for at in range(len(agent.sources))],
        "losses": [{"source": source, "reason": reason, "count": count} for (source, reason), count in sorted(agent.ledger.totals.items())],
    }


def _source(agent: "Agent", at: int) -> Mapping[str, object]:
    settings, source, intake = agent.config.source[at], agent.sources[at], agent.intakes[at]
    return {
        "id": settings.id,
        "kind": settings.kind,
        "priority": settings.priority.value,
        **asdict(source.state()),
        **asdict(intake.counts),
        "silent_since_ns": agent.silences.since_ns(settings.id),
        "series": len(intake.normaliser.series),
        "moved": intake.normaliser.series.moved_count,
        "repeated": intake.normaliser.series.repeated_count,
    }


def last_values(intakes: Sequence[SourceIntake]) -> list[Mapping[str, object]]:
    """Return the newest point of every series."""
    return [
        {
            "source": intake.source,
            "measurement": series.measurement,
            "tags": dict(series.tags),
            "fields": dict(series.fields),
            "time": series.time_ns,
            "count": series.count,
        }
        for intake in intakes
        for series in intake.normaliser.series.snapshot()
    ]
