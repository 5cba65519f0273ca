"""Operations centre: what a wall of 1920x1080 shows without scrolling, in kiosk mode.

Cameras, incidents and departments' figures get their place when their data exists: a third row, for which the two that are here grow lower;
until then nothing empty stands on the wall.
"""

from dashboards.boards.overview_air import AIR_NOW
from dashboards.boards.overview_map import GATEWAYS, MAP
from dashboards.boards.overview_on_time import ON_TIME
from dashboards.boards.river_panels import levels_table
from dashboards.house import ALERTS_FOLDER, REFRESH_QUICK, TAG
from dashboards.model.board import Board
from dashboards.model.grid import Row
from dashboards.panels.alertlist import alertlist
from dashboards.words import Text

_LEVELS = levels_table("levels", has_site=False)

_ALERTS = alertlist(
    "alerts",
    Text("Cảnh báo đang kích hoạt", "Firing alerts"),
    Text(
        f"Cảnh báo đang kích hoạt, hoặc không đánh giá được, trong thư mục “{ALERTS_FOLDER.title.vi}”. Bấm vào một cảnh báo để xem quy "
        "tắc và cách xử lý. Nhịp tim của hệ thống cảnh báo luôn kêu, nên không hiện ở đây.",
        f"Alerts that fire or cannot be evaluated, of folder “{ALERTS_FOLDER.title.en}”. Click one for its rule and what to do. "
        "The heartbeat of the alerting, which always fires, is not shown.",
    ),
    empty=Text(
        "không có cảnh báo nào; im lặng của cảm biến có quy tắc riêng và cũng hiện ở đây",
        "no alert; sensors that fall silent have rules of their own, which show here too",
    ),
    folder=ALERTS_FOLDER,
    which=f'{{{TAG}!="watchdog"}}',  # dashboards/alerting/watchdog.toml
)

BOARD = Board(
    "overview",
    Text("Trung tâm điều hành", "Operations centre"),
    Text(
        "Toàn cảnh: các điểm, cảnh báo, không khí, mực nước, và dữ liệu có về đủ không. Màn hình lớn: thêm ?kiosk vào địa chỉ.",
        "The whole picture: sites, alerts, air, water levels, and whether the data comes in. For a wall add ?kiosk to the address.",
    ),
    (
        Row(13, ((11, MAP), (8, _ALERTS), (5, GATEWAYS))),
        Row(13, ((10, _LEVELS), (9, AIR_NOW), (5, ON_TIME))),
    ),
    refresh=REFRESH_QUICK,
)
