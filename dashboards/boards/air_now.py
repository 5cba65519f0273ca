"""Air now: the last reading of every station, and how good the readings of the time range are."""

from dashboards.boards.stations import AT_SITE, BY, NOTHING, STATION, last_readings
from dashboards.influxql.valid import marks, share_of_good
from dashboards.model.grid import Row
from dashboards.model.link import device_of_row
from dashboards.model.query import Query
from dashboards.panels.bargauge import bargauge
from dashboards.panels.quality import share_steps
from dashboards.panels.table import column, hidden, table
from dashboards.panels.transformations import organize
from dashboards.units import COUNT
from dashboards.words import Text
from telemetry.quality import FLAGS

_LAST = last_readings(
    "now",
    Text("Hiện tại theo trạm", "Now, by station"),
    Text(
        "Số đo cuối cùng trong 7 ngày của từng trạm, cách đây bao lâu và dấu chất lượng của nó. Ô trống: lần đọc đó không có giá trị này. "
        "Không có chỉ số VN_AQI ở đây: chỉ số giờ cần giá trị NowCast của 12 giờ (Quyết định 1459/QĐ-TCMT), không tính được bằng một câu "
        "truy vấn, mà một con số tính sai còn tệ hơn không có số nào.",
        "The last reading within 7 days of each station, how long ago it was, and its quality marks. An empty cell: that reading had "
        "no such value. "
        "There is no VN_AQI here: the hourly index needs the NowCast value of 12 hours (Decision 1459/QĐ-TCMT), which no query can work "
        "out, and a wrong number is worse than none.",
    ),
    "air",
    ("pm2_5", "pm10", "co2", "temperature", "humidity"),
)

_SHARE = bargauge(
    "good-share",
    Text("Tỷ lệ số đo tốt", "Share of good readings"),
    Text(
        "Bao nhiêu phần trăm số đo đang xem không mang dấu chất lượng nào. Riêng dấu “mô phỏng” không tính. "
        "Số đo bị mất không nằm trong tỷ lệ này: xem bảng Giao nhận dữ liệu.",
        "What part of the readings in the time range shown bears no quality mark. The mark “simulated” alone does not count. "
        "Readings that were lost are not counted here: see the dashboard Delivery.",
    ),
    [Query(share_of_good("air", AT_SITE, BY), alias=STATION)],
    unit="percent",
    empty=NOTHING,
    thresholds=share_steps(),
    high=100,
    decimals=1,
)

_MARKS = table(
    "marks",
    Text("Dấu chất lượng đã đặt", "Quality marks set"),
    Text(
        "Bao nhiêu số đo đang xem của từng trạm mang mỗi dấu chất lượng. Một số đo có thể mang nhiều dấu. Cột nào cũng 0 là tốt.",
        "How many readings of each station bear each quality mark, in the time range shown. A reading may bear several. Zeros are good.",
    ),
    [Query(marks("air", AT_SITE, BY), format="table")],
    empty=NOTHING,
    columns=(
        column("device", title=Text("Thiết bị", "Device"), width=120, links=[device_of_row()]),
        hidden("gateway"),
        column("site", title=Text("Điểm", "Site"), width=120),
        *(
            column(flag.name, title=Text(flag.vi[:1].upper() + flag.vi[1:], flag.en[:1].upper() + flag.en[1:]), unit=COUNT)
            for flag in FLAGS
        ),
    ),
    sort_by=Text("Thiết bị", "Device"),
    transformations=[organize(("device", *(flag.name for flag in FLAGS), "site", "gateway"), without=("Time",))],
)

NOW_ROWS = (Row(10, ((17, _LAST), (7, _SHARE))),)
QUALITY_ROWS = (Row(9, ((24, _MARKS),), Text("Chất lượng số đo", "Quality of the readings")),)
