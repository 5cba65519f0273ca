"""What a running agent shows of uplink and sources, and what a trial asks for because it was there before."""

from edge.agent import Agent
from edge.apply.plan import Plan
from edge.apply.trial import Asked, Seen, SourceSeen


def look(agent: Agent) -> Seen:
    """Return what is to be seen now."""
    sources = {unit.settings.id: SourceSeen(unit.source.state().connected, unit.intake.counts.points) for unit in agent.source_set.units}
    return Seen(agent.uplink.state().delivered_lines, sources)


def asked_of(agent: Agent, plan: Plan, within_s: float) -> Asked:
    """Return what to ask of the config behind `plan`, by what `agent` does before it is applied.

    Readings are asked of a source whose last two came within `within_s`: one that speaks once a day will not do so in time.
    """
    now_s = agent.clock.monotonic_s()
    units = [unit for unit in agent.source_set.units if unit.settings.id not in plan.stops]
    connected = {unit.settings.id for unit in units if unit.source.state().connected}
    reading = {unit.settings.id for unit in units if now_s - unit.intake.last_but_one_s <= within_s}
    return Asked(
        delivery=plan.reconnects_uplink or agent.uplink.state().is_up,
        connected=frozenset(connected | {*plan.starts, *plan.restarts}),
        reading=frozenset(reading),
    )
