"""What may be lost before a reading is ours to keep, in the operators' languages: code → (Vietnamese, English)."""

RISKS = {
    "qos0": (
        "QoS 0: mọi bản tin gửi khi tác tử không kết nối đều mất; hãy đặt qos = 1.",
        "QoS 0: every message sent while the agent is away is lost; set qos = 1.",
    ),
    "publisher-qos": (
        "thiết bị gửi với QoS 0 thì broker không giữ lại gì cho chúng ta; hãy cho thiết bị gửi với QoS 1.",
        "what a device publishes with QoS 0 is not kept for us; have devices publish with QoS 1.",
    ),
    "queue-limit": (
        "khi tác tử vắng mặt, broker chỉ giữ tới giới hạn hàng đợi của nó"
        " (mosquitto: max_queued_messages, mặc định 1000); xem deploy/mosquitto.conf.",
        "while the agent is away the broker keeps messages up to its queue limit"
        " (mosquitto: max_queued_messages, 1000 by default); see deploy/mosquitto.conf.",
    ),
    "autosave": (
        "nếu broker mất điện, những gì nó nhận sau lần lưu cuối sẽ mất (mosquitto: persistence, autosave_interval, mặc định 30 phút).",
        "if the broker loses power, what came after its last save is lost"
        " (mosquitto: persistence, autosave_interval, 30 minutes by default).",
    ),
    "session-expiry": (
        "nếu tác tử vắng mặt quá {hours:g} giờ (session_expiry_s), broker bỏ phiên và mọi bản tin đang chờ.",
        "if the agent is away for more than {hours:g} hours (session_expiry_s), the broker drops the session and all that waits in it.",
    ),
    "marker": (
        "sau một lần vắng mặt, bản tin đã chờ ở broker được tách khỏi bản tin mới nhờ bản tin mốc của chính chúng ta; nếu ACL của broker"
        " không cho tài khoản của chúng ta ghi và đọc quanho/marker/#, thì chỉ quãng lặng 2 giây đầu tiên tách được chúng"
        " (trên đường truyền không bao giờ lặng: 30 giây khi đã biết bị từ chối, 10 phút khi chưa biết gì), và giờ đến của những bản tin"
        " quanh ranh giới ấy có thể sai; xem deploy/mosquitto.conf.",
        "after an absence, messages that waited at the broker are told from new ones by a marker of our own; where the broker's ACL"
        " does not let our user write and read quanho/marker/#, only the first pause of 2 seconds tells them apart (on a line that never"
        " pauses: 30 seconds when the refusal is known, 10 minutes when nothing is known), and arrival times around that border"
        " may be wrong; see deploy/mosquitto.conf.",
    ),
    "mqtt311-session": (
        "MQTT 3.1.1: broker tự quyết định giữ phiên bao lâu (mosquitto: persistent_client_expiration);"
        ' version = "5" cho phép đặt thời hạn.',
        "MQTT 3.1.1: the broker alone decides how long it keeps the session (mosquitto: persistent_client_expiration);"
        ' version = "5" lets us ask.',
    ),
    "mqtt311-acl": (
        "MQTT 3.1.1: bản tin bị ACL của broker từ chối vẫn được báo thành công cho thiết bị.",
        "MQTT 3.1.1: a publish that the broker's ACL refuses is reported to the device as a success.",
    ),
    "unwatched": (
        "watch_broker_drops = false: broker bỏ bản tin thì sổ cái không biết.",
        "watch_broker_drops = false: the ledger does not learn of messages that the broker drops.",
    ),
    "clock-kernel": (
        "số đo chờ trong kho đệm cho tới khi nhân Linux đã đồng bộ giờ (NTP) hoặc máy chủ TLS cho biết ngày giờ;"
        ' máy không có NTP thì đặt clock.trust = "host".',
        "readings wait in the spool until the kernel is synchronised (NTP) or a server over TLS has told the date;"
        ' on a host without NTP set clock.trust = "host".',
    ),
    "clock-unsynchronised": (
        "trên máy này, ngay lúc này, nhân Linux chưa đồng bộ giờ: giờ sẽ lấy từ máy chủ TLS khi đường lên hoạt động.",
        "on this machine, just now, the kernel is not synchronised: the date will come from the server over TLS, once it answers.",
    ),
    "clock-nobody": (
        "trên máy này, ngay lúc này, nhân Linux chưa đồng bộ giờ và đường lên không dùng TLS:"
        ' chưa ai cho biết giờ nên KHÔNG CÓ GÌ ĐƯỢC GỬI ĐI. Bật NTP (timedatectl set-ntp true) hoặc đặt clock.trust = "host".',
        "on this machine, just now, the kernel is not synchronised and the uplink is without TLS:"
        ' nobody tells the time, and NOTHING IS SENT. Turn NTP on (timedatectl set-ntp true), or set clock.trust = "host".',
    ),
    "clock-host": (
        'clock.trust = "host": giờ của máy được tin nguyên như vậy; máy sai giờ thì số đo mang giờ sai.',
        'clock.trust = "host": the host\'s clock is believed as it is; where it is wrong, readings carry wrong times.',
    ),
    "board-memory": (
        "bo mạch giữ số đo trong bộ nhớ của nó cho tới khi chúng được ghi xuống đĩa ở đây: đầy bộ nhớ thì số đo mới bị bỏ"
        " (sổ cái ghi bao nhiêu); bo mạch khởi động lại hay mất điện thì mất phần chưa giao."
        " Arduino Uno khởi động lại mỗi khi cổng được mở.",
        "the board keeps readings in its memory until they are on the disk here: when that is full it drops new ones"
        " (the ledger says how many); when it restarts or loses power, what it had not delivered is gone."
        " An Arduino Uno restarts whenever its port is opened.",
    ),
    "no-acknowledgement": (
        "cổng nối tiếp không có xác nhận: mất điện đột ngột thì mất tối đa {seconds:g} giây dữ liệu ({setting}),"
        " và mọi thứ thiết bị gửi khi tác tử không chạy.",
        "a serial line has no acknowledgement: a power cut costs up to {seconds:g} s of readings ({setting}),"
        " and whatever the device says while the agent is not running.",
    ),
}
