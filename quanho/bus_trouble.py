"""Why a line cannot be had, in words that say what to do: who holds the port, which ports there are, which group is missing."""

import glob
import os
import stat
from contextlib import suppress
from pathlib import Path

from quanho.lang import pick, say

_PORTS = ("/dev/serial/by-id/*", "/dev/ttyUSB*", "/dev/ttyACM*", "/dev/ttyAMA*", "/dev/ttyS[0-9]")
_MOST_NAMED = 8
_MOST_TEXT = 300


def explained(where: str, reason: str) -> str:
    """Return `reason` with the way out. `where` is a path, or HOST:PORT."""
    hint = _of_port(where, reason) if where.startswith(("/", ".")) or "/" in where else _of_host(where, reason)
    return f"{where}: {hint or pick(reason)[:_MOST_TEXT] or say('không mở được', 'cannot be opened')}"


def holders(device: str) -> list[str]:
    """Return who has locked `device`, as far as Linux tells: command and process id, from /proc/locks."""
    found = []
    with suppress(OSError):
        about = os.stat(device)  # noqa: PTH116
        place = f"{os.major(about.st_dev):02x}:{os.minor(about.st_dev):02x}:{about.st_ino}"
        for line in Path("/proc/locks").read_text(encoding="ascii").splitlines():
            words = line.split()
            if len(words) > 5 and words[5] == place and words[4].isdecimal():
                found.append(f"{_command(words[4])} (pid {words[4]})")
    return found


def _command(pid: str) -> str:
    with suppress(OSError):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if Path(words[0].decode("utf-8", "replace")).name.startswith("python") and len(words) > 1:
            del words[0]
        text = " ".join([Path(words[0].decode("utf-8", "replace")).name, *(word.decode("utf-8", "replace") for word in words[1:] if word)])
        return "".join(each for each in text if each.isprintable())[:80] or "?"
    return "?"


def _of_port(where: str, reason: str) -> str:
    if glob.has_magic(where):
        return ""
    if not os.path.exists(where):  # noqa: PTH110 -- text, as below
        ports = sorted({path for pattern in _PORTS for path in glob.glob(pattern)})  # noqa: PTH207
        there = ", ".join(ports[:_MOST_NAMED]) or say("không có cổng nào", "none")
        return say(f"không có cổng này ({reason}). Các cổng đang có: {there}", f"no such port ({reason}). Ports that are there: {there}")
    if "in use" in reason:
        who = ", ".join(holders(where)) or say("một chương trình khác", "another program")
        return say(
            f"đang bị chiếm bởi {who}. Nếu là quanho: `systemctl stop quanho-edge`, xong việc thì `systemctl start quanho-edge`. "
            f"Không muốn dừng: `quanho edge status` cho biết lỗi của từng thiết bị",
            f"in use by {who}. If that is the agent: `systemctl stop quanho-edge`, and start it again afterwards. "
            f"Without stopping it, `quanho edge status` tells what goes wrong with each device",
        )
    if not os.access(where, os.R_OK | os.W_OK):
        group = _group(where)
        return say(
            f"người dùng này không được mở cổng: `sudo usermod -aG {group} $USER`, rồi đăng nhập lại",
            f"this user may not open it: `sudo usermod -aG {group} $USER`, then log in again",
        )
    with suppress(OSError):
        if not stat.S_ISCHR(os.stat(where).st_mode):  # noqa: PTH116
            return say("không phải cổng nối tiếp", "this is no serial port")
    return ""


def _group(path: str) -> str:
    import grp

    with suppress(OSError, KeyError):
        name = grp.getgrgid(os.stat(path).st_gid).gr_name  # noqa: PTH116
        return name if name != "root" else "dialout"
    return "dialout"


def _of_host(where: str, reason: str) -> str:
    host = where.rpartition(":")[0]
    lowered = reason.lower()
    if any(words in lowered for words in ("name or service", "name resolution", "no address", "nodename", "encoding")):
        return say(
            f"không tìm thấy máy tên {host!r} ({reason}). Cổng nối tiếp thì viết cả đường dẫn: /dev/{host}",
            f"no host of the name {host!r} is known ({reason}). A serial port is written with its path: /dev/{host}",
        )
    if "refused" in lowered:
        return say(
            f"không ai nghe ở cổng này ({reason}): Modbus/TCP đã bật chưa, cổng có đúng không (thường là 502)?",
            f"nobody listens there ({reason}): is Modbus/TCP switched on, and is that its port (mostly 502)?",
        )
    if any(words in lowered for words in ("timed out", "no route", "unreachable")):
        return say(
            f"không tới được ({reason}): kiểm tra nguồn, cáp mạng, địa chỉ (`ping {host}`)",
            f"cannot be reached ({reason}): check its supply, the network cable, the address (`ping {host}`)",
        )
    if any(words in lowered for words in ("closed", "reset", "broken pipe")):
        return say(
            f"bên kia cắt kết nối ({reason}): nhiều thiết bị chỉ nhận một kết nối, hãy dừng quanho-edge hoặc phần mềm khác đang đọc nó",
            f"the other side ends the connection ({reason}): many devices take one at a time; stop the agent or whoever else reads it",
        )
    return ""
