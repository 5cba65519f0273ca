"""The tables of gateways: one row each, as its last report tells.

They look back a week whatever range is chosen: whoever fell silent before the range began is still silent.
"""

from dashboards.boards.gateway_state import MINUTES
from dashboards.house import GREEN, ORANGE, RED, SEEN_WITHIN
from dashboards.influxql.seen import heard_lately, silent_count
from dashboards.influxql.select import Select, call, name, select
from dashboards.influxql.whose import CHOSEN_GATEWAY, OF_GATEWAY
from dashboards.model.json import Json
from dashboards.model.link import device_of_row
from dashboards.model.query import Query
from dashboards.panels.mappings import between, nothing, words
from dashboards.panels.stat import stat
from dashboards.panels.table import column, table
from dashboards.panels.thresholds import steps
from dashboards.panels.transformations import count_by, merge, only, organize
from dashboards.units import grafana_unit, unit_of
from dashboards.words import Text, same

_LINK = device_of_row("gateway")
_STATE = words({0: (Text("IM LẶNG", "SILENT"), RED)})
_REPORTING = between(1, None, (Text("đang báo cáo", "reporting"), GREEN))
_YES_NO = {"yes": Text("có", "yes"), "no": Text("không", "no")}
_COLOURED = {"type": "color-background", "mode": "basic"}
_FIELDS = (
    "uplink_up",
    "spool_lines",
    "spool_oldest_age_s",
    "lag_s",
    "clock_trusted",
    "version",
    "card_overwrites_year",
    "disk_free_bytes",
    "rss_bytes",
    "cpu_temperature",
    "undervoltage",
    "spool_epoch",
    "quality",
)


def _last_report(*fields: str) -> Select:
    """Return the last report of each gateway: the time of its `quality` and the other fields of that same point."""
    return select(
        (call("last", "quality"), "seen"), *((name(field), field) for field in fields), of="gateway", where=CHOSEN_GATEWAY, by=OF_GATEWAY
    )


def _columns() -> list[Json]:
    return [
        column("recent", title=Text("Trạng thái", "State"), width=120, mappings=[_STATE, _REPORTING], custom__cellOptions=_COLOURED),
        column("Time", unit="dateTimeFromNow", title=Text("Lần cuối", "Last seen"), width=150),
        column("site", title=Text("Điểm", "Site")),
        column("gateway", title=same("Gateway"), links=[_LINK]),
        column(
            "uplink_up",
            title=Text("Kết nối", "Uplink"),
            mappings=[words({True: (Text("có", "up"), GREEN), False: (Text("mất", "down"), RED)})],
            custom__cellOptions={"type": "color-text"},
        ),
        column("spool_lines", unit=unit_of("gateway", "spool_lines"), title=Text("Dòng chờ gửi", "Lines waiting")),
        column("spool_oldest_age_s", unit=unit_of("gateway", "spool_oldest_age_s"), title=Text("Chờ lâu nhất", "Oldest unsent")),
        column("lag_s", unit=unit_of("gateway", "lag_s"), title=Text("Độ trễ", "Lag")),
        column(
            "clock_trusted",
            title=Text("Đồng hồ", "Clock"),
            mappings=[words({True: (Text("đáng tin", "trusted"), GREEN), False: (Text("chưa tin", "not trusted"), ORANGE)}), _unknown()],
            custom__cellOptions={"type": "color-text"},
        ),
        column("version", title=Text("Phiên bản", "Version"), mappings=[_unknown()]),
        column(
            "card_overwrites_year", unit="none", title=Text("Ghi hết thẻ/năm", "Card overwrites/year"), decimals=2, mappings=[_unknown()]
        ),
        column("disk_free_bytes", unit=unit_of("gateway", "disk_free_bytes"), title=Text("Đĩa trống", "Free disk")),
        column("rss_bytes", unit=unit_of("gateway", "rss_bytes"), title=Text("Bộ nhớ", "Memory")),
        column(
            "cpu_temperature", unit=unit_of("gateway", "cpu_temperature"), title=Text("Nhiệt độ CPU", "CPU"), mappings=[_not_measured()]
        ),
        column(
            "undervoltage",
            title=Text("Thiếu điện áp", "Undervoltage"),
            mappings=[words({True: (_YES_NO["yes"], RED), False: (_YES_NO["no"], GREEN)}), _not_measured()],
            custom__cellOptions={"type": "color-text"},
        ),
        column("spool_epoch", title=Text("Mã kho đệm", "Spool epoch")),
    ]


def _unknown() -> Json:
    return nothing(Text("không rõ", "unknown"))


