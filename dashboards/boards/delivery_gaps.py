"""Gaps: times without readings, and why."""

from dashboards.house import GREEN, MISSED_WITHIN, ORANGE, RED
from dashboards.influxql import ledger
from dashboards.influxql.select import call, equals, name, select
from dashboards.influxql.whose import CHOSEN_GATEWAY, OF_LEDGER
from dashboards.model.json import Json
from dashboards.model.query import Query
from dashboards.panels.mappings import nothing, words
from dashboards.panels.stat import stat
from dashboards.panels.statetimeline import statetimeline
from dashboards.panels.table import column, table
from dashboards.panels.thresholds import steps
from dashboards.panels.transformations import merge, organize
from dashboards.reasons import OF_GAPS, REASONS
from dashboards.units import grafana_unit
from dashboards.words import Text, same

_DAYS = MISSED_WITHIN.removesuffix("d")
_NONE = Text("không có khoảng trống nào", "no gap")
_NS_IN_A_S = 1_000_000_000


def reason_column() -> Json:
    """Return the column of reasons, in words."""
    return column("reason", title=Text("Lý do", "Reason"), mappings=[words(REASONS)])


def whose_columns() -> list[Json]:
    """Return the columns of site, gateway and source."""
    return [
        column("site", title=Text("Điểm", "Site")),
        column("gateway", title=same("Gateway")),
        column("source", title=Text("Nguồn", "Source")),
    ]


_IS_OPEN = ('"opened" * 0 + 1', "open")
_OPEN = Query(ledger.open_gaps_listed(_IS_OPEN, where=CHOSEN_GATEWAY), format="table")
_LONG_OPEN = Query(ledger.long_open_gaps_listed(_IS_OPEN, where=CHOSEN_GATEWAY), format="table")
_CLOSED = Query(
    ledger.closed_gaps(
        (f"({name('to_ns')} - {name('from_ns')}) / {_NS_IN_A_S}", "length"),
        (name("count"), "count"),
        (name("count_known"), "count_known"),
        (f"{name('from_ns')} * 0", "open"),
        where=CHOSEN_GATEWAY,
    ),
    format="table",
)
OPEN_COUNT = stat(
    "open-gaps",
    Text("Khoảng trống đang mở", "Open gaps"),
    Text(
        f"Số nguồn đang im lặng lúc này. Tính các khoảng trống bắt đầu trong {_DAYS} ngày qua, dù đang xem khoảng thời gian nào.",
        f"Sources that are silent now. Gaps that began within {_DAYS} days count, whatever time range is looked at.",
    ),
    [Query(ledger.count_of_open_gaps(where=CHOSEN_GATEWAY))],
    unit=grafana_unit("{count}"),
    empty=_NONE,
    thresholds=steps(GREEN, (1, RED)),
    color="background",
    may_be_empty=True,
    time_from=MISSED_WITHIN,
)
_GAP_COLUMNS = ("open", "reason", "source", "from", "to", "length", "count", "count_known", "site", "gateway")
GAPS = table(
    "gaps",
    Text("Các khoảng trống và lý do", "Gaps and why"),
    Text(
        "Mỗi khoảng thời gian không có số đo là một dòng, khoảng còn mở đứng đầu. Số điểm thiếu là ước lượng theo nhịp báo cáo của nguồn, "
        "trừ khi ghi là chính xác. Khoảng trống bắt đầu trước khung giờ đang xem hiện ra khi nó kết thúc trong khung giờ này, hoặc đến nay "
        f"vẫn chưa kết thúc (trong {_DAYS} ngày).",
        "Each time without readings is one row; those that are not over come first. The number of missing points is estimated from how "
        "often the source reports, unless it says exact. A gap that began before this time range appears if it ended within, or is not "
        f"over even now (within {_DAYS} days).",
    ),
    [_OPEN, _CLOSED, _LONG_OPEN],
    empty=_NONE,
    columns=[
        column(
            "open",
            title=Text("Trạng thái", "State"),
            mappings=[words({1: (Text("ĐANG MỞ", "OPEN"), RED), 0: (Text("đã kết thúc", "closed"), GREEN)})],
            custom__cellOptions={"type": "color-background", "mode": "basic"},
            width=130,
        ),
        reason_column(),
        column("from", unit="dateTimeAsLocal", title=Text("Từ", "From")),
        column("to", unit="dateTimeAsLocal", title=Text("Đến", "To"), mappings=[nothing(Text("chưa kết thúc", "not over"))]),
        column("length", unit=grafana_unit("s"), title=Text("Kéo dài", "Length"), mappings=[nothing(Text("chưa kết thúc", "not over"))]),
        column(
            "count", unit=grafana_unit("{count}"), title=Text("Số điểm thiếu", "Missing"), mappings=[nothing(Text("không rõ", "unknown"))]
        ),
        column(
            "count_known",
            title=Text("Mức chính xác", "Certainty"),
            mappings=[words({True: Text("chính xác", "exact"), False: Text("ước lượng", "estimated")})],
        ),
        *whose_columns(),
    ],
    sort_by=Text("Trạng thái", "State"),
    is_descending=True,
    transformations=(organize(without=("Time",)), merge(), organize(_GAP_COLUMNS)),
    may_be_empty=True,
)


def _told(reason: str, shown: Text | str) -> Query:
    statement = select((name("state"), "state"), of=ledger.LEDGER, where=("\"gap_id\" != ''", reason, *CHOSEN_GATEWAY), by=OF_LEDGER)
    return Query(statement, alias=("$tag_source · ", shown))


TIMELINE = statetimeline(
    "gap-timeline",
    Text("Nguồn nào im lặng lúc nào", "Which source was silent when"),
    Text(
        "Mỗi nguồn từng có khoảng trống là một dải; đỏ: khoảng trống, xanh: đã có số đo trở lại. "
        "Để trống trước dấu hiệu đầu tiên; bảng bên trên là chính xác nhất.",
        "One bar for each source that had a gap; red: gap, green: readings came again. "
        "Blank before the first sign; the table above is the most exact.",
    ),
    [
        *(_told(equals("reason", reason), REASONS[reason]) for reason in OF_GAPS),
        _told(ledger.is_loss(), "$tag_reason"),  # a reason of a later version
    ],
    empty=_NONE,
    mappings=[words({"open": (Text("khoảng trống", "gap"), RED), "closed": (Text("có số đo", "readings"), GREEN)})],
    may_be_empty=True,
)
MISSING = stat(
    "gaps-estimated",
    Text("Điểm thiếu trong khoảng trống", "Missing in gaps"),
    Text(
        "Tổng số điểm đáng lẽ phải có trong các khoảng trống đã kết thúc, theo ước lượng. Không tính khoảng trống không rõ số điểm.",
        "Points that should have come within the gaps that are over, by estimate. Gaps without an estimate are not in it.",
    ),
    [Query(select((call("sum", "count"), "missing"), of=ledger.LEDGER, where=(equals("state", "closed"), *CHOSEN_GATEWAY)))],
    unit=grafana_unit("{count}"),
    empty=_NONE,
    thresholds=steps(GREEN, (1, ORANGE)),
    may_be_empty=True,
)
