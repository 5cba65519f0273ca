"""How well a device reports: quality in words, pace, pauses, supply, radio, its line, and what the ledger says of its gateway."""

from dashboards.boards.delivery_gaps import reason_column
from dashboards.boards.device_values import EVERYTHING
from dashboards.house import ORANGE, RED
from dashboards.influxql import ledger
from dashboards.influxql.counters import risen
from dashboards.influxql.select import AUTO, TIME_FILTER, call, name, select
from dashboards.influxql.whose import CHOSEN_DEVICE, CHOSEN_GATEWAY
from dashboards.measurements import MEASUREMENTS as NAMES
from dashboards.model.panel import Panel
from dashboards.model.query import Query
from dashboards.panels.mappings import nothing, words
from dashboards.panels.statetimeline import statetimeline
from dashboards.panels.table import column, table
from dashboards.panels.timeseries import timeseries
from dashboards.panels.transformations import organize
from dashboards.units import grafana_unit, unit_of
from dashboards.words import Text
from telemetry.catalogue import MEASUREMENTS
from telemetry.quality import FLAGS, Flag

_NOTHING = Text("thiết bị không báo gì trong khoảng thời gian này", "the device reported nothing in this time range")
_IN_WORDS = [column(measurement, title=shown) for measurement, shown in NAMES.items()]


def _flagged(flag: Flag) -> Query:
    """Return when a flag was set. Without the outer time bound InfluxDB 1.6 fills empty groups up to now, far beyond the range."""
    bits = select((f"({name('quality')} & {flag.bit}) / {flag.bit}", "flag"), of=EVERYTHING, where=CHOSEN_DEVICE)
    statement = select((call("max", "flag"), "flag"), of=bits, where=(TIME_FILTER, '"flag" > 0'), every=AUTO)
    return Query(statement, alias=(Text(flag.vi, flag.en), " · $m"))


QUALITY = statetimeline(
    "quality",
    Text("Cờ chất lượng", "Quality flags"),
    Text(
        "Khi nào số đo mang cờ nào. Số đo có cờ vẫn được lưu, nhưng không nên tin như số đo tốt.",
        "When readings had which flag. Flagged readings are stored all the same, but should not be trusted like good ones.",
    ),
    [_flagged(flag) for flag in FLAGS],
    empty=Text("mọi số đo đều tốt, hoặc không có số đo", "all readings are good, or there is none"),
    mappings=[words({1: (Text("có cờ", "flagged"), ORANGE)})],
    show_value="never",
    interval="1m",
    may_be_empty=True,
)
PACE = timeseries(
    "pace",
    Text("Số điểm mỗi phút", "Points per minute"),
    Text(
        "Nhịp thô của thiết bị, đếm mọi điểm đã lưu. Cột đầu và cột cuối có thể thấp vì chưa trọn khoảng.",
        "The raw pace of the device, all stored points counted. The first and the last may be low, their interval is not a whole one.",
    ),
    [
        Query(
            select(
                (f"{call('count', 'quality')} * 60000.0 / $__interval_ms", "points"),
                of=EVERYTHING,
                where=CHOSEN_DEVICE,
                every=AUTO,
                fill="0",
            ),
            alias="$m",
        )
    ],
    unit="suffix: /min",
    empty=_NOTHING,
    legend_calcs=("mean", "max"),
    overrides=_IN_WORDS,
    interval="1m",
)
PAUSE = timeseries(
    "pause",
    Text("Khoảng nghỉ dài nhất", "Longest pause"),
    Text(
        "Thời gian dài nhất giữa hai điểm liền nhau, ghi vào lúc điểm sau đến. Khoảng đang kéo dài đến bây giờ chưa có ở đây.",
        "The longest time between two points, at the time when the second came. A pause that still goes on is not here yet.",
    ),
    [
        Query(
            select(
                (call("max", "pause"), "pause"),
                of=select((f"elapsed({name('quality')}, 1ms) / 1000.0", "pause"), of=EVERYTHING, where=CHOSEN_DEVICE),
                every=AUTO,
                fill="none",
            ),
            alias="$m",
        )
    ],
    unit=grafana_unit("s"),
    empty=_NOTHING,
    style={"drawStyle": "points", "pointSize": 5},
    overrides=_IN_WORDS,
    interval="1m",
)


