"""What a technician reads when a board is flashed: steps, and for each cause what happened and what to do, in Vietnamese and English."""

from dataclasses import dataclass

from firmware_bridge.flash.causes import Cause
from quanho.lang import say


@dataclass(frozen=True, slots=True)
class Words:
    """One row: what happened, what to do."""

    vi: str
    en: str
    vi_do: str
    en_do: str

    @property
    def what(self) -> str:
        return say(self.vi, self.en)

    @property
    def do(self) -> str:
        return say(self.vi_do, self.en_do)


CAUSES: dict[Cause, Words] = {
    Cause.PORT_MISSING: Words(
        "cổng không có",
        "the port is not there",
        "cắm bo mạch, dùng cáp USB có dây dữ liệu; xem: quanho flash ports",
        "plug the board in, with a USB cable that has data wires; see: quanho flash ports",
    ),
    Cause.PORT_BUSY: Words(
        "chương trình khác đang dùng cổng",
        "another program has the port",
        "nếu là agent: thêm --agent /etc/quanho/edge.toml; nếu không thì dừng chương trình đó (quanho flash ports nói là chương trình nào)",
        "if it is the agent, add --agent /etc/quanho/edge.toml; else stop that program (quanho flash ports names it)",
    ),
    Cause.PORT_DENIED: Words(
        "người dùng này không được mở cổng",
        "this user may not open the port",
        "sudo usermod -aG dialout $USER, rồi đăng nhập lại",
        "sudo usermod -aG dialout $USER, then log in again",
    ),
    Cause.NO_ANSWER: Words(
        "chip không trả lời: chưa vào chế độ nạp",
        "the chip does not answer: it is not in its loader",
        "ESP32: giữ BOOT, nhấn EN. Arduino: đúng --board chưa (Nano cũ: atmega328p-nano-old)? Pico: giữ BOOTSEL khi cắm. "
        "Rút, cắm lại rồi chạy lại",
        "ESP32: hold BOOT, press EN. Arduino: is --board right (old Nano: atmega328p-nano-old)? Pico: hold BOOTSEL while plugging in. "
        "Re-plug it and run again",
    ),
    Cause.WRONG_CHIP: Words(
        "chip khác với gói firmware",
        "the chip is not the one of the bundle",
        "lấy đúng bo mạch, hoặc đúng gói; chưa ghi gì",
        "take the right board, or the right bundle; nothing was written",
    ),
    Cause.WRONG_BOARD: Words(
        "bo mạch khác với gói firmware",
        "the board is not the one of the bundle",
        "lấy đúng bo mạch, hoặc đúng gói; chưa ghi gì",
        "take the right board, or the right bundle; nothing was written",
    ),
    Cause.TOO_LARGE: Words(
        "firmware không vừa bộ nhớ flash, hoặc đè lên bootloader",
        "the image does not fit the flash, or runs into the bootloader",
        "dùng bo mạch có flash lớn hơn, hoặc dựng firmware nhỏ hơn; chưa ghi gì",
        "use a board with more flash, or a smaller build; nothing was written",
    ),
    Cause.DOWNGRADE: Words(
        "bo mạch đang chạy phiên bản mới hơn",
        "the board runs a newer version",
        "nếu thật sự muốn: --allow-downgrade",
        "if that is what you want: --allow-downgrade",
    ),
    Cause.PREVIOUS_TOO_OLD: Words(
        "phiên bản đang chạy quá cũ để lên thẳng",
        "the version on the board is too old for this step",
        "nạp phiên bản trung gian trước",
        "flash the version between first",
    ),
    Cause.LOCKED: Words(
        "chip có khóa (secure boot hoặc mã hóa flash)",
        "the chip is locked (secure boot or flash encryption)",
        "bo mạch này không nhận firmware thường: dùng bo mạch khác, trả lại bo này cho người đã khóa",
        "it takes no plain image: use another board, give this one back to whoever locked it",
    ),
    Cause.BUNDLE_REFUSED: Words(
        "gói firmware bị từ chối",
        "the bundle is refused",
        "lấy lại gói từ nguồn; xem: quanho bundle verify",
        "fetch it again from where it came; see: quanho bundle verify",
    ),
    Cause.TOOL_MISSING: Words(
        "thiếu chương trình nạp",
        "the flashing program is missing",
        "cài chương trình được nêu trên",
        "install what is named above",
    ),
    Cause.UNPLUGGED: Words(
        "mất kết nối với bo mạch",
        "the connection to the board broke off",
        "cắm lại, giữ chắc cáp, chạy lại đúng lệnh này",
        "plug it in again, hold the cable still, run the same command again",
    ),
    Cause.TIMED_OUT: Words(
        "chương trình nạp bị treo",
        "the flashing program hung",
        "rút, cắm lại bo mạch, chạy lại đúng lệnh này; nếu lặp lại: đổi cáp, đổi cổng USB",
        "re-plug the board and run the same command again; if it happens again: another cable, another USB socket",
    ),
    Cause.VERIFY_FAILED: Words(
        "đọc lại khác với đã ghi",
        "what was read back is not what was written",
        "chạy lại một lần; nếu lặp lại thì flash hỏng: bỏ bo mạch này",
        "run it again once; if it happens again the flash is worn out: discard the board",
    ),
    Cause.WRITE_FAILED: Words(
        "ghi không được",
        "writing failed",
        "đọc lời của chương trình ở trên, chạy lại đúng lệnh này",
        "read the program's words above, run the same command again",
    ),
    Cause.NO_HELLO: Words(
        "đã ghi, nhưng firmware không lên tiếng",
        "it is written, but the firmware says nothing",
        "nhấn nút reset rồi chạy lại; kiểm tra nguồn và dây nối; firmware không nói giao thức link: --expect-decoder",
        "press reset and run again; check power and wires; a firmware that does not speak the link: --expect-decoder",
    ),
    Cause.NO_READING: Words(
        "firmware chạy, nhưng còn cảm biến chưa có số đo",
        "the firmware runs, but a sensor measures nothing",
        "kiểm tra cảm biến đã cắm chưa, rồi chạy lại",
        "check that the sensor is connected, then run again",
    ),
    Cause.IMPLAUSIBLE: Words(
        "số đo đầu tiên không hợp lý",
        "the first reading is not plausible",
        "kiểm tra cảm biến và dây nối, rồi chạy lại",
        "check the sensor and its wires, then run again",
    ),
    Cause.WRONG_FIRMWARE: Words(
        "bo mạch chạy firmware khác với firmware vừa ghi",
        "the board runs another firmware than was written",
        "chạy lại với --again; nếu lặp lại thì gói ghi sai phiên bản: báo người làm gói",
        "run again with --again; if it happens again the bundle names a wrong version: tell its maker",
    ),
    Cause.IDENTITY_REFUSED: Words(
        "bo mạch không nhận tên",
        "the board does not take its name",
        "chạy lại; nếu lặp lại thì EEPROM hỏng",
        "run again; if it happens again its EEPROM is worn out",
    ),
    Cause.RECORD_FAILED: Words(
        "không ghi được nhãn, biên bản hoặc nhật ký nạp",
        "the label, the record or the state of the flash could not be written",
        "sửa điều nêu trên rồi chạy lại đúng lệnh này; việc gì đã xong thì không làm lại",
        "put right what is named above and run the same command again; what is done is not done twice",
    ),
    Cause.NOT_CONFIRMED: Words(
        "chưa được xác nhận",
        "it was not confirmed",
        "thêm --yes khi không có người ở bàn phím",
        "add --yes where nobody is at the keyboard",
    ),
    Cause.SOME_FAILED: Words(
        "có bo mạch trong khay chưa xong",
        "boards of the tray are not done",
        "chạy lại đúng lệnh này: những bo đã xong được bỏ qua",
        "run the same command again: the boards that are done are passed over",
    ),
    Cause.NOT_IN_CORE: Words(
        "bo mạch đã xong, nhưng trung tâm chưa nhận số đo nào của nó",
        "the board is done, but the core has taken no reading of it",
        "xem quanho edge status: đường lên, đồng hồ; chạy lại đúng lệnh này để kiểm tra lại, không phải nạp lại",
        "see quanho edge status: uplink and clock; the same command looks again, nothing is flashed twice",
    ),
}

