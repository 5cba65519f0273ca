"""Losses by reason and source, and what was refused. Where a number is not known, panels say so and never 0."""

from collections.abc import Mapping
from typing import Any

from dashboards.boards.delivery_gaps import reason_column, whose_columns
from dashboards.house import GREEN, ORANGE, RED
from dashboards.influxql import ledger
from dashboards.influxql.counters import risen
from dashboards.influxql.select import AUTO, call, name, select
from dashboards.influxql.whose import CHOSEN_GATEWAY, OF_GATEWAY, OF_LEDGER
from dashboards.model.query import Query
from dashboards.panels.mappings import between, nothing, words
from dashboards.panels.stat import stat
from dashboards.panels.table import column, table
from dashboards.panels.thresholds import steps
from dashboards.panels.timeseries import timeseries
from dashboards.panels.transformations import organize
from dashboards.reasons import COPIES, NOT_LOST, REASONS, REFUSED
from dashboards.units import grafana_unit, unit_of
from dashboards.words import Text

_NONE = Text("không mất gì", "nothing was lost")
_NOTHING_REFUSED = Text("không có gì bị từ chối", "nothing was refused")
_LOST = (ledger.is_loss(), ledger.among("reason", (*REFUSED, *COPIES, *NOT_LOST), is_not=True), *CHOSEN_GATEWAY)
_UNKNOWN = nothing((Text("không rõ", "unknown"), ORANGE))

LOST_COUNT = stat(
    "lost",
    Text("Điểm đã mất", "Readings lost"),
    Text(
        "Tổng số điểm mà sổ cái biết chắc là đã mất. Những mục không biết hết số lượng được đếm ở ô bên cạnh, nên số thật có thể lớn hơn.",
        "Readings that the ledger knows to be lost. Entries that do not know their whole number are counted beside, so it may be more.",
    ),
    [Query(select((call("sum", "count"), "lost"), of=ledger.LEDGER, where=_LOST))],
    unit=grafana_unit("{count}"),
    empty=Text("không mất điểm nào mà sổ cái biết số lượng", "no loss whose number the ledger knows"),
    thresholds=steps(GREEN, (1, RED)),
    may_be_empty=True,
)
UNSURE_COUNT = stat(
    "unsure",
    Text("Mục mất mát không rõ số lượng", "Losses of unknown size"),
    Text(
        "Số mục trong sổ cái mà số điểm mất không biết hoặc chỉ biết một phần.",
        "Entries of the ledger whose number of lost readings is not known, or only in part.",
    ),
    [Query(select((call("count", "quality"), "unsure"), of=ledger.LEDGER, where=(*_LOST, '"count_known" = false')))],
    unit=grafana_unit("{count}"),
    empty=Text("không có", "none"),
    thresholds=steps(GREEN, (1, ORANGE)),
    may_be_empty=True,
)
LOSSES = table(
    "losses",
    Text("Mất mát theo lý do và nguồn", "Losses by reason and source"),
    Text(
        "Mọi mất mát mà gateway ghi vào sổ cái. “Ít nhất”: có mục chỉ biết một phần. “Không rõ”: không ai biết bao nhiêu. "
        "Số để riêng vì bị từ chối cũng ở đây; “chờ ở broker” và “chỉnh đồng hồ” được ghi lại nhưng không mất gì.",
        "Every loss that a gateway put into its ledger. “At least”: some entries know a part only. “Unknown”: nobody knows how many. "
        "What was refused and set aside is here as well; “queued at the broker” and “clock corrected” are told, but nothing was lost.",
    ),
    [Query(ledger.losses(CHOSEN_GATEWAY), format="table")],
    empty=_NONE,
    columns=[
        reason_column(),
        *whose_columns(),
        column("lost", unit=grafana_unit("{count}"), title=Text("Số điểm", "Readings"), mappings=[_UNKNOWN]),
        column(
            "inexact",
            title=Text("Mức chính xác", "Certainty"),
            mappings=[
                words({0: (Text("chính xác", "exact"), GREEN)}),
                between(1, None, (Text("ít nhất / không rõ", "at least / unknown"), ORANGE)),
            ],
            custom__cellOptions={"type": "color-text"},
        ),
        column("entries", unit=grafana_unit("{count}"), title=Text("Số mục", "Entries")),
    ],
    sort_by=Text("Số điểm", "Readings"),
    is_descending=True,
    transformations=(organize(("reason", "source", "lost", "inexact", "entries", "site", "gateway"), without=("Time",)),),
    may_be_empty=True,
)


