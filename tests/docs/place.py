"""A neutral computer for pictures: no path, port, user or key of this machine is in sight.

`enter_place` starts the program anew in mount, process and host-name namespaces of its own (unshare, which needs root), in which /dev
has a few devices and the ports of simulated boards, /sys/class/tty says what they are, /home is empty, and /etc and /var/lib may
be written to. The machine outside sees nothing of it.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

HOME = Path("/home/lan")
BOARDS = Path("/mnt/boards")
_HOST = "may-ky-thuat"
_HIDDEN = ("/home", "/var/lib")
_SETUP = f"""\
set -e
mount -t tmpfs tmpfs /mnt
mkdir -p /mnt/dev/pts /mnt/dev/shm /mnt/dev/serial/by-id /mnt/dev/serial/by-path /mnt/tty /mnt/up /mnt/work /mnt/boards
mount -t overlay overlay -o lowerdir=/etc,upperdir=/mnt/up,workdir=/mnt/work /etc
mkdir -p /etc/quanho
mount -t tmpfs tmpfs /etc/quanho
for folder in {" ".join(_HIDDEN)}; do mount -t tmpfs tmpfs $folder; done
for name in null zero full random urandom tty; do touch /mnt/dev/$name; mount --bind /dev/$name /mnt/dev/$name; done
mount -t devpts -o newinstance,ptmxmode=0666 devpts /mnt/dev/pts
ln -s pts/ptmx /mnt/dev/ptmx
ln -s /proc/self/fd /mnt/dev/fd
mount --rbind /mnt/dev /dev
mount --bind /mnt/tty /sys/class/tty
hostname {_HOST}
mkdir {HOME}
exec "$@"
"""


def enter_place(module: str, *words: str) -> None:
    """Run `python -m module words` in the place; it tells by `is_in_place` that it is there. SystemExit where it cannot be made."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        sys.exit("the place of the pictures needs root and unshare (util-linux)")
    here = Path(sys.executable).absolute()
    if any(str(path).startswith(f"{hidden}/") for hidden in (*_HIDDEN, "/mnt") for path in (here, Path.cwd())):
        sys.exit(f"this checkout lies below {', '.join(_HIDDEN)} or /mnt, which are other folders in the pictures: use another")
    inside = ["bash", "-c", _SETUP, "place", str(here), "-m", module, *words]
    namespaces = ("--mount", "--uts", "--pid", "--fork", "--mount-proc", "--propagation", "private")
    done = subprocess.run(["unshare", *namespaces, *inside], check=False, env={**os.environ, "QUANHO_PLACE": "made"})
    if done.returncode:
        sys.exit(done.returncode)


def is_in_place() -> bool:
    return os.environ.get("QUANHO_PLACE") == "made" and HOME.is_dir()


def plug_in(name: str, port: Path, usb: tuple[str, str, str, str], by_id: str) -> Path:
    """Let a simulated board's port be /dev/NAME with these USB facts (VID, PID, serial number, product); return that path."""
    device = Path("/dev") / name
    place = Path("/mnt/tty") / name / "device"
    place.mkdir(parents=True, exist_ok=True)
    for fact, text in zip(("idVendor", "idProduct", "serial", "product"), usb, strict=True):
        (place / fact).write_text(text + "\n")
    for link, to in ((device, port), (Path("/dev/serial/by-id") / by_id, device)):
        link.unlink(missing_ok=True)
        link.symlink_to(to)
    return device


def pull_out(name: str) -> None:
    """Take /dev/NAME away again."""
    (Path("/dev") / name).unlink(missing_ok=True)
    for link in Path("/dev/serial/by-id").iterdir():
        if link.readlink() == Path("/dev") / name:
            link.unlink()
    shutil.rmtree(Path("/mnt/tty") / name, ignore_errors=True)
