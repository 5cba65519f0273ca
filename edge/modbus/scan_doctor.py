"""What a scan, or a line without a readable frame, says about the line, in words. Pure."""

from collections.abc import Collection, Mapping

from edge.modbus.doctor import Hint, LineCounts

_LEAST_NOISE = 8
_MOSTLY = 0.8


def scan_hints(
    found: Mapping[int, bool], line: LineCounts, *, repeated: Collection[int] = (), late: Collection[int] = (), answers_to_all: bool = False
) -> list[Hint]:
    """Return what to look at. `found`: whether an id was heard damaged; `repeated` and `late`: ids that answered twice, or after the wait.

    `answers_to_all`: over TCP, every id that was asked answers.
    """
    hints: list[Hint] = []
    if line.echoes:
        hints.append(Hint(None, "bộ chuyển đổi nghe lại chính mình: không sao", "the adapter hears itself, which is put up with"))
    if answers_to_all:
        vi = "mọi địa chỉ đều trả lời: đó là một thiết bị không xét địa chỉ; hãy dùng địa chỉ trong tài liệu của nó (thường 1 hoặc 255)"
        return [
            *hints,
            Hint(None, vi, "every id answers: one device that does not look at the id; take that of its manual (mostly 1 or 255)"),
        ]
    if found and all(found.values()):
        vi = "chỉ nghe được khung tin hỏng: sai tốc độ hoặc chẵn lẻ. Thử --baud 2400,4800,9600,19200,38400,115200 --parity none,even,odd"
        en = "only damaged frames: baud rate or parity. Try --baud 2400,4800,9600,19200,38400,115200 --parity none,even,odd"
        return [*hints, Hint(None, vi, en)]
    for unit, is_damaged in found.items():
        if is_damaged:
            vi = "có câu trả lời sai CRC: hai thiết bị cùng địa chỉ, thiếu điện trở đầu cuối, hoặc nhiễu; xem bằng bus watch"
            hints.append(Hint(unit, vi, "wrong CRCs: two devices share this id, no termination, or noise; look with bus watch"))
    for unit in sorted(repeated):
        vi = "trả lời hai lần: hai thiết bị cùng địa chỉ, hoặc bộ lặp phản hồi"
        hints.append(Hint(unit, vi, "answers twice: two devices share this id, or a repeater echoes it"))
    for unit in sorted(late):
        vi = "trả lời chậm: đặt timeout_s của nó dài hơn, và dò với --timeout 1"
        hints.append(Hint(unit, vi, "slow: let its timeout_s be longer, and scan with --timeout 1"))
    if not found:
        hints.append(_of_silence(line))
    return hints


def unheard(line: LineCounts) -> Hint:
    """Return what to look at where somebody listened and heard no request."""
    if line.foreign:
        vi = "chỉ nghe được câu trả lời, không nghe được câu hỏi: dây bốn sợi (RS-422), hoặc bộ chuyển đổi chỉ nối một chiều"
        return Hint(None, vi, "only answers are heard and no requests: a four-wire line (RS-422), or one pair of it")
    if line.noise_bytes >= _LEAST_NOISE:
        vi = "có tín hiệu nhưng không khung tin nào đúng CRC: sai tốc độ hoặc chẵn lẻ, A và B bị đảo, hoặc không phải Modbus RTU"
        return Hint(None, vi, "bytes, but no frame with a right CRC: baud rate or parity, A and B swapped, or no Modbus RTU")
    vi = "không nghe thấy gì: không ai hỏi trên dây này, A và B bị đảo, hoặc chưa nối vào đúng đường dây"
    return Hint(None, vi, "nothing is heard: nobody asks on this line, A and B swapped, or it is another line")


def _of_silence(line: LineCounts) -> Hint:
    if line.is_tcp:
        vi = "kết nối được nhưng không địa chỉ nào trả lời: thử --ids khác, --timeout 1, hoặc --rtu nếu là bộ chuyển nối tiếp"
        return Hint(None, vi, "connected, but no id answers: try other --ids, --timeout 1, or --rtu if it is a plain serial server")
    if line.noise_bytes >= _LEAST_NOISE and line.zeros >= _MOSTLY * line.noise_bytes:
        vi = "dây chỉ có byte 00: A và B bị đảo, hoặc thiếu điện trở phân cực (bias)"
        return Hint(None, vi, "all that is heard is bytes 00: A and B swapped, or no bias on the line")
    if line.noise_bytes >= _LEAST_NOISE:
        vi = "trên dây có tín hiệu nhưng không đọc được: sai tốc độ hoặc chẵn lẻ, có máy chủ khác (dùng bus watch --listen), hoặc nhiễu"
        return Hint(
            None, vi, "something is on the line that cannot be read: baud rate or parity, another master (bus watch --listen), noise"
        )
    if line.foreign:
        vi = "có máy chủ khác trên dây: nghe bằng bus watch --listen"
        return Hint(None, vi, "another master is on the line: listen to it with bus watch --listen")
    vi = (
        "hoàn toàn im lặng: kiểm tra nguồn, A và B, tốc độ (--baud 2400,19200,115200), chẵn lẻ (--parity none,even), --thorough --timeout 1"
    )
    en = "not a byte: check supply, A and B, baud rate (--baud 2400,19200,115200), parity (--parity none,even), --thorough --timeout 1"
    return Hint(None, vi, en)
