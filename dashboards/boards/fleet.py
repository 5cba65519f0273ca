"""Fleet: which gateways there are, how each is, and who has fallen silent since when.

Everything an agent says of itself is one point every 10 s, so the last point tells the state of a gateway, and its time when it was last
seen.
"""

from collections.abc import Mapping

from dashboards.boards.fleet_table import GATEWAYS, SILENT, SILENT_COUNT, VERSIONS
from dashboards.house import GREEN, ORANGE, RED, YELLOW
from dashboards.influxql.select import AUTO, TIME_FILTER, call, name, select
from dashboards.influxql.whose import CHOSEN_GATEWAY, OF_GATEWAY
from dashboards.model.board import Board
from dashboards.model.grid import Row
from dashboards.model.panel import Panel
from dashboards.model.query import Query
from dashboards.model.variable import TagVariable
from dashboards.panels.mappings import Shown, words
from dashboards.panels.statetimeline import statetimeline
from dashboards.panels.timeseries import timeseries
from dashboards.units import grafana_unit, unit_of
from dashboards.words import Text
from telemetry.quality import CLOCK_ESTIMATED, TIME_RECONSTRUCTED

_NAMED = "$tag_site · $tag_gateway"
_NO_REPORT = Text("không gateway nào báo cáo trong khoảng thời gian này", "no gateway reported in this time range")
_NO_PI = Text("máy không phải Raspberry Pi nên không đo", "the machines are no Raspberry Pi and do not measure it")
_NOT_COUNTED = Text("gateway chưa chạy đủ lâu để ước lượng, hoặc không đo được", "too short a run to tell, or it cannot be measured")


def _curve(
    key: str,
    title: Text,
    description: Text,
    *fields: str,
    function: str = "mean",
    unit: str = "",
    may_be_empty: bool = False,
    empty: Text = _NO_REPORT,
) -> Panel:
    several = len(fields) > 1
    queries = [
        Query(
            select((call(function, field), field), of="gateway", where=CHOSEN_GATEWAY, by=OF_GATEWAY, every=AUTO),
            alias=f"{_NAMED} · $col" if several else _NAMED,
        )
        for field in fields
    ]
    return timeseries(
        key,
        title,
        description,
        queries,
        unit=unit or unit_of("gateway", fields[0]),
        empty=empty,
        interval="10s",
        may_be_empty=may_be_empty,
    )


def _states(
    key: str,
    title: Text,
    description: Text,
    field: str,
    shown: Mapping[bool, Shown],
    *,
    may_be_empty: bool = False,
    empty: Text = _NO_REPORT,
) -> Panel:
    """Return when a boolean field of each gateway was last told to be what."""
    last = select((call("last", field), field), of="gateway", where=CHOSEN_GATEWAY, by=OF_GATEWAY, every=AUTO)
    return statetimeline(
        key,
        title,
        description,
        [Query(last, alias=_NAMED)],
        empty=empty,
        mappings=[words(shown)],
        interval="1m",
        may_be_empty=may_be_empty,
    )


_DEPTH = _curve(
    "depth",
    Text("Số dòng chờ gửi", "Lines waiting"),
    Text(
        "Số dòng còn trong kho đệm của mỗi gateway, lấy mức cao nhất. Đi lên: mất kết nối hoặc kho không nhận; đi xuống: đang gửi bù.",
        "Lines in the spool of each gateway, the highest. Rising: no uplink, or the store takes nothing; falling: it is catching up.",
    ),
    "spool_lines",
    function="max",
)
_AGE = _curve(
    "age",
    Text("Tuổi bản ghi cũ nhất chưa gửi", "Age of the oldest unsent record"),
    Text(
        "Bản ghi cũ nhất còn chờ đã chờ bao lâu. Tăng đều theo thời gian nghĩa là không gửi được gì.",
        "How long the oldest waiting record has waited. A steady rise means that nothing is delivered.",
    ),
    "spool_oldest_age_s",
    function="max",
)
_CLOCK = _states(
    "clock",
    Text("Trạng thái đồng hồ", "Clock state"),
    Text(
        "Gateway có tin đồng hồ của mình không. Khi chưa tin, thời gian của số đo được ước lượng và sửa lại sau.",
        "Whether a gateway trusts its clock. While it does not, times of readings are estimated, and repaired later.",
    ),
    "clock_trusted",
    {True: (Text("đáng tin", "trusted"), GREEN), False: (Text("chưa đáng tin", "not trusted"), ORANGE)},
    empty=Text("phiên bản tác tử cũ chưa báo trạng thái đồng hồ", "agents of an older version do not tell their clock's state"),
    may_be_empty=True,
)


def _marked(bit: int) -> Query:
    inner = select((f"({name('quality')} & {bit}) / {bit}", "marked"), of="gateway", where=CHOSEN_GATEWAY, by=OF_GATEWAY)
    return Query(
        select((call("max", "marked"), "marked"), of=inner, where=(TIME_FILTER,), by=OF_GATEWAY, every=AUTO),
        alias=(f"{_NAMED} · ", _BITS[bit]),
    )


