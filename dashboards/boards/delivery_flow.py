"""What waits, how fast it drains, and how fast data flow."""

from dashboards.house import GREEN, ORANGE
from dashboards.influxql.select import AUTO, Select, call, name, select
from dashboards.influxql.whose import CHOSEN_GATEWAY, OF_GATEWAY
from dashboards.model.query import Query
from dashboards.panels.mappings import nothing
from dashboards.panels.stat import stat
from dashboards.panels.table import column, table
from dashboards.panels.thresholds import steps
from dashboards.panels.timeseries import timeseries
from dashboards.panels.transformations import merge, organize
from dashboards.units import grafana_unit, unit_of
from dashboards.words import Text, same

_NAMED = "$tag_site · $tag_gateway"
_MINUTES = 10  # over which the pace is taken
RECENT = f"{_MINUTES}m"
_RATE = grafana_unit("1/s")
_NO_REPORT = Text("không gateway nào báo cáo trong khoảng thời gian này", "no gateway reported in this time range")


def pace(*, where: tuple[str, ...] = CHOSEN_GATEWAY) -> Select:
    """Return `lines` that wait, `age` of the oldest (s), and `net`: delivered less received a second, below 0 while it grows."""
    return select(
        (call("last", "spool_lines"), "lines"),
        (call("last", "spool_oldest_age_s"), "age"),
        (f"{call('mean', 'delivered_rate')} - {call('mean', 'stored_rate')}", "net"),
        of="gateway",
        where=where,
        by=OF_GATEWAY,
    )


def time_to_drain(*, where: tuple[str, ...] = CHOSEN_GATEWAY) -> Select:
    """Return `eta`, seconds until nothing waits any more at this pace; no row for who is not draining, or has nothing to drain.

    The condition is needed: InfluxDB 1.6 answers 0 to a division by 0, and a backlog that grows has a time below 0.
    """
    return select((f"{name('lines')} / {name('net')}", "eta"), of=pace(where=where), where=('"net" > 0', '"lines" > 0'), by=OF_GATEWAY)


def longest_drain(*, where: tuple[str, ...] = CHOSEN_GATEWAY) -> Select:
    """Return the longest of these times."""
    return select((call("max", "eta"), "eta"), of=time_to_drain(where=where))


WAITING = stat(
    "waiting",
    Text("Dòng đang chờ gửi", "Lines waiting"),
    Text(
        f"Tổng số dòng còn trong kho đệm của các gateway đã báo cáo trong {_MINUTES} phút qua.",
        f"All lines in the spools of the gateways that reported within {_MINUTES} minutes.",
    ),
    [
        Query(
            select(
                (call("sum", "lines"), "waiting"),
                of=select((call("last", "spool_lines"), "lines"), of="gateway", where=CHOSEN_GATEWAY, by=OF_GATEWAY),
            )
        )
    ],
    unit=unit_of("gateway", "spool_lines"),
    empty=Text("không gateway nào báo cáo lúc này", "no gateway reports now"),
    thresholds=steps(GREEN),
    time_from=RECENT,
)
ETA = stat(
    "eta",
    Text("Gửi hết sau", "Caught up in"),
    Text(
        f"Gateway chậm nhất còn cần bao lâu để gửi hết, theo tốc độ trong {_MINUTES} phút qua. Chỉ tính gateway có tồn đọng đang giảm; "
        "để trống khi không gateway nào đang gửi bù.",
        f"How long the slowest gateway needs to deliver all, at the pace of the last {_MINUTES} minutes. "
        "Only backlogs that fall count; "
        "empty when none is catching up.",
    ),
    [Query(longest_drain())],
    unit=grafana_unit("s"),
    empty=Text("không đang gửi bù", "not catching up"),
    thresholds=steps(ORANGE),
    may_be_empty=True,
    time_from=RECENT,
)
BACKLOG = table(
    "backlog",
    Text("Tồn đọng và bao giờ gửi hết", "Backlog and when it is gone"),
    Text(
        f"Theo tốc độ trung bình trong {_MINUTES} phút qua. Thời gian còn lại chỉ có khi tồn đọng đang giảm: gửi nhanh hơn nhận.",
        f"At the mean pace of the last {_MINUTES} minutes. There is a time only while the backlog falls: more is delivered than comes in.",
    ),
    [Query(pace(), format="table"), Query(time_to_drain(), format="table")],
    empty=Text("không gateway nào báo cáo lúc này", "no gateway reports now"),
    may_be_empty=True,  # the second query finds nothing while no backlog falls
    columns=[
        column("site", title=Text("Điểm", "Site")),
        column("gateway", title=same("Gateway")),
        column("lines", unit=unit_of("gateway", "spool_lines"), title=Text("Dòng chờ gửi", "Lines waiting")),
        column("age", unit=unit_of("gateway", "spool_oldest_age_s"), title=Text("Chờ lâu nhất", "Oldest unsent")),
        column(
            "net",
            unit=_RATE,
            title=Text("Gửi trừ nhận", "Delivered less received"),
            decimals=1,
            mappings=[nothing(Text("không rõ", "unknown"))],
        ),
        column(
            "eta",
            unit=grafana_unit("s"),
            title=Text("Gửi hết sau", "Caught up in"),
            mappings=[nothing(Text("không đang gửi bù", "not catching up"))],
        ),
    ],
    sort_by=Text("Dòng chờ gửi", "Lines waiting"),
    is_descending=True,
    transformations=(organize(without=("Time",)), merge(), organize(("site", "gateway", "lines", "age", "net", "eta"))),
    time_from=RECENT,
)


