"""What a new config changes on a running agent, key by key, and what has to stop and start for it. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from pydantic import BaseModel

from edge.config import AgentConfig

_ABSENT = object()
_SHOWN_CHARACTERS = 60
_IDENTITY = {
    "gateway.state_dir": "the spool lives there: stop the agent, move the folder (mv keeps the spool), set the key in the file, start it",
    "gateway.id": "readings on the disk carry the old name: stop the agent, set the key in the file, start it",
    "gateway.site": "readings on the disk carry the old site: stop the agent, set the key in the file, start it",
}


class Effect(Enum):
    """What a changed key costs."""

    AT_ONCE = "at once"
    SOURCE_STARTS = "source starts"
    SOURCE_STOPS = "source stops"
    SOURCE_RESTARTS = "source restarts"
    UPLINK_RECONNECTS = "uplink reconnects"
    AGENT_RESTARTS = "the agent restarts itself"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One changed key. `before` and `after` are its values for people, empty where it was absent; secrets are files, never values.

    `way_out` says what to do instead of a refused change.
    """

    key: str
    effect: Effect
    before: str = ""
    after: str = ""
    source: str = ""
    way_out: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do, by source id in the order of the new config (`stops` in that of the old one)."""

    verdicts: tuple[Verdict, ...] = ()
    starts: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()
    restarts: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not self.verdicts

    @property
    def refusals(self) -> tuple[Verdict, ...]:
        return tuple(verdict for verdict in self.verdicts if verdict.effect is Effect.REFUSED)

    @property
    def reconnects_uplink(self) -> bool:
        return any(verdict.effect is Effect.UPLINK_RECONNECTS for verdict in self.verdicts)

    @property
    def restarts_agent(self) -> bool:
        return any(verdict.effect is Effect.AGENT_RESTARTS for verdict in self.verdicts)


def plan(old: AgentConfig, new: AgentConfig) -> Plan:
    """Return what leads from `old` to `new`; empty when they say the same, in whatever order and words."""
    before, after = _dump(old), _dump(new)
    verdicts = [_of_agent(*change) for change in _changes(_without_sources(before), _without_sources(after), "")]
    was, wanted = _by_id(before), _by_id(after)
    for source, settings in wanted.items():
        if source not in was:
            verdicts.append(Verdict(f"source[{source}]", Effect.SOURCE_STARTS, source=source))
            continue
        for key, one, other in _changes(was[source], settings, f"source[{source}]"):
            verdicts.append(Verdict(key, Effect.SOURCE_RESTARTS, _shown(one), _shown(other), source))
    verdicts += [Verdict(f"source[{source}]", Effect.SOURCE_STOPS, source=source) for source in was if source not in wanted]
    touched = {verdict.source for verdict in verdicts}
    return Plan(
        tuple(verdicts),
        starts=tuple(source for source in wanted if source not in was),
        stops=tuple(source for source in was if source not in wanted),
        restarts=tuple(source for source in wanted if source in was and source in touched),
        keeps=tuple(source for source in wanted if source in was and source not in touched),
    )


def _of_agent(key: str, before: object, after: object) -> Verdict:
    effect, way_out = Effect.AGENT_RESTARTS, ""
    if key in _IDENTITY:
        effect, way_out = Effect.REFUSED, _IDENTITY[key]
    elif key.startswith("uplink."):
        effect = Effect.UPLINK_RECONNECTS
    elif key.startswith("log."):
        effect = Effect.AT_ONCE
    return Verdict(key, effect, _shown(before), _shown(after), way_out=way_out)


def _changes(before: object, after: object, key: str) -> Iterator[tuple[str, object, object]]:
    """Yield (key, old value, new value) for what differs, tables key by key."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in dict.fromkeys((*before, *after)):
            inner = f"{key}.{name}" if key else str(name)
            yield from _changes(before.get(name, _ABSENT), after.get(name, _ABSENT), inner)
    elif type(before) is not type(after) or before != after:
        yield key, before, after


def _dump(config: BaseModel) -> Mapping[str, object]:
    return config.model_dump()


def _without_sources(table: Mapping[str, object]) -> Mapping[str, object]:
    return {name: value for name, value in table.items() if name != "source"}


def _by_id(table: Mapping[str, object]) -> dict[str, Mapping[str, object]]:
    sources = table["source"]
    assert isinstance(sources, tuple)  # noqa: S101 (the type of the field)
    return {source["id"]: source for source in sources}


def _shown(value: object) -> str:
    if value is _ABSENT or value is None:
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…"
