"""Ports are read from the file system; nothing is opened."""

import os
from pathlib import Path

from firmware_bridge.flash.ports import Port, board_identity, is_same_device, list_ports
from firmware_bridge.flash.target import targets


class Machine:
    """A root file system with USB serial ports."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def plug(self, tty: str, usb_id: str, serial: str = "", product: str = "", socket: str = "1-1") -> Path:
        vid, pid = usb_id.split(":")
        device = self.root / "sys/devices/usb1" / socket
        interface = device / f"{socket}:1.0" / "tty" / tty
        interface.mkdir(parents=True)
        for name, text in (("idVendor", vid), ("idProduct", pid), ("serial", serial), ("product", product)):
            if text:
                (device / name).write_text(text + "\n")
        folder = self.root / "sys/class/tty" / tty
        folder.mkdir(parents=True)
        (folder / "device").symlink_to(device / f"{socket}:1.0")
        node = self.root / "dev" / tty
        node.parent.mkdir(parents=True, exist_ok=True)
        node.touch()
        for kind, name in (("by-id", f"usb-{product or vid}{'_' + serial if serial else ''}-if00"), ("by-path", f"pci-usb-{socket}")):
            link = self.root / "dev/serial" / kind / name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(node)
        return node

    def hold(self, pid: int, node: Path, words: list[str]) -> None:
        process = self.root / "proc" / str(pid)
        (process / "fd").mkdir(parents=True)
        (process / "fd" / "3").symlink_to(node)
        (process / "cmdline").write_text("\0".join(words))
        (process / "comm").write_text(Path(words[0]).name + "\n")

    def ports(self) -> tuple[Port, ...]:
        return list_ports(targets(), self.root)


def test_a_board_with_a_serial_number_is_named_by_it_and_guessed_by_its_usb_id(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.plug("ttyACM0", "2341:0043", "5573", "Arduino_Uno")
    (port,) = machine.ports()
    assert port.path == str(tmp_path / "dev/serial/by-id/usb-Arduino_Uno_5573-if00")
    assert (port.usb_id, port.serial, port.guesses) == ("2341:0043", "5573", ("atmega328p-uno",))


def test_adapters_without_a_serial_number_are_named_by_their_socket_and_guessed_as_several(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.plug("ttyUSB0", "1a86:7523", socket="1-1")
    (port,) = machine.ports()
    assert port.path == str(tmp_path / "dev/serial/by-path/pci-usb-1-1")
    assert len(port.guesses) > 2


def test_whoever_holds_a_port_is_named_and_the_agent_is_told_from_others(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    node = machine.plug("ttyUSB0", "10c4:ea60", "1")
    machine.hold(41, node, ["/usr/bin/python3", "/opt/quanho/bin/quanho", "edge", "run", "--config", "site.toml"])
    machine.hold(42, node, ["/usr/bin/minicom", "-D", "/dev/ttyUSB0"])
    (port,) = machine.ports()
    assert {(holder.pid, holder.name, holder.is_agent) for holder in port.holders} == {(41, "python3", True), (42, "minicom", False)}


def test_a_machine_without_ports_has_an_empty_list(tmp_path: Path) -> None:
    assert list_ports(targets(), tmp_path) == ()


def test_a_board_keeps_its_identity_under_another_port_name(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    first = machine.plug("ttyUSB0", "10c4:ea60", "77", socket="1-1")
    before = board_identity(str(first), tmp_path)
    assert before == "10c4:ea60:77"
    assert board_identity(str(tmp_path / "dev/serial/by-path/pci-usb-1-1"), tmp_path) == before
    assert board_identity("some/pty", tmp_path) == os.path.abspath("some/pty")  # noqa: PTH100


def device_file(rdev: int, dev: int) -> os.stat_result:
    return os.stat_result((0o020620, 4, dev, 1, 0, 0, 0, 0, 0, 0), {"st_rdev": rdev})


def test_a_containers_pseudo_terminal_of_the_same_name_is_another_but_its_usb_port_is_the_same() -> None:
    pty, usb = os.makedev(136, 1), os.makedev(188, 0)
    assert is_same_device(device_file(pty, 26), device_file(pty, 26))
    assert not is_same_device(device_file(pty, 26), device_file(pty, 47))
    assert is_same_device(device_file(usb, 26), device_file(usb, 47))
    assert not is_same_device(device_file(usb, 26), device_file(os.makedev(188, 1), 26))
