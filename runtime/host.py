"""What the host says of itself: temperature, memory, disk, power. Each is None where the machine does not offer it."""

import os
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_THERMAL = Path("/sys/class/thermal/thermal_zone0/temp")
_STATM = Path("/proc/self/statm")
_UNDERVOLTAGE = "hwmon*/in0_lcrit_alarm"


def cpu_temperature_celsius() -> float | None:
    """Temperature of the first thermal zone in °C (Linux, sysfs thermal API: millidegrees)."""
    text = _read(_THERMAL)
    return int(text) / 1000.0 if text and text.lstrip("-").isdigit() else None


def rss_bytes() -> int | None:
    """Resident memory of this process in bytes (proc(5), /proc/self/statm, second field, in pages)."""
    text = _read(_STATM)
    return int(text.split()[1]) * os.sysconf("SC_PAGE_SIZE") if text else None


def load_1m() -> float | None:
    """Processes that ran or waited for the processor, mean of the last minute (getloadavg(3))."""
    try:
        return os.getloadavg()[0]
    except OSError:
        return None


def disk_free_bytes(folder: Path) -> int | None:
    """Bytes that we may still write below `folder`."""
    try:
        stat = os.statvfs(folder)
    except OSError:
        return None
    return stat.f_bavail * stat.f_frsize


def is_undervolted() -> bool | None:
    """Whether the firmware of a Raspberry Pi reports undervoltage (Linux driver raspberrypi-hwmon, in0_lcrit_alarm)."""
    for path in Path("/sys/class/hwmon").glob(_UNDERVOLTAGE):
        if _read(path.parent / "name") == "rpi_volt":
            return _read(path) == "1"
    return None


def installed_version() -> str | None:
    """Return the version of this software, None where it runs without having been installed."""
    try:
        return version("quanho")
    except PackageNotFoundError:
        return None


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None
