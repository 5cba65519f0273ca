"""What `edge status` and `edge boards` say of a board: plain data, ready for JSON, fit for a terminal."""

from collections.abc import Mapping

from edge.link.described import Described
from edge.link.identity import shown
from firmware_bridge.link.host import HostState
from telemetry.point import FieldValue, Reading

_SHOWN_NAMES = 20


def board_view(source: str, port: str, device: str, state: HostState, described: Described | None, refused: str) -> Mapping[str, object]:
    """Return the view; `device` is empty before the board was ever heard, `refused` why no session can be."""
    hello, counts = state.hello, state.counts
    view: dict[str, object] = {"source": source, "port": port, "device": device, "is_open": state.is_open, "trouble": refused}
    view |= {"board": "", "firmware": "", "version": "", "build_id": "", "uid": "", "boot": None, "site": ""}
    if hello is not None:
        view |= {name: shown(getattr(hello, name)) for name in ("board", "firmware", "version", "build_id", "site")}
        view |= {"uid": hello.uid.hex(), "boot": hello.boot}
    view |= {
        "sets": [{"index": one.index, "measurement": shown(one.measurement), "interval_ms": one.interval_ms} for one in state.sensors],
        "readings": counts.readings,
        "damaged": state.cut.damaged,
        "resent": counts.again,
        "known": counts.known,
        "board_lost": counts.board_lost,
        "faulty_frames": counts.faulty_frames,
        "not_durable": state.not_durable,
        "sessions": counts.sessions,
        "faults": list(described.faults) if described else [],
        "left_out": described.left_out_count if described else 0,
        "uncatalogued": list(described.uncatalogued[:_SHOWN_NAMES]) if described else [],
    }
    return view


def link_reading(device: str, state: HostState) -> Reading:
    """Return how well the line works, as a reading of our own."""
    counts = state.counts
    fields: dict[str, FieldValue] = {
        "frames_total": float(counts.frames),
        "damaged_total": float(state.cut.damaged),
        "resent_total": float(counts.again),
        "readings_total": float(counts.readings),
        "lost_total": float(counts.board_lost),
        "sessions_total": float(counts.sessions),
    }
    return Reading("board_link", {"device": device}, fields)


def detail(view: Mapping[str, object]) -> str:
    """Return the board in one line, in English."""
    if not view["firmware"] and not view["uid"] and not view["is_open"]:
        return "no board heard yet"
    words = [f"{view['firmware'] or 'firmware unnamed'} {view['version']}".strip(), f"on {view['board']}" if view["board"] else ""]
    words += [f"uid {view['uid']}" if view["uid"] else "", f"as {view['device']}" if view["device"] else ""]
    counts = {"damaged": view["damaged"], "resent": view["resent"], "lost on the board": view["board_lost"]}
    told = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    return " ".join(filter(None, words)) + (f"; {told}" if told else "") + ("" if view["is_open"] else "; no session")
