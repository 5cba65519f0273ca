"""quanho/setup.sh on the boot partition: what no format of an image can say, done at the first boot by a POSIX shell.

cloud-init runs it from runcmd, Bookworm's firstrun.sh calls it; so the agent gets onto every image in the same way. It may run again at
any time. Nothing is downloaded: quanho comes from the wheels beside it. The files beside it are its input:

    edge.toml             -> /etc/quanho/edge.toml, 0640 root:quanho
    claim.json            -> /etc/quanho/claim.json, 0600 quanho, and gone from the boot partition, which every user can read
    files/*               -> /etc/quanho, 0640 root:quanho, and gone from the boot partition too
    wheels/               -> /opt/quanho
    quanho-edge.service   -> /etc/systemd/system

QUANHO_ROOT puts another root in front of every path, for trying it out; then no program that changes the running system is called.
"""

import json
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from firmware_bridge.card.first_boot import FirstBoot

FOLDER = "quanho"


def setup_files(first_boot: FirstBoot, boot_mount: str) -> dict[str, bytes]:
    """Return the small files of the folder by name; wheels are copied beside them."""
    files = {f"{FOLDER}/setup.sh": _script(first_boot, boot_mount).encode()}
    if first_boot.edge_config is not None:
        files[f"{FOLDER}/edge.toml"] = first_boot.edge_config
    if first_boot.claim_code is not None:
        files[f"{FOLDER}/claim.json"] = (json.dumps({"claim_code": first_boot.claim_code, "hostname": first_boot.hostname}) + "\n").encode()
    files |= {f"{FOLDER}/files/{name}": content for name, content in first_boot.agent_files}
    if first_boot.wheels:
        unit = resources.files("firmware_bridge.card").joinpath("files/quanho-edge.service")
        files[f"{FOLDER}/quanho-edge.service"] = unit.read_bytes()
    return files


def wheel_folder() -> str:
    """Return where the wheels go."""
    return f"{FOLDER}/wheels"


def old_files(names: tuple[str, ...], wanted: dict[str, bytes]) -> Iterator[str]:
    """Yield what an earlier run left below the folder (`names`) and this one does not want: it would be installed all the same."""
    for name in names:
        is_ours = name in ("edge.toml", "claim.json", "quanho-edge.service") or name.startswith("files/")
        if is_ours and f"{FOLDER}/{name}" not in wanted:
            yield f"{FOLDER}/{name}"


def wheels_fit(wheels: tuple[Path, ...]) -> int:
    """Return how many bytes the wheels take."""
    return sum(wheel.stat().st_size for wheel in wheels)


def _script(first_boot: FirstBoot, boot_mount: str) -> str:
    wanted = {
        "WATCHDOG": first_boot.hardware.watchdog,
        "I2C": first_boot.hardware.i2c,
        "UPDATES": first_boot.has_security_updates,
    }
    flags = "".join(f"{name}={int(value)}\n" for name, value in wanted.items())
    return _HEAD.replace("@BOOT@", boot_mount).replace("@FLAGS@", flags) + _BODY


_HEAD = """#!/bin/sh
# Written by quanho card. Runs once at the first boot; running it again does no harm.
set -u
R=${QUANHO_ROOT:-}
BOOT=${QUANHO_BOOT:-$R@BOOT@}
HERE=$BOOT/quanho
exec >>"$HERE/first-boot.log" 2>&1
echo "setup.sh begins"
FAILED=0
@FLAGS@"""

_BODY = r"""
on_system() { [ -n "$R" ] || "$@"; }
failed() { echo "FAILED: $*"; FAILED=1; }

# put SOURCE TARGET MODE OWNER: the new file or the old one, whole, whenever the power goes.
put() {
    mkdir -p "${2%/*}" && (umask 077 && cp "$1" "$2.new") && chmod "$3" "$2.new" || { failed "cannot write $2"; return 1; }
    on_system chown "$4" "$2.new"
    sync "$2.new" 2>/dev/null || sync
    mv -f "$2.new" "$2"
}

# text TARGET MODE: the same from standard input.
text() {
    mkdir -p "${1%/*}" && cat >"$1.new" && chmod "$2" "$1.new" && mv -f "$1.new" "$1" || failed "cannot write $1"
}

user() {
    on_system id quanho >/dev/null 2>&1 && return
    on_system useradd --system --home-dir /var/lib/quanho --shell /usr/sbin/nologin --groups dialout quanho || failed "no user quanho"
}

agent_files() {
    mkdir -p "$R/etc/quanho"
    [ ! -f "$HERE/edge.toml" ] || put "$HERE/edge.toml" "$R/etc/quanho/edge.toml" 640 root:quanho
    if [ -f "$HERE/claim.json" ] && put "$HERE/claim.json" "$R/etc/quanho/claim.json" 600 quanho:quanho; then
        sync
        rm -f "$HERE/claim.json"
    fi
    for file in "$HERE"/files/*; do
        [ -f "$file" ] && put "$file" "$R/etc/quanho/${file##*/}" 640 root:quanho && sync && rm -f "$file"
    done
    rmdir "$HERE/files" 2>/dev/null
}

agent() {
    [ -d "$HERE/wheels" ] || return 0
    if [ -z "$R" ]; then
        python3 -m venv /opt/quanho && /opt/quanho/bin/pip install --quiet --no-index --find-links "$HERE/wheels" --upgrade quanho ||
            { failed "quanho could not be installed from $HERE/wheels"; return; }
        ln -sf /opt/quanho/bin/quanho /usr/local/bin/quanho
    fi
    put "$HERE/quanho-edge.service" "$R/etc/systemd/system/quanho-edge.service" 644 root:root
    on_system systemctl daemon-reload
    [ ! -f "$R/etc/quanho/edge.toml" ] || on_system systemctl enable --now --no-block quanho-edge
}

hardware() {
    [ $I2C = 0 ] || echo i2c-dev | text "$R/etc/modules-load.d/quanho.conf" 644
    [ $I2C = 0 ] || on_system modprobe -q i2c-dev
    [ $WATCHDOG = 0 ] || printf '[Manager]\nRuntimeWatchdogSec=15s\n' | text "$R/etc/systemd/system.conf.d/90-quanho-watchdog.conf" 644
}

# The settings are there at once; the package, where the image has none, as soon as there is a network.
updates() {
    [ $UPDATES = 1 ] || return 0
    text "$R/etc/apt/apt.conf.d/52quanho-security-updates" 644 <<'EOF'
APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "1";
Unattended-Upgrade::Automatic-Reboot "false";
EOF
    [ -x "$R/usr/bin/unattended-upgrade" ] && return 0
    text "$R/etc/systemd/system/quanho-security-updates.service" 644 <<'EOF'
[Unit]
Description=Install unattended-upgrades as soon as there is a network
ConditionPathExists=!/usr/bin/unattended-upgrade
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
ExecStart=/bin/sh -c 'apt-get -q update && exec apt-get -q -y --no-install-recommends install unattended-upgrades'
Environment=DEBIAN_FRONTEND=noninteractive
Restart=on-failure
RestartSec=10min

[Install]
WantedBy=multi-user.target
EOF
    on_system systemctl daemon-reload
    on_system systemctl enable --now --no-block quanho-security-updates
}

[ ! -f "$HERE/edge.toml" ] && [ ! -f "$HERE/claim.json" ] && [ ! -d "$HERE/files" ] && [ ! -d "$HERE/wheels" ] || user
agent_files
agent
hardware
updates
echo "setup.sh ends, failed: $FAILED"
sync
exit $FAILED
"""
