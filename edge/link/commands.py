"""Boards on the control socket: who is there, and orders for one of them (`quanho edge boards`, `quanho edge board`).

    {"command": "boards"}                                                   → {"ok", "boards": [view, …]}
    {"command": "board", "board": NAME, "order": "identify", "seconds": 5}  → {"ok", "board", "status", "interval_ms"?}
    {"command": "board", "board": NAME, "order": "interval", "ms": 1000, "set"?}
    {"command": "board", "board": NAME, "order": "read", "set"?}
    {"command": "board", "board": NAME, "order": "restart"}

NAME is a source, a device or a unique id in hex.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, runtime_checkable

from firmware_bridge.link.commands import Code, Status
from firmware_bridge.link.events import Answered
from firmware_bridge.link.messages import ALL_SETS
from telemetry.errors import TransientError

Request = Mapping[str, object]
Answers = Iterator[Mapping[str, object]]

_TIMEOUT_S = 10.0
_MOST_MS = 0xFFFF_FFFF
_MOST_IDENTIFY_S = 60.0


@runtime_checkable
class BoardSource(Protocol):
    """A source with a board (edge/sources/link.py)."""

    def view(self) -> Mapping[str, object]: ...

    def command(self, code: int, arguments: bytes, timeout_s: float) -> Answered: ...

    def lend(self, seconds: float) -> AbstractContextManager[str]: ...


def board_commands(
    sources: Callable[[], Sequence[object]], updates: Callable[[], Mapping[str, Mapping[str, object]]] = dict
) -> Mapping[str, Callable[[Request], Answers]]:
    """Return the commands by name; `sources` gives those that run now, `updates` the last or running update by source."""

    def boards(_request: Request) -> Answers:
        known = updates()
        views = [one.view() for one in board_sources(sources())]
        yield {"ok": True, "boards": [{**view, "update": known.get(str(view["source"]))} for view in views]}

    def board(request: Request) -> Answers:
        yield _ordered(find_board(sources(), str(request["board"])), request)

    return {"boards": boards, "board": board}


def board_sources(sources: Sequence[object]) -> list[BoardSource]:
    return [one for one in sources if isinstance(one, BoardSource)]


def find_board(sources: Sequence[object], name: str) -> BoardSource:
    """Return the board of that source, device or unique id. ValueError with the way out where there is none, or more than one."""
    views = [(one, one.view()) for one in board_sources(sources)]
    found = [one for one, view in views if name and name in (view["source"], view["device"], view["uid"])]
    if len(found) == 1:
        return found[0]
    known = ", ".join(sorted({str(view["device"] or view["source"]) for _, view in views})) or "none"
    if found:
        raise ValueError(f"{len(found)} boards are called {name}; name the source: {', '.join(str(one.view()['source']) for one in found)}")
    raise ValueError(f"no board {name}; boards: {known}")


def _ordered(board: BoardSource, request: Request) -> Mapping[str, object]:
    view = board.view()
    code, arguments = _order(request, view)
    try:
        answer = board.command(code, arguments, _TIMEOUT_S)
    except TransientError as error:
        raise ValueError(error.reason) from error
    status = next((one.name.lower().replace("_", " ") for one in Status if one == answer.status), f"status {answer.status}")
    if answer.status != Status.DONE:
        raise ValueError(f"the board of {view['source']} answers: {status}")
    done: dict[str, object] = {"ok": True, "board": view["device"] or view["source"], "status": status}
    if code == Code.SET_INTERVAL and len(answer.returned) >= 4:
        done["interval_ms"] = int.from_bytes(answer.returned[:4], "little")
    return done


def _order(request: Request, view: Mapping[str, object]) -> tuple[int, bytes]:
    order = request["order"]
    if order == "identify":
        seconds = _number(request.get("seconds", 5), "seconds", _MOST_IDENTIFY_S)
        return Code.IDENTIFY, round(seconds * 1000).to_bytes(2, "little")
    if order == "interval":
        ms = round(_number(request["ms"], "ms", _MOST_MS))
        return Code.SET_INTERVAL, bytes((_set_of(request, view),)) + ms.to_bytes(4, "little")
    if order == "read":
        return Code.READ, bytes((_set_of(request, view),))
    if order == "restart":
        return Code.RESTART, b""
    raise ValueError(f"no order {order!r}; known: identify, interval, read, restart")


def _set_of(request: Request, view: Mapping[str, object]) -> int:
    """Return the index of the set that the request names, by its measurement or its number; all of them where it names none."""
    name = request.get("set")
    if name is None:
        return ALL_SETS
    sets = view["sets"]
    known = [(int(one["index"]), str(one["measurement"])) for one in sets] if isinstance(sets, list) else []
    found = [index for index, measurement in known if str(name) in (measurement, str(index))]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(f"{index} {measurement}" for index, measurement in known) or "none that is known"
    trouble = f"more than one set is called {name}; give its number" if found else f"the board has no set {name}"
    raise ValueError(f"{trouble}: {listed}")


def _number(value: object, name: str, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise ValueError(f"{name}: {value!r} is no number from 0 to {most:g}")
    return float(value)
