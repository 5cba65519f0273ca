"""Boards of one gateway that cannot be told apart: their readings would mix in one series, or their updates hit the wrong one. Pure."""

from collections.abc import Mapping, Sequence

View = Mapping[str, object]


def namesakes(views: Sequence[View]) -> dict[str, str]:
    """Return for each source (edge/link/board_view.py) what it has in common with another that is open too; "uid" before "device".

    Two boards may be one measuring point as long as they measure different things.
    """
    found: dict[str, str] = {}
    are_open = [view for view in views if view["is_open"]]
    for view in are_open:
        others = [other for other in are_open if other is not view]
        if any(view["uid"] and other["uid"] == view["uid"] for other in others):
            found[str(view["source"])] = "uid"
        elif any(view["device"] and other["device"] == view["device"] and _measured(view) & _measured(other) for other in others):
            found[str(view["source"])] = "device"
    return found


def others_of(source: str, views: Sequence[View], what: str) -> list[str]:
    """Return the sources whose `what` is that of `source`."""
    mine = next((view[what] for view in views if view["source"] == source), None)
    return [str(view["source"]) for view in views if view["is_open"] and view[what] == mine and view["source"] != source]


def _measured(view: View) -> set[str]:
    sets = view["sets"]
    return {str(one["measurement"]) for one in sets} if isinstance(sets, list) else set()
