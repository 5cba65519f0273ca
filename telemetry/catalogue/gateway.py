"""What a gateway says of itself."""

from telemetry.catalogue.quantity import Quantity

GATEWAY = (
    Quantity("spool_records", "int", "{count}", 0, None, "Số bản ghi chờ gửi", "Records waiting in the spool"),
    Quantity("spool_lines", "int", "{count}", 0, None, "Số dòng chờ gửi", "Lines waiting in the spool"),
    Quantity("spool_bytes", "int", "By", 0, None, "Dung lượng hàng đợi", "Bytes waiting in the spool"),
    Quantity("spool_oldest_age_s", "float", "s", 0, None, "Tuổi bản ghi cũ nhất chưa gửi", "Age of the oldest unsent record"),
    Quantity("received_rate", "float", "1/s", 0, None, "Tốc độ nhận", "Points received per second"),
    Quantity("stored_rate", "float", "1/s", 0, None, "Tốc độ lưu", "Points stored per second"),
    Quantity("delivered_rate", "float", "1/s", 0, None, "Tốc độ giao", "Points delivered to the core per second"),
    Quantity("received_total", "int", "{count}", 0, None, "Tổng số điểm đã nhận", "Points received", is_counter=True),
    Quantity("stored_total", "int", "{count}", 0, None, "Tổng số điểm đã lưu", "Points stored", is_counter=True),
    Quantity("rejected_total", "int", "{count}", 0, None, "Tổng số điểm bị từ chối", "Points refused", is_counter=True),
    Quantity("evicted_total", "int", "{count}", 0, None, "Tổng số điểm bị loại vì hết chỗ", "Points evicted for room", is_counter=True),
    Quantity("uncatalogued_total", "int", "{count}", 0, None, "Số trường ngoài danh mục", "Fields not in the catalogue", is_counter=True),
    Quantity("lag_s", "float", "s", 0, None, "Độ trễ từ lúc đo đến lúc lưu", "Delay from observation to store"),
    Quantity("uplink_up", "bool", "", None, None, "Đường truyền về trung tâm thông", "The core takes what is sent"),
    Quantity("cpu_temperature", "float", "Cel", -40, 125, "Nhiệt độ CPU", "CPU temperature"),  # a Raspberry Pi throttles at 85 °C
    Quantity("load_1m", "float", "", 0, None, "Tải hệ thống 1 phút", "Load average, 1 minute"),
    Quantity("rss_bytes", "int", "By", 0, None, "Bộ nhớ đang dùng", "Resident memory of the agent"),
    Quantity("disk_free_bytes", "int", "By", 0, None, "Dung lượng đĩa còn trống", "Free disk"),
    Quantity("written_bytes", "int", "By", 0, None, "Số byte tác tử đã ghi", "Bytes the agent wrote since its start", is_counter=True),
    Quantity("written_year_bytes", "int", "By", 0, None, "Lượng ghi dự tính mỗi năm", "Projected write volume a year"),
    Quantity("sync_rate", "float", "1/s", 0, None, "Số lần ghi đồng bộ mỗi giây", "Syncs per second"),
    Quantity("card_bytes", "int", "By", 0, None, "Dung lượng thẻ nhớ", "Size of the card below the spool"),
    Quantity("card_overwrites_year", "float", "", 0, None, "Số lần ghi hết thẻ mỗi năm", "Full overwrites of the card a year"),
    Quantity("uptime_s", "float", "s", 0, None, "Thời gian chạy liên tục", "Time since the agent started"),
    Quantity("undervoltage", "bool", "", None, None, "Thiếu điện áp nguồn", "Supply voltage too low"),
    Quantity("sequence_high", "int", "{count}", 0, None, "Số thứ tự lô ưu tiên cao", "Newest batch on disk, high", is_counter=True),
    Quantity("sequence_normal", "int", "{count}", 0, None, "Số thứ tự lô thường", "Newest batch on disk, normal", is_counter=True),
    Quantity("sequence_bulk", "int", "{count}", 0, None, "Số thứ tự lô khối lượng lớn", "Newest batch on disk, bulk", is_counter=True),
    Quantity("spool_epoch", "string", "", None, None, "Mã kho đệm", "Spool"),
    Quantity("clock_trusted", "bool", "", None, None, "Đồng hồ đáng tin", "Clock is trusted"),
    Quantity("latitude", "float", "deg", -90, 90, "Vĩ độ", "Latitude"),  # where the gateway is said to stand: from its config, WGS 84
    Quantity("longitude", "float", "deg", -180, 180, "Kinh độ", "Longitude"),
    Quantity("version", "string", "", None, None, "Phiên bản phần mềm", "Version of the agent"),
)
