"""`quanho flash ports` and `quanho flash boards`: what is plugged in, and what can be flashed."""

from dataclasses import asdict

from firmware_bridge.flash.backends.uf2 import uf2_drives
from firmware_bridge.flash.ports import Port, list_ports
from firmware_bridge.flash.target import targets
from quanho.lang import say
from quanho.report import print_json, print_lines

_EXIT_NOTHING = 1


def print_ports(*, as_json: bool) -> int:
    """Print the ports and UF2 drives; return the exit code."""
    ports, drives = list_ports(targets()), uf2_drives()
    if as_json:
        print_json({"ports": [asdict(port) for port in ports], "uf2_drives": [str(drive) for drive in drives]})
        return 0 if ports or drives else _EXIT_NOTHING
    for port in ports:
        print_lines(_lines(port))
    print_lines(say(f"{drive}  ổ UF2: RP2040 đang chờ nạp", f"{drive}  UF2 drive: an RP2040 waits for a file") for drive in drives)
    if not ports and not drives:
        print(
            say(
                "không thấy cổng nào: cắm bo mạch, dùng cáp USB có dây dữ liệu; trên máy ảo thì chuyển thiết bị USB vào",
                "no port is there: plug a board in, with a USB cable that has data wires; in a virtual machine, pass the USB device on",
            )
        )
        return _EXIT_NOTHING
    return 0


def print_boards(*, as_json: bool) -> int:
    """Print the board families."""
    if as_json:
        print_json({"boards": [target.model_dump(mode="json") for target in targets()]})
        return 0
    for target in targets():
        print(f"{target.name:<20} {target.title}  [{target.back_end}, {target.usable_bytes // 1024} KiB]")
    return 0


def _lines(port: Port) -> list[str]:
    about = "  ".join(filter(None, (port.product, port.usb_id, port.serial)))
    lines = [f"{port.device}  {about}".rstrip()]
    if port.path != port.device:
        lines.append(say(f"  tên không đổi: {port.path}", f"  lasting name: {port.path}"))
    if port.guesses:
        lines.append(say(f"  có lẽ là (đoán): {', '.join(port.guesses)}", f"  perhaps (a guess): {', '.join(port.guesses)}"))
    for holder in port.holders:
        who = say("agent quanho edge", "the agent, quanho edge") if holder.is_agent else holder.name
        lines.append(say(f"  đang được dùng bởi {who} (pid {holder.pid})", f"  held by {who} (pid {holder.pid})"))
    return lines
