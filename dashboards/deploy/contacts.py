"""The plan for contact points.

Grafana gives their secrets back as `[REDACTED]`, and a digest of one, kept where viewers can read it, could be guessed at. So they are
compared without secrets; `--renew-secrets` sends these again. Sent by the provisioning API they are locked for Grafana's pages (provenance
`api`); one that is not locked was made or unlocked by hand.
"""

from collections.abc import Iterator
from typing import Any

from dashboards.alerting.rendered import ContactPoint
from dashboards.deploy.action import Action, Wishes
from dashboards.deploy.diff import Line, json_diff
from dashboards.deploy.live import Live
from dashboards.deploy.mark import is_ours
from dashboards.deploy.wanted import Wanted
from dashboards.model.json import Json
from telemetry.said import Said, as_is, said

LOCKED = "api"
_REDACTED = "[REDACTED]"
_UNWANTED = said("không còn cần: --prune để xóa", "is no longer wanted: --prune deletes it")
_STILL_TOLD = said("không còn cần nhưng VẪN NHẬN cảnh báo: --prune để xóa", "is no longer wanted and STILL GETS alerts: --prune deletes it")


def plan(wanted: Wanted, live: Live, wishes: Wishes) -> Iterator[Action]:
    """Yield a step for each contact point that is wanted, and for each of ours that no longer is."""
    if wanted.alerting is None or not wanted.has_contacts:
        return
    ours = {str(point["uid"]): point for point in live.contact_points if is_ours(point.get("uid"))}
    for point in wanted.alerting.contact_points:
        others = [each for each in live.contact_points if each.get("name") == point.name and not is_ours(each.get("uid"))]
        yield _wanted(point, ours.pop(point.uid, None), wishes, is_taken=bool(others))
    names = {point.name for point in wanted.alerting.contact_points}
    for uid, there in ours.items():
        name, unlocked = str(there.get("name")), _unlocked(there)
        if not wishes.prune:
            yield Action("leave", "contact point", uid, name, _STILL_TOLD if name in names else _UNWANTED)
        elif unlocked and not (wishes.force and not there.get("provenance")):
            yield Action("refuse", "contact point", uid, name, unlocked)
        else:
            yield Action("delete", "contact point", uid, name)


def _wanted(point: ContactPoint, there: Json | None, wishes: Wishes, *, is_taken: bool) -> Action:
    if is_taken:
        taken = said(
            "một điểm liên hệ khác đã có tên này, và cảnh báo của hai bên sẽ trộn vào nhau: đổi tên nó",
            "another contact point has this name, and alerts of both would mix: rename that one",
        )
        return Action("refuse", "contact point", point.uid, point.name, taken)
    if there is None:
        kind = (Line("+", as_is(point.type)),)
        return Action("create", "contact point", point.uid, point.name, diff=kind, body=body_of_point(point))
    diff = tuple(json_diff(_form(there), _form_of(point)))
    if not diff and not (wishes.renew_secrets and point.secrets):
        return Action("unchanged", "contact point", point.uid, point.name)
    reason = _unlocked(there)
    if reason and (there.get("provenance") or not wishes.force):
        return Action("refuse", "contact point", point.uid, point.name, reason, diff)
    if wishes.renew_secrets and point.secrets:
        diff = (*diff, Line("+", said("bí mật (không hiển thị)", "secrets (not shown)")))
    return Action("update", "contact point", point.uid, point.name, reason, diff, body_of_point(point))


def _unlocked(there: Json) -> Said:
    """Return why a contact point is not as we leave them, "" when it is."""
    provenance = there.get("provenance") or ""
    if provenance == LOCKED:
        return as_is("")
    if provenance:
        return said(f"do nơi khác cấp ({provenance}): sửa ở đó", f"is provisioned by something else ({provenance}): change it there")
    return said("được tạo hoặc mở khóa bằng tay: --force để ghi đè", "was made or unlocked by hand: --force overwrites it")


def body_of_point(point: ContactPoint) -> Json:
    """Return the EmbeddedContactPoint, secrets in their places."""
    settings = _copy(point.settings)
    for path, secret in point.secrets.items():
        *parents, last = path.split(".")
        at = settings
        for key in parents:
            at = at.setdefault(key, {})
        at[last] = secret.get_secret_value()
    about = {"uid": point.uid, "name": point.name, "type": point.type, "settings": settings}
    return about | {"disableResolveMessage": point.disable_resolve_message}


def _form_of(point: ContactPoint) -> Json:
    hidden = set(point.secrets)
    leaves = {path: value for path, value in _leaves(point.settings) if path not in hidden and value not in _EMPTY}
    return {"name": point.name, "type": point.type, **leaves, "disableResolveMessage": point.disable_resolve_message}


def _form(there: Json) -> Json:
    leaves = {path: value for path, value in _leaves(there.get("settings") or {}) if value != _REDACTED and value not in _EMPTY}
    about = {"name": there.get("name"), "type": there.get("type")}
    return {**about, **leaves, "disableResolveMessage": bool(there.get("disableResolveMessage"))}


_EMPTY: tuple[Any, ...] = (None, "", [], {}, False, 0)


def _leaves(value: Json, path: str = "") -> Iterator[tuple[str, Any]]:
    for key, each in value.items():
        if isinstance(each, dict):
            yield from _leaves(each, f"{path}{key}.")
        else:
            yield f"{path}{key}", each


def _copy(value: Any) -> Any:
    return {key: _copy(each) for key, each in value.items()} if isinstance(value, dict) else value
