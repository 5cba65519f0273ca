"""Water: levels against their alarms, how fast they move, the rain beside them, and the water itself."""

from dashboards.boards.river_panels import level_now, levels_table
from dashboards.boards.water_levels import ALL, ONE, RATE, SITE, STATION
from dashboards.boards.water_quality import MARKED, PROBES
from dashboards.boards.water_rain import FLOW, RAIN, VELOCITY
from dashboards.model.board import Board
from dashboards.model.grid import Row
from dashboards.model.variable import TagVariable
from dashboards.words import Text

_PH, _OXYGEN, _TURBIDITY, _CONDUCTIVITY, _TEMPERATURE = PROBES

BOARD = Board(
    "water",
    Text("Nước", "Water"),
    Text(
        "Mực nước sông so với báo động I, II, III, tốc độ lên xuống, mưa, lưu lượng và chất lượng nước.",
        "River levels against alarms I, II and III, rate of rise, rain, flow and water quality.",
    ),
    (
        Row(10, ((13, levels_table("levels", (SITE,))), (11, ALL)), Text("Mực nước và báo động", "Levels and alarms")),
        Row(9, ((24, RATE),)),
        Row(10, ((18, ONE), (6, level_now("station_now", (SITE, STATION)))), Text("Một trạm", "One station")),
        Row(9, ((10, RAIN), (8, FLOW), (6, VELOCITY)), Text("Mưa và dòng chảy", "Rain and flow")),
        Row(8, ((8, _PH), (8, _OXYGEN), (8, _TURBIDITY)), Text("Chất lượng nước", "Water quality")),
        Row(8, ((12, _CONDUCTIVITY), (12, _TEMPERATURE))),
        Row(8, ((24, MARKED),), Text("Độ tin cậy của số đo", "Trust in the readings")),
    ),
    (
        TagVariable("site", Text("Điểm", "Site"), "site", "water_level"),
        TagVariable("station", Text("Trạm", "Station"), "device", "water_level", within=("site",), is_single=True),
    ),
    time_from="now-24h",
)