def _rate(field: str, title: Text) -> Query:
    return Query(
        select((call("mean", field), field), of="gateway", where=CHOSEN_GATEWAY, by=OF_GATEWAY, every=AUTO), alias=(f"{_NAMED} · ", title)
    )


RATES = timeseries(
    "rates",
    Text("Nhận, lưu, gửi", "Received, stored, delivered"),
    Text(
        "Điểm mỗi giây: nhận từ cảm biến, ghi xuống đĩa của gateway, kho lưu trữ đã nhận. Gửi thấp hơn lưu: tồn đọng tăng.",
        "Points a second: received from sensors, written to the gateway's disk, taken by the store. Delivered below stored: it piles up.",
    ),
    [
        _rate("received_rate", Text("nhận", "received")),
        _rate("stored_rate", Text("lưu", "stored")),
        _rate("delivered_rate", Text("gửi", "delivered")),
    ],
    unit=_RATE,
    empty=_NO_REPORT,
    interval="10s",
)
LAG = timeseries(
    "lag",
    Text("Độ trễ từ lúc đo đến lúc lưu", "Delay from observation to store"),
    Text(
        "Số đo mới nhất đã tới kho lưu trữ chậm bao lâu so với lúc đo, lấy mức cao nhất.",
        "How long after its observation a reading reached the store, the highest.",
    ),
    [Query(select((call("max", "lag_s"), "lag"), of="gateway", where=CHOSEN_GATEWAY, by=OF_GATEWAY, every=AUTO), alias=_NAMED)],
    unit=unit_of("gateway", "lag_s"),
    empty=Text("chưa gửi được gì trong khoảng thời gian này", "nothing was delivered in this time range"),
    interval="10s",
)
DEPTH = timeseries(
    "depth",
    Text("Tồn đọng theo thời gian", "Backlog over time"),
    Text("Số dòng còn trong kho đệm của mỗi gateway, lấy mức cao nhất.", "Lines in the spool of each gateway, the highest."),
    [Query(select((call("max", "spool_lines"), "lines"), of="gateway", where=CHOSEN_GATEWAY, by=OF_GATEWAY, every=AUTO), alias=_NAMED)],
    unit=unit_of("gateway", "spool_lines"),
    empty=_NO_REPORT,
    interval="10s",
)
