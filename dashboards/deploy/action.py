"""One step from what a Grafana has to what it should have. Plans are pure: a step says what is sent, and sends nothing."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from dashboards.deploy.diff import Line
from dashboards.model.json import Json
from telemetry.said import Said, as_is

Verb = Literal["create", "update", "unchanged", "delete", "refuse", "leave"]
Kind = Literal["folder", "datasource", "dashboard", "contact point", "rule group", "rule", "route"]
WRITES: frozenset[Verb] = frozenset({"create", "update", "delete"})

# What others stand on comes first, and goes last: a contact point cannot go while a route names it.
_ORDER: tuple[Kind, ...] = ("folder", "datasource", "dashboard", "contact point", "rule group", "route")
_DELETED: tuple[Kind, ...] = ("route", "rule", "contact point", "dashboard", "folder")


@dataclass(frozen=True, slots=True)
class Action:
    """`leave` is ours and no longer wanted, and stays without --prune. `refuse` is not touched, and why is in `reason`.

    `body` is what is sent, secrets included; `before` is what the plan saw, to notice that it changed meanwhile.
    """

    verb: Verb
    kind: Kind
    uid: str
    name: str
    reason: Said = field(default_factory=lambda: as_is(""))
    diff: tuple[Line, ...] = ()
    body: Any = field(default=None, repr=False)
    before: Any = field(default=None, repr=False)

    @property
    def writes(self) -> bool:
        return self.verb in WRITES


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the operator allows. `force` overwrites what was edited by hand, never what somebody else made."""

    force: bool = False
    prune: bool = False
    renew_secrets: bool = False


def in_order(actions: Iterable[Action]) -> list[Action]:
    """Return actions in the order in which they can be carried out."""
    return sorted(actions, key=_place)


def _place(action: Action) -> tuple[int, int]:
    if action.verb in ("delete", "leave"):
        return 1, _DELETED.index(action.kind)
    return 0, _ORDER.index("rule group" if action.kind == "rule" else action.kind)


def body_of(action: Action) -> Json:
    """Return what the action sends."""
    body: Json = action.body
    return body
