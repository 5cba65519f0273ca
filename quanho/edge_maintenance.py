"""`quanho edge maintenance`: mark the readings of a source while a technician works at it."""

import json
import sys
from pathlib import Path

from edge.config_file import load_agent_config
from edge.control_client import ask
from quanho.durations import spoken
from quanho.lang import say

_TIMEOUT_S = 10.0


def maintenance(path: Path, source: str | None, for_s: float | None, *, off: bool, as_json: bool) -> int:
    """Begin, end or list hands-on work; 2 when there is no such source."""
    control = load_agent_config(path).control_socket
    sources = {each["id"]: each for each in ask(control, {"command": "maintenance"}, _TIMEOUT_S)["sources"]}
    if source is not None and source not in sources:
        names = ", ".join(sources)
        print(
            say(f"quanho: không có nguồn {source!r}; các nguồn: {names}", f"quanho: no source {source!r}; sources: {names}"),
            file=sys.stderr,
        )
        return 2
    if source is None and (off or for_s is not None):
        names = ", ".join(sources)
        print(say(f"quanho: hãy nêu nguồn; các nguồn: {names}", f"quanho: name the source; sources: {names}"), file=sys.stderr)
        return 2
    if source is not None and (off or for_s is not None):
        request: dict[str, object] = {"command": "maintenance", "source": source}
        request |= {"off": True} if off else {"for_s": for_s}
        sources = {each["id"]: each for each in ask(control, request, _TIMEOUT_S)["sources"]}
    shown = [each for each in sources.values() if source in (None, each["id"])]
    if as_json:
        print(json.dumps({"ok": True, "sources": shown}, ensure_ascii=False))
        return 0
    for each in shown:
        left_s = each["maintenance_left_s"]
        state = (
            say(f"đang bảo trì, còn {spoken(left_s)}; số liệu mang bit 64", f"in maintenance, {spoken(left_s)} left; readings carry bit 64")
            if left_s
            else say("bình thường", "normal")
        )
        print(f"{each['id']}: {state}")
    return 0
