"""What a camera's software tells: objects it follows, counts, and how it is itself; pictures taken. No names unless asked for."""

from telemetry.catalogue.quantity import Quantity

CAMERA = (
    Quantity("objects", "float", "{count}", 0, None, "Số đối tượng", "Objects in view"),
    Quantity("objects_active", "float", "{count}", 0, None, "Số đối tượng đang chuyển động", "Moving objects in view"),
    Quantity("motion", "bool", "", None, None, "Có chuyển động", "Motion"),
    Quantity("camera_fps", "float", "1/s", 0, 240, "Tốc độ khung hình camera", "Frames received per second"),
    Quantity("process_fps", "float", "1/s", 0, 240, "Tốc độ xử lý", "Frames processed per second"),
    Quantity("skipped_fps", "float", "1/s", 0, 240, "Khung hình bỏ qua", "Frames skipped per second"),
    Quantity("detection_fps", "float", "1/s", 0, 10_000, "Số lần phát hiện", "Detections per second"),
    Quantity("audio_dbfs", "float", "dB", -150, 0, "Mức âm so với toàn thang", "Sound level below full scale"),  # no sound pressure
    Quantity("picture_bytes", "float", "By", 0, None, "Dung lượng ảnh", "Size of the picture"),
    Quantity("picture", "string", "", None, None, "Tệp ảnh", "File of the picture, below the state folder"),
    Quantity("picture_sha256", "string", "", None, None, "Mã băm của ảnh", "SHA-256 of the picture"),
    Quantity("inference_ms", "float", "ms", 0, 60_000, "Thời gian suy luận", "Inference time"),
)
CAMERA_EVENT = (
    Quantity("change", "string", "", None, None, "Thay đổi", "What changed: new, update, end"),
    Quantity("event_id", "string", "", None, None, "Mã sự kiện", "Event"),
    Quantity("score", "float", "", 0, 1, "Độ tin cậy", "Score"),
    Quantity("top_score", "float", "", 0, 1, "Độ tin cậy cao nhất", "Best score"),
    Quantity("start_time", "float", "s", 0, None, "Bắt đầu", "Start, seconds since 1970 UTC"),
    Quantity("end_time", "float", "s", 0, None, "Kết thúc", "End, seconds since 1970 UTC"),
    Quantity("duration_s", "float", "s", 0, None, "Thời lượng", "Duration"),
    Quantity("area", "float", "", 0, None, "Diện tích khung bao", "Area of the box, pixels"),
    Quantity("zones", "string", "", None, None, "Vùng đang ở", "Zones it is in"),
    Quantity("entered_zones", "string", "", None, None, "Vùng đã vào", "Zones it has entered"),
    Quantity("false_positive", "bool", "", None, None, "Nhận nhầm", "False positive"),
    Quantity("stationary", "bool", "", None, None, "Đứng yên", "Stationary"),
    Quantity("severity", "string", "", None, None, "Mức độ", "Severity: detection or alert"),
    Quantity("objects", "float", "{count}", 0, None, "Số đối tượng", "Objects"),
)
