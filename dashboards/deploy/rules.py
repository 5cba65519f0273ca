"""The plan for alert rules, a step a group: `PUT rule-groups` replaces a whole group, so what is not ours to change goes along as it is."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from dashboards.alerting.rendered import RuleGroup
from dashboards.deploy.action import Action, Wishes
from dashboards.deploy.diff import Line, deeper, json_diff
from dashboards.deploy.forms import rule_form
from dashboards.deploy.live import FOLDER_UIDS, Live
from dashboards.deploy.mark import ANNOTATION, RuleMark, digest, is_ours, rule_mark
from dashboards.deploy.wanted import Wanted
from dashboards.house import TAG
from dashboards.model.json import Json
from telemetry.said import Said, as_is, said

_EDITED = said(
    "đã được sửa bằng tay sau lần triển khai cuối: --force để ghi đè", "was edited by hand since it was deployed: --force overwrites it"
)
_ELSEWHERE = said(
    "nằm trong thư mục không phải của chúng tôi: xóa nó hoặc đổi uid", "is in a folder that is not ours: delete it or change its uid"
)
_LINK, _HEARTBEAT = "runbook_url", "watchdog"
_UNWANTED = said("không còn cần: --prune để xóa", "is no longer wanted: --prune deletes it")


@dataclass(frozen=True, slots=True)
class _Judged:
    """A rule as it will stand in its group, what changes, and why it may not."""

    rule: Json
    sign: str = ""
    diff: tuple[Line, ...] = ()
    refusal: Said | None = None


def plan(wanted: Wanted, live: Live, wishes: Wishes) -> Iterator[Action]:
    """Yield a step for each group, one for each rule that is left alone, and one for each of ours that is no longer wanted."""
    if wanted.alerting is None:
        return
    there = {str(rule.get("uid")): rule for rule in live.rules}
    groups = wanted.alerting.groups
    uids = {str(rule["uid"]) for group in groups for rule in group.rules}
    unwanted = [rule for uid, rule in there.items() if is_ours(uid) and uid not in uids and rule.get("folderUID") in FOLDER_UIDS]
    if not wanted.has_contacts:
        groups = tuple(_with_links(group, there) for group in groups)
        unwanted = [rule for rule in unwanted if not _is_heartbeat(rule)]
    for group in groups:
        yield from _group(group, live.groups.get((group.folder_uid, group.name)) or {}, there, wishes)
    for rule in unwanted:
        yield _unwanted(rule, wishes)


def _is_heartbeat(rule: Json) -> bool:
    """Tell whether a rule is there only because some contact wants it."""
    return (rule.get("labels") or {}).get(TAG) == _HEARTBEAT


def marked(rule: Json, kept: str | None = None) -> Json:
    """Return a rule with its mark; `kept` is the digest of what Grafana made of it, where that is another."""
    sent = digest(rule_form(rule))
    return rule | {"annotations": (rule.get("annotations") or {}) | {ANNOTATION: str(RuleMark(sent, kept or sent))}}


def _with_links(group: RuleGroup, there: dict[str, Json]) -> RuleGroup:
    """Return a group with the links to runbooks that its rules have: where those are served is said with the contacts, not given now."""
    return replace(group, rules=tuple(_with_link(rule, there.get(str(rule["uid"])) or {}) for rule in group.rules))


def _with_link(rule: Json, there: Json) -> Json:
    annotations, live = rule.get("annotations") or {}, str((there.get("annotations") or {}).get(_LINK, ""))
    is_same = live.partition("#")[2] == str(annotations.get(_LINK, "")).partition("#")[2]
    return rule | {"annotations": annotations | {_LINK: live}} if live and is_same else rule


def _group(group: RuleGroup, live: Json, there: dict[str, Json], wishes: Wishes) -> Iterator[Action]:
    in_group = live.get("rules") or []
    strangers = [str(rule.get("title")) for rule in in_group if not is_ours(rule.get("uid"))]
    if strangers:
        names = ", ".join(strangers)
        reason = said(
            f"nhóm có quy tắc không phải của chúng tôi ({names}), ghi nhóm sẽ xóa chúng: chuyển chúng sang nhóm khác",
            f"the group holds rules that are not ours ({names}), and writing it would delete them: move them to another group",
        )
        yield Action("refuse", "rule group", group.name, group.name, reason)
        return
    judged = [_judge(_placed(rule, group), there.get(str(rule["uid"])), wishes) for rule in group.rules]
    for each in judged:
        if each.refusal:
            yield Action("refuse", "rule", str(each.rule["uid"]), str(each.rule.get("title")), each.refusal, each.diff)
    diff = tuple(line for each in judged if not each.refusal for line in _lines(each))
    if live and live.get("interval") != group.interval_s:
        diff = (*json_diff({"interval_s": live.get("interval")}, {"interval_s": group.interval_s}), *diff)
    if not diff:
        yield Action("unchanged", "rule group", group.name, group.name)
        return
    wanted = {str(rule["uid"]) for rule in group.rules}
    others = [rule for rule in in_group if rule.get("uid") not in wanted]
    here = {rule.get("uid") for rule in in_group}
    kept = [each.rule for each in judged if not each.refusal or each.rule.get("uid") in here]
    body = {"title": group.name, "folderUid": group.folder_uid, "interval": group.interval_s, "rules": [*kept, *others]}
    yield Action("update" if live else "create", "rule group", group.name, group.name, diff=diff, body=body, before=live or None)


def _placed(rule: Json, group: RuleGroup) -> Json:
    return {"orgID": 1, **rule, "folderUID": group.folder_uid, "ruleGroup": group.name}


def _judge(rule: Json, there: Json | None, wishes: Wishes) -> _Judged:
    """Decide what becomes of a rule; one that is left alone stands in the group as it is."""
    if there is None:
        return _Judged(marked(rule), "+")
    form, live_form = rule_form(rule), rule_form(there)
    mark = rule_mark(there)
    is_as_left = mark is not None and digest(live_form) == mark.kept
    if there.get("folderUID") not in FOLDER_UIDS:
        return _Judged(there, refusal=_ELSEWHERE)
    if form == live_form or (is_as_left and mark and mark.sent == digest(form)):
        return _Judged(there)
    diff = tuple(json_diff(live_form, form))
    provenance = there.get("provenance") or ""
    if provenance not in ("", "api"):
        elsewhere = said(f"do nơi khác cấp ({provenance}): sửa ở đó", f"is provisioned by something else ({provenance}): change it there")
        return _Judged(there, "~", diff, elsewhere)
    if not is_as_left and not wishes.force:
        return _Judged(there, "~", diff, _EDITED)
    return _Judged(marked(rule), "~", diff)


def _lines(judged: _Judged) -> Iterator[Line]:
    title = as_is(f"“{judged.rule.get('title')}”")
    if judged.sign == "+":
        yield Line("+", title)
    elif judged.sign:
        yield Line("~", title)
        yield from deeper(judged.diff)


def _unwanted(rule: Json, wishes: Wishes) -> Action:
    uid, title = str(rule["uid"]), str(rule.get("title"))
    if not wishes.prune:
        return Action("leave", "rule", uid, title, _UNWANTED)
    mark = rule_mark(rule)
    if (mark is None or digest(rule_form(rule)) != mark.kept) and not wishes.force:
        return Action("refuse", "rule", uid, title, _EDITED)
    return Action("delete", "rule", uid, title, before=rule)
