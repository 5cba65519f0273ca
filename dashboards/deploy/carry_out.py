"""Carries a plan out, one step after the other, and tells of each what became of it.

A step that Grafana refuses does not stop the others; a Grafana that cannot be reached, or that does not take our token, stops all.
Whatever was done stays done: the next run finds it and goes on. What may have changed since the plan was made (somebody read it and
thought) is looked at again right before it is replaced.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from dashboards.deploy import route
from dashboards.deploy.action import Action, Kind, Verb, body_of
from dashboards.deploy.calls import Calls
from dashboards.deploy.forms import route_form, rule_form
from dashboards.deploy.live import version_of
from dashboards.deploy.mark import digest, rule_mark
from dashboards.deploy.rules import marked
from dashboards.grafana.answers import Forbidden, Outdated
from dashboards.model.json import Json
from telemetry.errors import QuanhoError, RejectedError
from telemetry.said import Said, said


@dataclass(frozen=True, slots=True)
class Step:
    """What became of an action: `error` is None when it was done."""

    action: Action
    error: QuanhoError | None = None

    @property
    def ends_all(self) -> bool:
        """Tell whether going on is of no use."""
        return self.error is not None and (isinstance(self.error, Forbidden) or not isinstance(self.error, RejectedError))


def carry_out(calls: Calls, actions: Sequence[Action]) -> Iterator[Step]:
    """Carry out what writes among the actions; yield after each, and end with the first that ends all."""
    for action in actions:
        if not action.writes:
            continue
        step = _tried(calls, action)
        yield step
        if step.ends_all:
            return


def _tried(calls: Calls, action: Action) -> Step:
    try:
        _DO[action.kind, action.verb](calls, action)
    except QuanhoError as error:
        return Step(action, error)
    return Step(action)


def _create_folder(calls: Calls, action: Action) -> None:
    calls.create_folder(action.uid, body_of(action)["title"])


def _rename_folder(calls: Calls, action: Action) -> None:
    calls.rename_folder(action.uid, body_of(action)["title"], body_of(action)["version"])


def _delete_folder(calls: Calls, action: Action) -> None:
    """Delete a folder that holds nothing at all."""
    counts = calls.folder_counts(action.uid)
    inside = ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items()) if count)
    if inside or not counts:
        raise RejectedError(
            said(
                f"thư mục {action.uid} không trống ({inside or '?'}): giữ nguyên",
                f"folder {action.uid} is not empty ({inside or '?'}): it stays",
            )
        )
    calls.delete_folder(action.uid)


def _create_datasource(calls: Calls, action: Action) -> None:
    calls.create_datasource(body_of(action))


def _update_datasource(calls: Calls, action: Action) -> None:
    calls.update_datasource(action.uid, body_of(action))


def _save_dashboard(calls: Calls, action: Action) -> None:
    calls.save_dashboard(body_of(action))


def _delete_dashboard(calls: Calls, action: Action) -> None:
    there = calls.dashboard(action.uid)
    if there is not None:
        if version_of(there.get("dashboard") or {}, there.get("meta") or {}) != action.before:
            raise _changed(said(f"bảng {action.uid}", f"dashboard {action.uid}"))
        calls.delete_dashboard(action.uid)


def _create_contact_point(calls: Calls, action: Action) -> None:
    calls.create_contact_point(body_of(action))


def _update_contact_point(calls: Calls, action: Action) -> None:
    calls.update_contact_point(action.uid, body_of(action))


def _delete_contact_point(calls: Calls, action: Action) -> None:
    calls.delete_contact_point(action.uid)


def _put_group(calls: Calls, action: Action) -> None:
    """Replace a group, and read it back: where Grafana stores a rule in another form than it was sent, the mark learns that form."""
    body = body_of(action)
    folder, name = body["folderUid"], body["title"]
    if _rules(calls.group(folder, name)) != _rules(action.before):
        raise _changed(said(f"nhóm quy tắc {name}", f"rule group {name}"))
    calls.put_group(folder, name, body)
    stored = {rule.get("uid"): rule for rule in (calls.group(folder, name) or {}).get("rules") or []}
    learned = [_learned(rule, stored.get(rule.get("uid"))) for rule in body["rules"]]
    if learned != body["rules"]:
        calls.put_group(folder, name, body | {"rules": learned})


def _rules(group: Json | None) -> dict[str, Json]:
    return {str(rule.get("uid")): rule_form(rule) for rule in (group or {}).get("rules") or []}


def _learned(sent: Json, stored: Json | None) -> Json:
    mark = rule_mark(sent)
    if stored is None or mark is None or mark.sent != digest(rule_form(sent)) or digest(rule_form(stored)) == mark.kept:
        return sent
    return marked(sent, digest(rule_form(stored)))


def _delete_rule(calls: Calls, action: Action) -> None:
    there = next((rule for rule in calls.rules() if rule.get("uid") == action.uid), None)
    if there is not None:
        if rule_form(there) != rule_form(action.before):
            raise _changed(said(f"quy tắc {action.uid}", f"alert rule {action.uid}"))
        calls.delete_rule(action.uid)


def _put_route(calls: Calls, action: Action) -> None:
    """Merge our policy into the tree as it is now, and read the tree back: Grafana has no versions for it."""
    wanted = None if action.verb == "delete" else body_of(action)
    there, receivers = action.before
    tree = calls.policies()
    at = route.place(tree, wanted, receivers)
    now = None if at is None else tree["routes"][at]
    if (now is None) != (there is None) or (now and route_form(now) != route_form(there)):
        raise _changed(said("chính sách thông báo", "notification policies"))
    sent = route.merged(tree, at, wanted)
    calls.put_policies(sent, keeps_unlocked=not tree.get("provenance"))
    if route_form(calls.policies()) != route_form(sent):
        raise Outdated(
            said(
                "cây chính sách bị người khác thay đổi cùng lúc: xem lại nó trong Grafana rồi chạy lại",
                "somebody else changed the notification policies at the same moment: look at them in Grafana, then run again",
            )
        )


def _changed(what: Said) -> Outdated:
    return Outdated(
        said(
            f"{what.vi}: bị thay đổi sau khi lập kế hoạch; chạy lại để xem khác biệt mới",
            f"{what}: changed since the plan was made; run again to see the new differences",
        )
    )


_DO: dict[tuple[Kind, Verb], Callable[[Calls, Action], None]] = {
    ("folder", "create"): _create_folder,
    ("folder", "update"): _rename_folder,
    ("folder", "delete"): _delete_folder,
    ("datasource", "create"): _create_datasource,
    ("datasource", "update"): _update_datasource,
    ("dashboard", "create"): _save_dashboard,
    ("dashboard", "update"): _save_dashboard,
    ("dashboard", "delete"): _delete_dashboard,
    ("contact point", "create"): _create_contact_point,
    ("contact point", "update"): _update_contact_point,
    ("contact point", "delete"): _delete_contact_point,
    ("rule group", "create"): _put_group,
    ("rule group", "update"): _put_group,
    ("rule", "delete"): _delete_rule,
    ("route", "create"): _put_route,
    ("route", "update"): _put_route,
    ("route", "delete"): _put_route,
}