_BITS = {
    CLOCK_ESTIMATED: Text("thời gian ước lượng", "clock was estimated"),
    TIME_RECONSTRUCTED: Text("thời gian được dựng lại", "time was reconstructed"),
}
_MARKED = statetimeline(
    "marked-times",
    Text("Số đo có thời gian ước lượng hoặc dựng lại", "Readings with estimated or reconstructed times"),
    Text(
        "Theo bit chất lượng 16 và 256 trên báo cáo của chính gateway. Có: thời điểm của số đo lúc đó không phải do đồng hồ đáng tin ghi.",
        "By quality bits 16 and 256 of the gateway's own reports. Yes: the times of readings then were not told by a trusted clock.",
    ),
    [_marked(bit) for bit in _BITS],
    empty=_NO_REPORT,
    mappings=[words({0: (Text("không", "no"), GREEN), 1: (Text("có", "yes"), YELLOW)})],
    interval="1m",
    show_value="never",
)
_OVERWRITES = _curve(
    "overwrites",
    Text("Số lần ghi hết thẻ mỗi năm", "Full overwrites of the card a year"),
    Text(
        "Với nhịp ghi hiện nay, một năm thẻ nhớ bị ghi hết bao nhiêu lần. So với số lần ghi mà nhà sản xuất cho phép.",
        "How often a year the card is overwritten in full at this rate. To be compared with what its maker allows.",
    ),
    "card_overwrites_year",
    may_be_empty=True,
    empty=_NOT_COUNTED,
)
_WRITTEN = _curve(
    "written",
    Text("Lượng ghi dự tính mỗi năm", "Projected writes a year"),
    Text(
        "Số byte tác tử sẽ ghi xuống đĩa trong một năm theo nhịp hiện nay.",
        "Bytes the agent would write to its disk in a year at this rate.",
    ),
    "written_year_bytes",
    may_be_empty=True,
    empty=_NOT_COUNTED,
)
_DISK = _curve(
    "disk",
    Text("Dung lượng đĩa còn trống", "Free disk"),
    Text("Chỗ còn trống dưới kho đệm, lấy mức thấp nhất.", "Room left below the spool, the lowest."),
    "disk_free_bytes",
    function="min",
)
_MEMORY = _curve(
    "memory",
    Text("Bộ nhớ của tác tử", "Memory of the agent"),
    Text(
        "Bộ nhớ tác tử đang giữ, lấy mức cao nhất. Tăng mãi không dừng là dấu hiệu rò rỉ.",
        "What the agent holds, the highest. A rise that never ends is a leak.",
    ),
    "rss_bytes",
    function="max",
)
_LOAD = _curve(
    "load",
    Text("Tải hệ thống 1 phút", "Load average, 1 minute"),
    Text(
        "Số tiến trình chờ bộ xử lý. Cao hơn số nhân trong thời gian dài là quá tải.",
        "Processes waiting for the processor. Above the number of cores for long: overload.",
    ),
    "load_1m",
    function="max",
    may_be_empty=True,
    empty=Text("phiên bản tác tử cũ chưa đo tải", "agents of an older version do not measure it"),
)
_WARMTH = _curve(
    "warmth",
    Text("Nhiệt độ CPU", "CPU temperature"),
    Text("Chỉ có trên Raspberry Pi, nơi bộ xử lý tự giảm tốc ở 85 °C.", "Only on a Raspberry Pi, whose processor slows down at 85 °C."),
    "cpu_temperature",
    function="max",
    may_be_empty=True,
    empty=_NO_PI,
)
_POWER_SUPPLY = _states(
    "undervoltage",
    Text("Thiếu điện áp nguồn", "Undervoltage"),
    Text(
        "Raspberry Pi báo nguồn cấp dưới mức cho phép: nguồn yếu hoặc dây dài. Thẻ nhớ có thể hỏng theo.",
        "A Raspberry Pi reports a supply below what it needs: a weak adapter or long wires. Cards may be damaged by it.",
    ),
    "undervoltage",
    {True: (Text("thiếu điện áp", "too low"), RED), False: (Text("đủ", "sufficient"), GREEN)},
    empty=_NO_PI,
    may_be_empty=True,
)
_UPLINK = _states(
    "uplink",
    Text("Kết nối về trung tâm", "Uplink"),
    Text(
        "Kho lưu trữ có nhận dữ liệu của gateway không. Các đoạn mất kết nối chỉ hiện ra sau khi gateway gửi bù báo cáo.",
        "Whether the store takes what a gateway sends. Times without an uplink appear once the gateway has delivered its reports.",
    ),
    "uplink_up",
    {True: (Text("có kết nối", "up"), GREEN), False: (Text("mất kết nối", "down"), RED)},
)
_RECEIVED = _curve(
    "received",
    Text("Tốc độ nhận", "Received"),
    Text("Số điểm mỗi giây mà gateway nhận từ cảm biến.", "Points a second that a gateway receives from its sensors."),
    "received_rate",
    unit=grafana_unit("1/s"),
)

BOARD = Board(
    "fleet",
    Text("Đội thiết bị biên", "Fleet"),
    Text(
        "Mỗi gateway đang thế nào: ai im lặng từ bao giờ, kho đệm, đồng hồ, phiên bản, tuổi thọ thẻ nhớ.",
        "How each gateway is: who is silent and since when, spool, clock, versions, storage life.",
    ),
    (
        Row(5, ((4, SILENT_COUNT), (12, SILENT), (8, VERSIONS))),
        Row(10, ((24, GATEWAYS),)),
        Row(8, ((12, _DEPTH), (12, _AGE)), Text("Kho đệm", "Spool")),
        Row(7, ((12, _UPLINK), (12, _RECEIVED))),
        Row(7, ((12, _CLOCK), (12, _MARKED)), Text("Đồng hồ", "Clock")),
        Row(7, ((8, _OVERWRITES), (8, _WRITTEN), (8, _DISK)), Text("Tuổi thọ lưu trữ", "Storage life")),
        Row(7, ((6, _MEMORY), (6, _LOAD), (6, _WARMTH), (6, _POWER_SUPPLY)), Text("Máy", "Machine")),
    ),
    (
        TagVariable("site", Text("Điểm", "Site"), "site", "gateway"),
        TagVariable("gateway", Text("Gateway", "Gateway"), "gateway", "gateway", within=("site",)),
    ),
)
