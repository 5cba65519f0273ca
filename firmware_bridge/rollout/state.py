"""Where a rollout stands: plain values, written as JSON with a version and read back the same.

Times are seconds since 1970 UTC. Unknown keys and other versions are refused: a state that is half understood must not be driven.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict

from firmware_bridge.rollout.plan import RolloutPlan
from telemetry.errors import RejectedError

VERSION = 1


class Phase(StrEnum):
    """What the rollout does. `aborted` is final; `done` ends when a board joins."""

    RUNNING = "running"
    PAUSED = "paused"
    ABORTED = "aborted"
    DONE = "done"


class At(StrEnum):
    """Where one board stands. `lost`: it did not say in time how its update ended; it still may."""

    WAITING = "waiting"
    IN_FLIGHT = "in flight"
    KEPT = "kept"
    WENT_BACK = "went back"
    NEEDS_A_HAND = "needs a hand"
    UNCHANGED = "unchanged"
    LOST = "lost"
    LEFT = "left"


FINAL = frozenset({At.KEPT, At.WENT_BACK, At.NEEDS_A_HAND, At.UNCHANGED, At.LEFT})
OUT = frozenset({At.IN_FLIGHT, At.NEEDS_A_HAND, At.LOST})  # its readings cannot be counted on now


@dataclass(frozen=True, slots=True)
class BoardAt:
    """One board. `classes`: what it measures, as measurements; `wave` -1 until its update is ordered at `since_s`."""

    site: str
    classes: tuple[str, ...]
    at: At = At.WAITING
    wave: int = -1
    since_s: float = 0.0
    why: str = ""
    reads_well: bool = True
    read_at_s: float = -1.0

    @property
    def is_bad(self) -> bool:
        return self.at in (At.WENT_BACK, At.NEEDS_A_HAND, At.LOST) or (self.at is At.KEPT and not self.reads_well)

    @property
    def is_updated(self) -> bool:
        return self.at in (At.KEPT, At.WENT_BACK, At.NEEDS_A_HAND, At.LOST)


@dataclass(frozen=True, slots=True)
class Rollout:
    """A rollout at one moment. `held_until_s`: the wave is over and its readings are looked at; None while it goes on."""

    plan: RolloutPlan
    boards: Mapping[str, BoardAt] = field(default_factory=dict)
    phase: Phase = Phase.RUNNING
    why: str = ""
    wave: int = 0
    held_until_s: float | None = None

    def count(self, *at: At) -> int:
        return sum(board.at in at for board in self.boards.values())

    @property
    def in_flight(self) -> tuple[str, ...]:
        """The boards that are being updated: orders to send again after a restart."""
        return tuple(name for name, board in self.boards.items() if board.at is At.IN_FLIGHT)

    @property
    def bad_count(self) -> int:
        return sum(board.is_bad for board in self.boards.values())

    @property
    def updated_count(self) -> int:
        return sum(board.is_updated for board in self.boards.values())

    def put(self, name: str, board: BoardAt) -> "Rollout":
        return replace(self, boards={**self.boards, name: board})


def to_json(rollout: Rollout) -> str:
    """Return the state as one JSON object."""
    boards = {name: asdict(board) for name, board in rollout.boards.items()}
    table = {"version": VERSION, "plan": rollout.plan.model_dump(mode="json"), "boards": boards, "phase": rollout.phase, "why": rollout.why}
    return json.dumps({**table, "wave": rollout.wave, "held_until_s": rollout.held_until_s}, ensure_ascii=False)


def from_json(text: str) -> Rollout:
    """Raises RejectedError when `text` is no state of this version."""
    try:
        table: dict[str, Any] = json.loads(text)
        version = table.pop("version")
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        raise RejectedError(f"this is no state of a rollout: {error}") from error
    if version != VERSION:
        raise RejectedError(f"this state of a rollout has version {version}, known is {VERSION}; use the quanho that wrote it")
    try:
        _State.model_validate(table)
        boards = {str(name): _board(board) for name, board in table.pop("boards").items()}
        plan, phase = RolloutPlan.model_validate(table.pop("plan")), Phase(table.pop("phase"))
        rollout = Rollout(plan, boards, phase, **table)
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise RejectedError(f"this state of a rollout is damaged: {error}") from error
    if not 0 <= rollout.wave < len(plan.waves):
        raise RejectedError(f"this state of a rollout is damaged: it is in wave {rollout.wave} of {len(plan.waves)}")
    return rollout


def _board(table: Mapping[str, Any]) -> BoardAt:
    return BoardAt(**{**table, "classes": tuple(table["classes"]), "at": At(table["at"])})


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class _Board(_Table):
    site: str
    classes: list[str]
    at: At
    wave: int
    since_s: float
    why: str
    reads_well: bool
    read_at_s: float


class _State(_Table):
    """The shape of a state, without its version."""

    plan: dict[str, Any]
    boards: dict[str, _Board]
    phase: Phase
    why: str
    wave: int
    held_until_s: float | None
