"""config.txt: what the Raspberry Pi's firmware switches on. Our lines stand between two marks; everything else is somebody else's. Pure.

Words: raspberrypi.com/documentation/computers/config_txt.html; parameters of overlays: /boot/firmware/overlays/README.
"""

from firmware_bridge.card.settings import HardwareTable

_BEGIN = "# quanho: begin (written by quanho card; changes here are lost)"
_END = "# quanho: end"


def edited(text: str, hardware: HardwareTable, *, has_rpi_module: bool) -> str:
    """Return config.txt with our block. Where cloud-init's rpi module switches the pins, the block has the watchdog alone."""
    rest = without_block(text)
    lines = ["dtparam=watchdog=on"] if hardware.watchdog else []
    if not has_rpi_module:
        lines += ["enable_uart=1"] if hardware.serial else []
        lines += ["dtparam=i2c_arm=on"] if hardware.i2c else []
        lines += ["dtparam=spi=on"] if hardware.spi else []
        lines += ["dtoverlay=w1-gpio"] if hardware.onewire else []
    if not lines:
        return rest
    if rest and not rest.endswith("\n"):
        rest += "\n"
    return rest + "\n".join([_BEGIN, "[all]", *lines, _END]) + "\n"


def without_block(text: str) -> str:
    """Return the text of others."""
    kept, is_ours = [], False
    for line in text.splitlines(keepends=True):
        if line.strip() == _BEGIN:
            is_ours = True
        elif is_ours and line.strip() == _END:
            is_ours = False
        elif not is_ours:
            kept.append(line)
    return "".join(kept)
