"""The ledger's reasons (docs/specs/wire.md, section 2) in the operators' words.

The tag `reason` is English and the same in every store; panels show these words for it by value mapping. A reason of a later version is
shown as it stands.
"""

from dashboards.words import Text

SOURCE_SILENT = "source silent"

REASONS: dict[str, Text] = {
    SOURCE_SILENT: Text("nguồn im lặng", "source silent"),
    "gateway off": Text("gateway tắt", "gateway off"),
    "decoder rejected": Text("bộ giải mã từ chối", "decoder rejected"),
    "refused by the store": Text("kho lưu trữ từ chối", "refused by the store"),
    "quota": Text("hết hạn mức đĩa", "out of disk quota"),
    "memory full": Text("đầy bộ nhớ", "memory full"),
    "frame too long": Text("khung quá dài", "frame too long"),
    "board store full": Text("bo mạch hết chỗ lưu", "board store full"),
    "spool damaged": Text("kho đệm hỏng", "spool damaged"),
    "spool cut": Text("đuôi kho đệm bị cắt", "spool cut"),
    "spool quarantined": Text("đoạn kho đệm bị cách ly", "spool quarantined"),
    "spool left as it is": Text("đoạn hỏng để nguyên", "spool left as it is"),
    "set-aside shed": Text("bản để riêng bị bỏ vì hết chỗ", "set-aside copy given up"),
    "set-aside full": Text("không còn chỗ để riêng", "no room to set aside"),
    "broker": Text("broker làm mất", "lost by the broker"),
    "broker queue": Text("chờ ở broker (không mất)", "queued at the broker (nothing lost)"),
    "clock corrected": Text("chỉnh đồng hồ", "clock corrected"),
    "not received": Text("thiết bị gửi nhưng không tới", "sent but not received"),
    "device offline": Text("thiết bị mất kết nối", "device offline"),
    "board restarted": Text("bo mạch khởi động lại", "board restarted"),
    "board being flashed": Text("bo mạch đang được nạp", "board being flashed"),
    "picture refused": Text("ảnh bị từ chối", "picture refused"),
    "pictures shed": Text("ảnh cũ bị bỏ", "pictures given up"),
}
OF_GAPS = (SOURCE_SILENT, "gateway off")  # entries with a gap_id; all others are losses, or told for the record
REFUSED = ("decoder rejected", "refused by the store")  # set aside on the gateway, where they can be looked at
NOT_LOST = ("broker queue", "clock corrected")  # told for the record; no reading is missing because of them
COPIES = ("set-aside shed", "set-aside full")  # of what was refused, and counted as refused already
