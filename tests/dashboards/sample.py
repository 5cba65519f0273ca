"""A dashboard with one of everything, sound as it is, for tests that break it; points of a store on which all of it shows something."""

import copy
from collections.abc import Callable
from typing import Any

from dashboards.house import TAG
from dashboards.influxql.select import AUTO, call, is_variable, name, select
from dashboards.model.board import Board
from dashboards.model.datasource import BY_VARIABLE
from dashboards.model.grid import Row
from dashboards.model.query import Query
from dashboards.model.variable import TagVariable
from dashboards.panels.stat import stat
from dashboards.panels.table import column, table
from dashboards.panels.timeseries import timeseries
from dashboards.words import Language, Text

_SITE = is_variable("site")
_NO_DATA = Text("trạm không gửi", "the station sends nothing")

_DUST = timeseries(
    "dust",
    Text("Bụi", "Dust"),
    Text("Trung bình theo trạm.", "Means by station."),
    [Query(select(call("mean", "pm2_5"), of="air", where=(_SITE,), by=("device",), every=AUTO), alias="$tag_device")],
    unit="conμgm3",
    empty=_NO_DATA,
)
_AGE = stat(
    "age",
    Text("Chờ gửi", "Waiting"),
    Text("Bản ghi cũ nhất chưa gửi.", "The oldest unsent record."),
    [Query(select((f"{call('max', 'spool_oldest_age_s')} / 3600", "age"), of="gateway", where=(_SITE,), by=("gateway",)))],
    unit="h",
    empty=_NO_DATA,
)
_GATEWAYS = table(
    "gateways",
    Text("Gateway", "Gateways"),
    Text("Mỗi hàng một gateway.", "A row a gateway."),
    [
        Query(
            select(
                (call("last", "rss_bytes"), "memory"),
                (call("last", "clock_trusted"), "up"),
                (f"{call('sum', 'stored_total')} / {call('sum', 'received_total')} * 100", "stored"),
                of="gateway",
                where=(_SITE,),
                by=("gateway",),
            ),
            format="table",
        )
    ],
    empty=_NO_DATA,
    columns=[column("memory", unit="bytes"), column("up", unit="bool_yes_no"), column("stored", unit="percent")],
)
_GAPS = stat(
    "gaps",
    Text("Khoảng trống", "Gaps"),
    Text("Số khoảng trống.", "How many gaps."),
    [Query(select(call("count", "gap_id"), of="ledger", where=("\"state\" = 'open'", _SITE), by=("reason",)))],
    unit="short",
    empty=_NO_DATA,
    may_be_empty=True,
)

BOARD = Board(
    "sample",
    Text("Mẫu", "Sample"),
    Text("Mỗi thứ một cái.", "One of everything."),
    (Row(8, ((12, _DUST), (12, _AGE))), Row(8, ((18, _GATEWAYS), (6, _GAPS)), Text("Gateway", "Gateways"))),
    (TagVariable("site", Text("Điểm", "Site"), "site", "gateway"),),
    (
        {
            "name": Text("Khoảng trống", "Gaps"),
            "datasource": BY_VARIABLE,
            "enable": True,
            "iconColor": "red",
            "query": select(name("note"), of="ledger", where=(_SITE,)).text,
            "textColumn": "note",
        },
    ),
)
GAPS_ID = _GAPS.id
LINES = (
    "air,site=ha-noi,gateway=gw-1,device=dust-1 pm2_5=31.5,quality=0i {time}\n"
    "air,site=ha-noi,gateway=gw-1,device=dust-2 pm2_5=33,quality=0i {time}\n"
    "gateway,site=ha-noi,gateway=gw-1,device=gw-1 spool_oldest_age_s=7200,rss_bytes=40000000i,clock_trusted=true,"
    "stored_total=99i,received_total=100i,quality=0i {time}\n"
    'ledger,site=ha-noi,gateway=gw-1,device=gw-1,source=bus,reason=source\\ silent gap_id="1",state="open",note="x",quality=0i {time}\n'
)

RULE: dict[str, Any] = {
    "uid": f"{TAG}-dust",
    "title": "Bụi / Dust",
    "ruleGroup": "air",
    "folderUID": "quanho-alerts",
    "condition": "C",
    "for": "5m",
    "labels": {"severity": "warning"},
    "annotations": {
        "summary": "Bụi cao",
        "summary_en": "Much dust",
        "runbook_url": "https://example.org/docs/runbooks/config.md",
    },
    "data": [
        {
            "refId": "A",
            "datasourceUid": "quanho-influxdb",
            "relativeTimeRange": {"from": 3600, "to": 0},
            "model": {
                "refId": "A",
                "rawQuery": True,
                "query": select(call("last", "pm2_5"), of="air", by=("device",)).text,
                "intervalMs": 60_000,
            },
        },
        {"refId": "B", "datasourceUid": "__expr__", "model": {"type": "reduce", "expression": "A", "reducer": "last"}},
        {"refId": "C", "datasourceUid": "__expr__", "model": {"type": "threshold", "expression": "B"}},
    ],
}

Json = dict[str, Any]


def board(language: Language = "en") -> Json:
    """Return the sound dashboard, with its own annotation alone of those that ask a store."""
    rendered = BOARD.render(language)
    shown = rendered["annotations"]["list"]
    shown[:] = [each for each in shown if each.get("builtIn")] + shown[-1:]
    return rendered


def broken(change: Callable[[Json], object]) -> Json:
    """Return the dashboard with a change."""
    changed = copy.deepcopy(board())
    change(changed)
    return changed


def broken_rule(change: Callable[[Json], object]) -> Json:
    """Return the alert rule with a change."""
    changed = copy.deepcopy(RULE)
    change(changed)
    return changed


def panel(board: Json, title: str) -> Json:
    """Return a panel by its English title."""
    found: Json = next(each for each in board["panels"] if each["title"] == title and each["type"] != "row")
    return found


def rewrite(title: str, old: str, new: str) -> Callable[[Json], object]:
    """Return a change of the query of a panel."""

    def change(board: Json) -> None:
        target = panel(board, title)["targets"][0]
        assert old in target["query"]
        target["query"] = target["query"].replace(old, new)

    return change
