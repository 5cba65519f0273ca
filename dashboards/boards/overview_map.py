"""Where gateways are and how they are."""

from dashboards.boards.gateway_state import CUT_OFF, MINUTES, REFUSED, REPORTING, SEEN_DAYS, SILENT, STATES, in_state, tally
from dashboards.house import GREEN, ORANGE, RED, SEEN_WITHIN
from dashboards.model.json import Json
from dashboards.model.link import device_of_row
from dashboards.model.query import Query
from dashboards.panels.geomap import Layer, geomap
from dashboards.panels.mappings import words
from dashboards.panels.stat import stat
from dashboards.panels.table import column
from dashboards.panels.thresholds import steps
from dashboards.units import COUNT
from dashboards.words import Text


def _layer(name: Text, color: str, least: int, most: int) -> Layer:
    return Layer(name, Query(in_state(least, most), format="table"), color, label="site")


MAP = geomap(
    "map",
    Text("Bản đồ các điểm", "Map of sites"),
    Text(
        f"Mỗi chấm là một gateway, ở tọa độ nó báo về lần cuối trong {SEEN_DAYS} ngày, kèm tên điểm. Xanh: đang báo về. Cam: có "
        "trục trặc (đường truyền không "
        f"thông, còn dữ liệu cũ chưa gửi, hoặc có dữ liệu bị từ chối). Đỏ: im lặng hơn {MINUTES} phút. Bấm vào chấm để xem chi tiết.",
        f"A marker is a gateway, where it last said it stands within {SEEN_DAYS} days, with the name of its site. Green: "
        "reporting. Orange: in trouble (uplink "
        f"down, old readings not yet sent, or readings refused). Red: silent for more than {MINUTES} minutes. Click a marker for details.",
    ),
    (
        _layer(Text("Đang báo về", "Reporting"), GREEN, REPORTING, REPORTING),
        _layer(Text("Có trục trặc", "In trouble"), ORANGE, REFUSED, CUT_OFF),
        _layer(Text("Im lặng", "Silent"), RED, SILENT, SILENT),
    ),
    empty=Text(
        "chưa gateway nào có tọa độ; đặt latitude và longitude trong [gateway] của tệp cấu hình",
        "no gateway has a position; set latitude and longitude in [gateway] of its config",
    ),
    overrides=(
        column("site", title=Text("Điểm", "Site")),
        column("gateway", title=Text("Gateway", "Gateway")),
        column("state", title=Text("Trạng thái", "State"), mappings=[words(STATES)]),
        *(column(name, custom__hideFrom={"tooltip": True, "viz": False, "legend": False}) for name in ("Time", "latitude", "longitude")),
    ),
    links=(device_of_row("gateway"),),
    may_be_empty=True,
    time_from=SEEN_WITHIN,
)


def _number(name: str, title: Text, color: str, above_none: str) -> Json:
    return column(name, title=title, thresholds=steps(color, (1, above_none)))


_NEUTRAL = "text"

GATEWAYS = stat(
    "gateways",
    Text("Gateway trực tuyến", "Gateways online"),
    Text(
        f"Bao nhiêu gateway đang trực tuyến (báo về trong {MINUTES} phút qua) trên tất cả gateway có báo về trong {SEEN_DAYS} "
        "ngày; trong số đang trực tuyến bao "
        "nhiêu có trục trặc; bao nhiêu im lặng.",
        f"How many gateways are online (reported within {MINUTES} minutes) of all that reported within {SEEN_DAYS} days; how "
        "many of those online are in trouble; "
        "how many are silent.",
    ),
    [Query(tally(), format="table")],
    unit=COUNT,
    decimals=0,
    empty=Text(f"không gateway nào báo về trong {SEEN_DAYS} ngày", f"no gateway has reported in {SEEN_DAYS} days"),
    text="value_and_name",
    overrides=(
        _number("online", Text("Trực tuyến", "Online"), RED, GREEN),
        _number("troubled", Text("Trong đó có trục trặc", "In trouble among them"), _NEUTRAL, ORANGE),
        _number("silent", Text("Im lặng", "Silent"), _NEUTRAL, RED),
        _number("seen", Text(f"Tất cả ({SEEN_DAYS} ngày)", f"All ({SEEN_DAYS} days)"), _NEUTRAL, _NEUTRAL),
    ),
    time_from=SEEN_WITHIN,
)
