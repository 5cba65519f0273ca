"""Which boards are next: spread over the sites, and never so that a site loses all sensors of a class at once. Pure."""

from collections import Counter
from collections.abc import Collection

from firmware_bridge.rollout.state import OUT, At, BoardAt, Rollout


def pick(rollout: Rollout, online: Collection[str], most: int) -> list[str]:
    """Return up to `most` waiting boards that are online, in the order in which they start.

    A board waits while it is the last one of one of its classes at its site whose readings can be counted on, unless it is the only
    one that the site has. Sites that have fewest boards in this wave, then fewest in all, come first; then names decide.
    """
    chosen: list[str] = []
    boards = dict(rollout.boards)
    here = Counter(board.site for board in boards.values() if board.wave == rollout.wave)
    ever = Counter(board.site for board in boards.values() if board.wave >= 0)
    have, out = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for board in boards.values():
        for kind in _kinds(board) if board.at is not At.LEFT else ():
            have[kind] += 1
            out[kind] += board.at in OUT
    waiting = {name for name, board in boards.items() if board.at is At.WAITING and name in online}
    while waiting and len(chosen) < most:
        fit = [name for name in waiting if all(_may_miss_one(have[kind], out[kind]) for kind in _kinds(boards[name]))]
        if not fit:
            break
        name = min(fit, key=lambda name: (here[boards[name].site], ever[boards[name].site], name))
        waiting.remove(name)
        chosen.append(name)
        here[boards[name].site] += 1
        ever[boards[name].site] += 1
        for kind in _kinds(boards[name]):
            out[kind] += 1
    return chosen


def _may_miss_one(have: int, out: int) -> bool:
    return have == 1 or out + 1 < have


def _kinds(board: BoardAt) -> list[tuple[str, str]]:
    return [(board.site, each) for each in set(board.classes)]
