"""cmdline.txt: the kernel's command line. One line of words; the firmware reads no second one. Pure.

Words of ours are replaced, those of others stay as and where they are (a word such as console= may rightly stand several times).
"""

from collections.abc import Sequence

_OURS = (
    "cfg80211.ieee80211_regdom=",
    "ds=nocloud",
    "systemd.run=",
    "systemd.run_success_action=",
    "systemd.unit=kernel-command-line.target",
)
_SERIAL = ("console=serial0", "console=ttyAMA0", "console=ttyS0", "console=ttyAMA10")
FIRSTBOOT = "init=/usr/lib/raspberrypi-sys-mods/firstboot"


def edited(text: str, added: Sequence[str], *, has_serial_console: bool) -> str:
    """Return the line with `added` behind it and without what an earlier run added; with or without a console on the UART."""
    words = [word for word in words_of(text) if not word.startswith(_OURS) and (has_serial_console or not word.startswith(_SERIAL))]
    if has_serial_console and not any(word.startswith(_SERIAL) for word in words):
        words.insert(0, "console=serial0,115200")
    words += [word for word in added if word not in words]
    return " ".join(words) + "\n"


def words_of(text: str) -> list[str]:
    """Return the words of the first line that has any."""
    line = next((line for line in text.replace("\r", "\n").split("\n") if line.strip()), "")
    return line.split()


def first_run_words(boot_mount: str) -> list[str]:
    """Return what has systemd run firstrun.sh once and boot again (systemd-run-generator(8))."""
    return [
        f"systemd.run={boot_mount}/firstrun.sh",
        "systemd.run_success_action=reboot",
        "systemd.unit=kernel-command-line.target",
    ]


def problems_of(text: str) -> list[tuple[str, str]]:
    """Return what is wrong with a command line as (code, text)."""
    words, found = words_of(text), []
    if not words:
        return [("cmdline-empty", "cmdline.txt is empty; without root=… it does not boot")]
    if sum(1 for line in text.replace("\r", "\n").split("\n") if line.strip()) > 1:
        found.append(("cmdline-lines", "cmdline.txt has more than one line; only the first is read, the rest does nothing"))
    if not any(word.startswith("root=") for word in words):
        found.append(("cmdline-root", "cmdline.txt has no root=…; it does not boot"))
    if any(ord(char) < 32 and char not in "\r\n\t" for char in text) or "\ufffd" in text:
        found.append(("cmdline-damaged", "cmdline.txt has characters that do not belong there; it is damaged"))
    keys = [word.partition("=")[0] for word in words if word.startswith(("root=", *_OURS))]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        found.append(("cmdline-twice", f"cmdline.txt has {', '.join(twice)} more than once"))
    return found