def _of_each(key: str, title: Text, description: Text, field: str, empty: Text) -> Panel:
    told_by = [measurement for measurement, quantities in MEASUREMENTS.items() if any(each.field == field for each in quantities)]
    return timeseries(
        key,
        title,
        description,
        [Query(select((call("mean", field), field), of=f"/^({'|'.join(told_by)})$/", where=CHOSEN_DEVICE, every=AUTO), alias="$m")],
        unit=unit_of("air", field),  # the same for every device (telemetry/catalogue/common.py)
        empty=empty,
        overrides=_IN_WORDS,
        may_be_empty=True,
    )


BATTERY = _of_each(
    "battery",
    Text("Ắc quy", "Battery"),
    Text("Điện áp ắc quy hoặc pin của thiết bị.", "Voltage of the device's battery."),
    "battery",
    Text("thiết bị không báo ắc quy", "the device does not report a battery"),
)
RADIO = _of_each(
    "rssi",
    Text("Cường độ sóng", "Radio signal"),
    Text("RSSI ở phía nhận; càng gần 0 càng mạnh.", "RSSI at the receiver; the nearer to 0 the stronger."),
    "rssi",
    Text("thiết bị không dùng sóng vô tuyến, hoặc không báo", "the device has no radio, or does not report it"),
)
_COUNTERS = tuple(quantity for quantity in MEASUREMENTS["board_link"] if quantity.is_counter)
LINK = timeseries(
    "board-link",
    Text("Đường truyền tới bo mạch", "Line to the board"),
    Text(
        "Mức tăng của các bộ đếm: khung nhận, hỏng, gửi lại, số đo nhận và mất. "
        "Bộ đếm về 0 khi tác tử khởi động lại; bước lùi đó không được tính.",
        "How much the counters rose: frames received, damaged, sent again, readings received and lost. They begin anew with the agent; "
        "that step back does not count.",
    ),
    [Query(risen(each.field, "board_link", CHOSEN_DEVICE), alias=Text(each.vi, each.en)) for each in _COUNTERS],
    unit=grafana_unit("{count}"),
    empty=Text("thiết bị không phải bo mạch nối dây", "the device is no board on a line"),
    legend_calcs=("sum",),
    interval="1m",
    may_be_empty=True,
)
LEDGER = table(
    "ledger",
    Text("Sổ cái của gateway này", "Ledger of its gateway"),
    Text(
        "Mục mới nhất về mọi nguồn của gateway. Sổ cái ghi theo nguồn trong cấu hình, một nguồn có thể gồm nhiều thiết bị.",
        "The newest entries about all sources of the gateway. The ledger goes by configured sources; one may be several devices.",
    ),
    [
        Query(
            select(
                *((name(each), each) for each in ("source", "reason", "state", "count", "count_known", "note")),
                of=ledger.LEDGER,
                where=CHOSEN_GATEWAY,
                rest="ORDER BY time DESC LIMIT 100",
            ),
            format="table",
        )
    ],
    empty=Text("sổ cái không ghi mất mát hay khoảng trống nào", "the ledger tells of no loss and no gap"),
    columns=[
        column("Time", unit="dateTimeAsLocal", title=Text("Lúc", "When"), width=170),
        column("source", title=Text("Nguồn", "Source")),
        reason_column(),
        column(
            "state",
            title=Text("Khoảng trống", "Gap"),
            mappings=[
                words({"open": (Text("bắt đầu", "begins"), RED), "closed": Text("kết thúc", "ends")}),
                nothing(Text("–", "–")),
            ],
        ),
        column("count", unit=grafana_unit("{count}"), title=Text("Số điểm", "Points"), mappings=[nothing(Text("không rõ", "unknown"))]),
        column(
            "count_known",
            title=Text("Mức chính xác", "Certainty"),
            mappings=[words({True: Text("chính xác", "exact"), False: Text("ước lượng / ít nhất", "estimated / at least")})],
        ),
        column("note", title=Text("Ghi chú", "Note"), mappings=[nothing(Text("–", "–"))]),
    ],
    transformations=(organize(("Time", "source", "reason", "state", "count", "count_known", "note")),),
    may_be_empty=True,
)