def _not_measured() -> Json:
    return nothing(Text("không đo", "not measured"))


_FIRST = ("recent", "Time", "site", "gateway")
_HEARD = Query(heard_lately("gateway", where=CHOSEN_GATEWAY), format="table")
_ONE_ROW_EACH = (organize(without=("Time",), of="B"), merge())  # B tells who is silent; its time column is no time of a point
GATEWAYS = table(
    "gateways",
    Text("Tất cả gateway", "All gateways"),
    Text(
        "Mỗi gateway một dòng, theo báo cáo cuối cùng của nó trong 7 ngày qua; gateway im lặng đứng đầu. Im lặng: không báo cáo gì trong "
        f"{MINUTES} phút qua, khi đó các cột khác là của lúc nó còn nói. Bấm vào tên để xem chi tiết.",
        "One row a gateway, as its last report within 7 days tells; silent ones come first. Silent: no report within "
        f"{MINUTES} minutes; the other columns then are of the time when it still spoke. Follow the name for details.",
    ),
    [Query(_last_report(*_FIELDS), format="table"), _HEARD],
    empty=Text("không gateway nào báo cáo trong 7 ngày qua", "no gateway has reported in 7 days"),
    columns=_columns(),
    sort_by=Text("Trạng thái", "State"),
    transformations=(*_ONE_ROW_EACH, organize((*_FIRST, *_FIELDS), without=("seen", "quality"))),
    time_from=SEEN_WITHIN,
)
SILENT = table(
    "silent",
    Text("Ai im lặng, từ bao giờ", "Who is silent, since when"),
    Text(
        f"Gateway đã báo cáo trong 7 ngày qua nhưng không nói gì trong {MINUTES} phút vừa rồi, kèm tình trạng ở lời cuối.",
        f"Gateways that reported within 7 days and said nothing within {MINUTES} minutes, with how they were at their last word.",
    ),
    [Query(_last_report("spool_lines", "uplink_up"), format="table"), _HEARD],
    empty=Text("không gateway nào im lặng", "no gateway is silent"),
    columns=[
        column("Time", unit="dateTimeAsLocal", title=Text("Im lặng từ", "Silent since")),
        column("site", title=Text("Điểm", "Site")),
        column("gateway", title=same("Gateway"), links=[_LINK]),
        column("uplink_up", title=Text("Kết nối lúc đó", "Uplink then"), mappings=[words({True: _YES_NO["yes"], False: _YES_NO["no"]})]),
        column("spool_lines", unit=unit_of("gateway", "spool_lines"), title=Text("Dòng chờ lúc đó", "Lines waiting then")),
    ],
    sort_by=Text("Im lặng từ", "Silent since"),
    transformations=(
        *_ONE_ROW_EACH,
        only("recent", 0),
        organize(("Time", "site", "gateway", "uplink_up", "spool_lines"), without=("recent", "seen")),
    ),
    may_be_empty=True,
    time_from=SEEN_WITHIN,
)
SILENT_COUNT = stat(
    "silent-count",
    Text("Gateway im lặng", "Silent gateways"),
    Text(
        f"Số gateway đã báo cáo trong 7 ngày qua nhưng không nói gì trong {MINUTES} phút vừa rồi.",
        f"Gateways that reported within 7 days and said nothing within {MINUTES} minutes.",
    ),
    [Query(silent_count("gateway", where=CHOSEN_GATEWAY))],
    unit=grafana_unit("{count}"),
    empty=Text("không có", "none"),
    thresholds=steps(GREEN, (1, RED)),
    color="background",
    may_be_empty=True,
    time_from=SEEN_WITHIN,
)
VERSIONS = table(
    "versions",
    Text("Phiên bản tác tử", "Versions of the agent"),
    Text(
        "Bao nhiêu gateway chạy phiên bản nào, theo báo cáo cuối trong 7 ngày. Nhiều dòng: có máy chưa được cập nhật.",
        "How many gateways run which version, by their last report within 7 days. Several rows: some are not up to date.",
    ),
    [Query(_last_report("version"), format="table")],
    empty=Text("chưa gateway nào báo phiên bản", "no gateway has told its version"),
    columns=[
        column("version", title=Text("Phiên bản", "Version"), mappings=[_unknown()]),
        column("gateway (count)", unit=grafana_unit("{count}"), title=Text("Số gateway", "Gateways")),
    ],
    sort_by=Text("Số gateway", "Gateways"),
    is_descending=True,
    transformations=(count_by("version", "gateway"),),
    time_from=SEEN_WITHIN,
)
