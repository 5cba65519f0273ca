"""What a deployment says: a line a step with its differences below, for people; one object, for programs."""

from collections.abc import Iterator, Sequence
from typing import Any

from dashboards.deploy.action import Action, Kind, Verb
from dashboards.deploy.carry_out import Step
from dashboards.deploy.diff import Line
from quanho.lang import pick, say
from quanho.report import coloured
from telemetry.said import reason_of

_SIGNS: dict[Verb, tuple[str, str]] = {
    "create": ("+", "good"),
    "update": ("~", "warn"),
    "delete": ("-", "bad"),
    "refuse": ("!", "bad"),
    "leave": ("?", "dim"),
    "unchanged": ("=", "dim"),
}
_COLOURS = {"+": "good", "-": "bad", "~": "warn"}


def plan_lines(actions: Sequence[Action]) -> Iterator[str]:
    """Yield the plan: what changes, what is refused and what stays though nobody wants it; what is as it should be is counted."""
    for action in actions:
        if action.verb == "unchanged" and not action.reason:
            continue
        sign, colour = _SIGNS[action.verb]
        reason = f": {pick(action.reason)}" if action.reason else ""
        yield coloured(on_one_line(f"{sign} {_kind(action.kind)} {_named(action)}{reason}"), colour)
        yield from (_line(line) for line in action.diff)
    unchanged = sum(action.verb == "unchanged" for action in actions)
    writing = sum(action.writes for action in actions)
    refused = sum(action.verb == "refuse" for action in actions)
    yield say(
        f"{writing} thay đổi, {refused} bị từ chối, {unchanged} đã đúng",
        f"{writing} to change, {refused} refused, {unchanged} as they should be",
    )


def done_line(step: Step) -> str:
    """Return what became of a step."""
    name = f"{_kind(step.action.kind)} {_named(step.action)}"
    if step.error is None:
        return coloured(on_one_line(say(f"  xong  {name}", f"  done  {name}")), "good")
    why = pick(reason_of(step.error))
    return coloured(on_one_line(say(f"  HỎNG  {name}: {why}", f"  FAILED  {name}: {why}")), "bad")


def rest_line(tried: int, planned: int) -> str:
    """Return what to say when not all was tried."""
    return say(
        f"dừng giữa chừng: đã thử {tried} trong {planned} bước; chạy lại để làm nốt",
        f"ended in the middle: {tried} of {planned} steps were tried; run again to do the rest",
    )


def summary(url: str, version: str, actions: Sequence[Action], steps: Sequence[Step], code: int, *, is_dry: bool) -> dict[str, Any]:
    """Return the JSON: every step of the plan with its `state`: done, failed, planned (not tried), or none where nothing was to be done."""
    by_action = {id(step.action): step for step in steps}
    listed = [_action(action, by_action.get(id(action))) for action in actions]
    counts = {verb: sum(action.verb == verb for action in actions) for verb in _SIGNS}
    return {"ok": code == 0, "exit_code": code, "url": url, "grafana": version, "dry_run": is_dry, "counts": counts, "actions": listed}


def _action(action: Action, step: Step | None) -> dict[str, Any]:
    state = "planned" if action.writes else "none"
    if step:
        state = "failed" if step.error else "done"
    found: dict[str, Any] = {"verb": action.verb, "kind": action.kind, "uid": action.uid, "name": action.name, "state": state}
    if action.reason:
        found["reason"] = str(action.reason)
    if action.diff:
        found["diff"] = [f"{'  ' * line.depth}{line.sign} {line.text}" for line in action.diff]
    if step and step.error:
        found["error"] = str(reason_of(step.error))
    return found


def _line(line: Line) -> str:
    return coloured(on_one_line(f"    {'  ' * line.depth}{line.sign} {pick(line.text)}"), _COLOURS[line.sign])


def _named(action: Action) -> str:
    return action.uid if action.name in (action.uid, "") else f"{action.uid} “{action.name}”"


def on_one_line(text: str) -> str:
    """Return text without control characters: titles are other people's, and the terminal is ours."""
    return "".join(each if each.isprintable() else " " for each in text)


def _kind(kind: Kind) -> str:
    return {
        "folder": say("thư mục", "folder"),
        "datasource": say("nguồn dữ liệu", "data source"),
        "dashboard": say("bảng", "dashboard"),
        "contact point": say("điểm liên hệ", "contact point"),
        "rule group": say("nhóm quy tắc", "rule group"),
        "rule": say("quy tắc", "alert rule"),
        "route": say("chính sách thông báo", "notification policy"),
    }[kind]
