"""The plan for our notification policy: one child of the root, among those that others made.

Grafana has one tree, and one call that replaces it whole. So the tree is read, our child alone is put in or exchanged, and all else goes
back as it came. Ours stands first: its matchers take only our alerts, and a policy of somebody else that takes everything must not take
them before. It is known by its matchers. Whether somebody changed it is told by a last child of it, which holds the digest of the rest and
matches no alert, because none has the label that it asks for.
"""

import re
from collections.abc import Collection, Iterator

from dashboards.deploy.action import Action, Wishes
from dashboards.deploy.diff import Line, json_diff
from dashboards.deploy.forms import matchers_of, route_form
from dashboards.deploy.live import Live
from dashboards.deploy.mark import digest, is_ours
from dashboards.deploy.wanted import Wanted
from dashboards.house import TAG
from dashboards.model.json import Json
from telemetry.said import Said, as_is, said

UID = "quanho-route"
_EDITED = said(
    "đã được sửa bằng tay sau lần triển khai cuối: --force để ghi đè", "was edited by hand since it was deployed: --force overwrites it"
)
_MARK = re.compile(r"sha256:([0-9a-f]{64})")


def plan(wanted: Wanted, live: Live, wishes: Wishes) -> Iterator[Action]:
    """Yield the step for our policy, if there is or should be one."""
    if wanted.alerting is None or live.policies is None or not wanted.has_contacts:
        return
    route, tree = wanted.alerting.route, live.policies
    receivers = {str(point.get("name")) for point in live.contact_points if is_ours(point.get("uid"))}
    at = place(tree, route, receivers)
    there = None if at is None else tree["routes"][at]
    name = str((route or there or {}).get("receiver", ""))
    if route is None and there is None:
        return
    bare, mark = unmarked(there or {})
    if route is not None and there is not None and route_form(route) == route_form(bare):
        yield Action("unchanged", "route", UID, name)
        return
    is_edited = there is not None and mark != digest(route_form(bare))
    diff = tuple(json_diff(route_form(bare), route_form(route or {})))
    refusal = _refusal(wanted, live, tree)
    if refusal:
        yield Action("refuse", "route", UID, name, refusal, diff)
    elif route is None and not wishes.prune:
        kept = said("không còn cần: --prune để gỡ", "is no longer wanted: --prune takes it out")
        yield Action("leave", "route", UID, name, kept)
    elif is_edited and not wishes.force:
        yield Action("refuse", "route", UID, name, _EDITED, diff)
    elif route is None:
        yield Action("delete", "route", UID, name, before=(there, receivers))
    elif there is None:
        shown = (Line("+", as_is(_told(route))),)
        yield Action("create", "route", UID, name, diff=shown, body=marked(route), before=(None, receivers))
    else:
        yield Action("update", "route", UID, name, diff=diff, body=marked(route), before=(there, receivers))


def marked(route: Json) -> Json:
    """Return our policy with its mark."""
    mark = {"receiver": route.get("receiver"), "object_matchers": [[TAG, "=", f"sha256:{digest(route_form(route))}"]]}
    return route | {"routes": [*(route.get("routes") or []), mark]}


def unmarked(route: Json) -> tuple[Json, str]:
    """Return a policy without its mark, and the digest in that, "" without one."""
    digests = {at: _digest_in(child) for at, child in enumerate(route.get("routes") or [])}
    kept = [child for at, child in enumerate(route.get("routes") or []) if not digests[at]]
    return route | ({"routes": kept} if "routes" in route else {}), next((each for each in digests.values() if each), "")


def _digest_in(child: Json) -> str:
    matchers = matchers_of(child)
    found = _MARK.fullmatch(matchers[0][2]) if len(matchers) == 1 and matchers[0][:2] == [TAG, "="] else None
    return found[1] if found else ""


def _refusal(wanted: Wanted, live: Live, tree: Json) -> Said | None:
    """Return why the tree is not touched at all, None when it may be."""
    provenance = tree.get("provenance") or ""
    if provenance not in ("", "api"):
        return said(
            f"cây chính sách do nơi khác cấp ({provenance}): thêm chính sách của chúng tôi ở đó",
            f"the policies are provisioned by something else ({provenance}): add ours there",
        )
    if not tree:
        return said("Grafana không cho xem cây chính sách", "Grafana does not show its policies")
    route = wanted.alerting.route if wanted.alerting else None
    taken = _receivers_in(route or {}) & {str(point.get("name")) for point in _others(wanted, live)}
    if taken:
        names = ", ".join(sorted(taken))
        return said(f"điểm liên hệ {names} là của người khác: đổi tên nó", f"the contact point {names} is somebody else's: rename it")
    return None


def place(tree: Json, route: Json | None, receivers: Collection[str]) -> int | None:
    """Return where our policy is among the root's children: by its matchers, else by a receiver of ours and matchers that name us."""
    children = tree.get("routes") or []
    if route is not None:
        for at, child in enumerate(children):
            if matchers_of(child) == matchers_of(route):
                return at
    for at, child in enumerate(children):
        names = {part for matcher in matchers_of(child) for part in matcher}
        if child.get("receiver") in receivers and TAG in names:
            return at
    return None


def merged(tree: Json, at: int | None, route: Json | None) -> Json:
    """Return the tree with our policy put in, exchanged or taken out; everything else is the same."""
    children = list(tree.get("routes") or [])
    if at is not None:
        children[at : at + 1] = [] if route is None else [route]
    elif route is not None:
        children.insert(0, route)
    if not children and "routes" not in tree:
        return tree
    return tree | {"routes": children}


def _others(wanted: Wanted, live: Live) -> Iterator[Json]:
    """Yield the contact points of others that have the name of one of ours."""
    names = {point.name for point in wanted.alerting.contact_points} if wanted.alerting else set()
    return (point for point in live.contact_points if point.get("name") in names and not is_ours(point.get("uid")))


def _receivers_in(route: Json) -> set[str]:
    below = [_receivers_in(child) for child in route.get("routes") or []]
    return {str(route.get("receiver", ""))}.union(*below)


def _told(route: Json) -> str:
    return " ".join("".join(matcher) for matcher in matchers_of(route)) + f" → {route.get('receiver')}"
