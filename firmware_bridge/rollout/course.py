"""What a rollout does next. Pure: `now_s` is seconds since 1970 UTC, and every function returns the rollout after it.

    running: order boards of this wave ──► none under way, none left that could start ──► hold ──► the next wave ──► … ──► done
       │ ▲                                                                                │
       ▼ │ a person                              more bad boards than the plan allows ────┴──► aborted (final)
     paused

Bad is a board that went back, needs a hand, did not say in time how its update ended, or was updated and reads badly. One that is
offline waits, and its wave goes on without it once the wave has proof: a board that was kept. Reports may come twice, late and in any
order: how an update ended counts once, and of two words about readings the younger one.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from firmware_bridge.rollout.picking import pick
from firmware_bridge.rollout.plan import RolloutPlan
from firmware_bridge.rollout.state import FINAL, At, BoardAt, Phase, Rollout
from telemetry.errors import RejectedError

_OF_THE_WAVE = frozenset({At.IN_FLIGHT, At.KEPT, At.NEEDS_A_HAND, At.LOST})  # others run what they ran, and make room in it


@dataclass(frozen=True, slots=True)
class Report:
    """How the update of one board ended, by its gateway: `at` is kept, went back, needs a hand or unchanged."""

    rollout: str
    board: str
    at: At
    why: str = ""


def begin(plan: RolloutPlan, boards: Mapping[str, BoardAt]) -> Rollout:
    """Return a rollout in which nothing was ordered yet."""
    return Rollout(plan, {name: BoardAt(board.site, board.classes) for name, board in boards.items()})


def step(rollout: Rollout, now_s: float, online: Collection[str]) -> tuple[Rollout, tuple[str, ...]]:
    """Return the rollout at `now_s` and the boards whose update is to be ordered now. Call it often; it never orders one twice."""
    rollout = _judged(_without_lost(rollout, now_s))
    if rollout.phase is not Phase.RUNNING:
        return rollout, ()
    for _ in rollout.plan.waves:  # a wave that is over may be followed at once by one that is over too
        if rollout.held_until_s is None:
            rollout, ordered = _order(rollout, now_s, online)
            if ordered or not _is_wave_over(rollout):
                return rollout, ordered
            if rollout.count(At.WAITING) == 0:
                return replace(rollout, phase=Phase.DONE), ()
            if _is_last(rollout):
                return rollout, ()
            rollout = replace(rollout, held_until_s=now_s + rollout.plan.waves[rollout.wave].hold_s)
        if rollout.held_until_s is None or now_s < rollout.held_until_s:
            return rollout, ()
        rollout = replace(rollout, wave=rollout.wave + 1, held_until_s=None)
    return rollout, ()


def reported(rollout: Rollout, report: Report) -> Rollout:
    """Return the rollout after a report. What is not of it, of no order, or was told before changes nothing."""
    board = rollout.boards.get(report.board)
    if report.rollout != rollout.plan.id or board is None or report.at not in FINAL - {At.LEFT}:
        return rollout
    if board.at not in (At.IN_FLIGHT, At.LOST):
        return rollout
    return _judged(rollout.put(report.board, replace(board, at=report.at, why=report.why)))


def read(rollout: Rollout, name: str, *, reads_well: bool, at_s: float) -> Rollout:
    """The store has, or lacks, plausible readings of a board as of `at_s`. Of one that was not kept this says nothing of the firmware."""
    board = rollout.boards.get(name)
    if board is None or board.at is not At.KEPT or at_s <= max(board.read_at_s, board.since_s):
        return rollout
    return _judged(rollout.put(name, replace(board, reads_well=reads_well, read_at_s=at_s)))


def pause(rollout: Rollout, why: str) -> Rollout:
    """Order nothing more until it is resumed; what is under way goes on."""
    return replace(rollout, phase=Phase.PAUSED, why=why) if rollout.phase is Phase.RUNNING else rollout


def resume(rollout: Rollout) -> Rollout:
    """Go on. Raises RejectedError when it was aborted: then begin another with what was learned."""
    if rollout.phase is Phase.ABORTED:
        raise RejectedError(f"rollout {rollout.plan.id} was aborted ({rollout.why}); begin a new one")
    return replace(rollout, phase=Phase.RUNNING, why="") if rollout.phase is Phase.PAUSED else rollout


def abort(rollout: Rollout, why: str) -> Rollout:
    """Order nothing more, ever. Boards that are under way end by themselves, and are still heard."""
    return rollout if rollout.phase is Phase.ABORTED else replace(rollout, phase=Phase.ABORTED, why=why)


def join(rollout: Rollout, name: str, board: BoardAt) -> Rollout:
    """A board is new in the fleet (or is back). One that is known keeps its place."""
    known = rollout.boards.get(name)
    if known is not None and (known.at is not At.LEFT or known.wave >= 0):
        return rollout
    phase = Phase.RUNNING if rollout.phase is Phase.DONE else rollout.phase
    return replace(rollout.put(name, BoardAt(board.site, board.classes)), phase=phase)


def leave(rollout: Rollout, name: str) -> Rollout:
    """A board is no more of the fleet, or of no concern to this rollout."""
    board = rollout.boards.get(name)
    if board is None or board.at in FINAL - {At.NEEDS_A_HAND}:
        return rollout
    return rollout.put(name, replace(board, at=At.LEFT))


def _order(rollout: Rollout, now_s: float, online: Collection[str]) -> tuple[Rollout, tuple[str, ...]]:
    size = rollout.plan.waves[rollout.wave].size(len(rollout.boards))
    begun = sum(board.wave == rollout.wave and board.at in _OF_THE_WAVE for board in rollout.boards.values())
    most = min(size - begun, rollout.plan.most_at_once - rollout.count(At.IN_FLIGHT))
    ordered = tuple(pick(rollout, online, most))
    boards = dict(rollout.boards)
    for name in ordered:
        boards[name] = replace(boards[name], at=At.IN_FLIGHT, wave=rollout.wave, since_s=now_s, reads_well=True)
    return replace(rollout, boards=boards), ordered


def _is_wave_over(rollout: Rollout) -> bool:
    """Whether nothing is under way and the wave has its proof, or everybody is through. Nobody could be ordered just now."""
    if rollout.count(At.IN_FLIGHT):
        return False
    has_proof = any(board.wave == rollout.wave and board.at is At.KEPT and board.reads_well for board in rollout.boards.values())
    return has_proof or rollout.count(At.WAITING) == 0


def _is_last(rollout: Rollout) -> bool:
    return rollout.wave == len(rollout.plan.waves) - 1


def _without_lost(rollout: Rollout, now_s: float) -> Rollout:
    for name in rollout.in_flight:
        board = rollout.boards[name]
        if now_s - board.since_s > rollout.plan.lost_after_s:
            rollout = rollout.put(name, replace(board, at=At.LOST, why="did not say in time how its update ended"))
    return rollout


def _judged(rollout: Rollout) -> Rollout:
    """Abort when more of the updated boards are bad than the plan allows."""
    bad, updated = rollout.bad_count, rollout.updated_count
    if rollout.phase not in (Phase.RUNNING, Phase.PAUSED) or bad < rollout.plan.abort_least or bad <= rollout.plan.abort_share * updated:
        return rollout
    return abort(rollout, f"{bad} of {updated} updated boards went back or do not read well")