STEPS = {
    "plan": ("kiểm tra", "check"),
    "confirm": ("hỏi bo mạch", "ask the board"),
    "write": ("ghi và đọc lại", "write and read back"),
    "first-reading": ("chờ số đo đầu tiên", "wait for the first reading"),
    "identity": ("đặt tên", "name"),
    "label": ("nhãn", "label"),
    "record": ("biên bản", "record"),
    "queue": ("gửi sổ đăng ký", "queue for the registry"),
    "core": ("chờ trung tâm nhận số đo", "wait until the core has a reading"),
}

BOARDS = {
    "untouched": ("bo mạch còn nguyên như trước", "the board is as it was"),
    "half-written": (
        "bo mạch mới ghi một phần và không chạy được; bootloader vẫn còn. Chạy lại đúng lệnh này để hoàn tất",
        "the board is half written and does not run; its bootloader is there. The same command finishes it",
    ),
    "written": (
        "firmware đã ghi và đọc lại đúng, nhưng chưa được chứng minh. Chạy lại đúng lệnh này để đi tiếp",
        "the firmware is written and was read back, but not proven yet. The same command goes on",
    ),
    "proven": ("bo mạch đã xong, chỉ còn giấy tờ", "the board is done, only its papers are not"),
}


NOTES = {
    "another-board": (
        "bo mạch này không phải bo đã xong trước đó, hoặc đã bị thay đổi: làm lại từ đầu",
        "this is another board than the one that was done, or it has changed: starting over",
    ),
    "in-core": ("trung tâm đã nhận số đo của bo mạch", "the core has taken a reading of the board"),
    "goes-on": ("làm tiếp từ chỗ đã dừng", "going on where it stopped"),
}


def note_words(note: str) -> str:
    return say(*NOTES.get(note, (note, note)))


def step_words(step: str) -> str:
    return say(*STEPS.get(step, (step, step)))


def board_words(board: str) -> str:
    return say(*BOARDS[board])


def exit_table() -> str:
    """Return the exit codes for --help, one a line. English, as the rest of --help."""
    rows = ["  0   done, or it was done before", "  2   wrong usage"]
    rows += [f"  {cause.value}  {cause.word}: {CAUSES[cause].en}" for cause in Cause]
    return "\n".join([*rows, "  130 interrupted (Ctrl-C)"])