def _in_words() -> list[Mapping[str, Any]]:
    return [column(reason, title=shown) for reason, shown in REASONS.items()]


OVER_TIME = timeseries(
    "losses-over-time",
    Text("Mất mát theo thời gian", "Losses over time"),
    Text(
        "Số điểm mất theo lý do, vào lúc gateway ghi sổ. Mục không rõ số lượng không có cột; xem bảng bên cạnh.",
        "Readings lost by reason, at the time when the gateway wrote them down. Entries without a number have no bar; see the table.",
    ),
    [
        Query(
            select(
                (call("sum", "count"), "lost"),
                of=ledger.LEDGER,
                where=(ledger.is_loss(), ledger.among("reason", NOT_LOST, is_not=True), *CHOSEN_GATEWAY),
                by=("reason",),
                every=AUTO,
                fill="none",
            ),
            alias="$tag_reason",
        )
    ],
    unit=grafana_unit("{count}"),
    empty=_NONE,
    style={"drawStyle": "bars", "fillOpacity": 70, "stacking": {"mode": "normal", "group": "A"}},
    overrides=_in_words(),
    legend_calcs=("sum",),
    may_be_empty=True,
    interval="5m",
)
REJECTED = table(
    "rejected",
    Text("Bị từ chối và để riêng", "Refused and set aside"),
    Text(
        "Các lần mới nhất bộ giải mã hoặc kho lưu trữ từ chối, kèm lời của chúng. Bản gốc nằm trên gateway: quanho edge account.",
        "The newest refusals by a decoder or by the store, in their own words. The originals are on the gateway: quanho edge account.",
    ),
    [
        Query(
            select(
                (name("count"), "count"),
                (name("count_known"), "count_known"),
                (name("note"), "note"),
                *((name(tag), tag) for tag in OF_LEDGER),
                of=ledger.LEDGER,
                where=(ledger.among("reason", REFUSED), *CHOSEN_GATEWAY),
                rest="ORDER BY time DESC LIMIT 200",
            ),
            format="table",
        )
    ],
    empty=_NOTHING_REFUSED,
    columns=[
        column("Time", unit="dateTimeAsLocal", title=Text("Lúc", "When"), width=170),
        column("count", unit=grafana_unit("{count}"), title=Text("Số điểm", "Readings"), mappings=[_UNKNOWN], width=100),
        column(
            "count_known",
            title=Text("Mức chính xác", "Certainty"),
            mappings=[words({True: Text("chính xác", "exact"), False: Text("ít nhất", "at least")})],
            width=110,
        ),
        column("note", title=Text("Lời giải thích", "In their words"), mappings=[nothing(Text("không ghi", "none given"))]),
        reason_column(),
        *whose_columns(),
    ],
    transformations=(organize(("Time", "reason", "source", "count", "count_known", "note", "site", "gateway")),),
    may_be_empty=True,
)
REJECTED_RATE = timeseries(
    "rejected-over-time",
    Text("Số điểm bị từ chối theo thời gian", "Refused over time"),
    Text(
        "Mức tăng của bộ đếm điểm bị từ chối. Bộ đếm về 0 khi tác tử khởi động lại; bước lùi đó không được tính.",
        "How much the counter of refused points rose. It begins anew with the agent; that step back does not count.",
    ),
    [
        Query(risen("rejected_total", "gateway", CHOSEN_GATEWAY, OF_GATEWAY), alias="$tag_site · $tag_gateway"),
    ],
    unit=unit_of("gateway", "rejected_total"),
    empty=Text("không gateway nào báo cáo trong khoảng thời gian này", "no gateway reported in this time range"),
    style={"drawStyle": "bars", "fillOpacity": 70},
    legend_calcs=("sum",),
    interval="5m",
)
