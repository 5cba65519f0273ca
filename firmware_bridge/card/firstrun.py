"""First boot of Bookworm by `firstrun.sh`, which systemd runs once because the command line says so. Pure.

It calls the image's own tools where they are (imager_custom of raspberrypi-sys-mods, userconf of userconf-pi) and does the same by hand
where they are not. It takes itself and its words off the boot partition, and always ends with 0: otherwise systemd would switch off.
Every text of the settings is quoted for the shell or stands in a quoted here-document; hashes and keys are in no argument of a program.
"""

import shlex

from firmware_bridge.card.first_boot import FirstBoot
from firmware_bridge.card.network_manager import keyfiles
from firmware_bridge.card.setup_script import FOLDER

MARK = "# Written by quanho card"
_EOF = "QUANHO_END_OF_TEXT"


def firstrun_sh(first_boot: FirstBoot, boot_mount: str) -> bytes:
    """Return the script."""
    parts = [_HEAD.replace("@BOOT@", boot_mount), f"set_hostname {shlex.quote(first_boot.hostname)}"]
    parts.append(f"set_timezone {shlex.quote(first_boot.timezone)}")
    if first_boot.user:
        parts.append(f"set_user {shlex.quote(first_boot.user.name)}")
        hashed = first_boot.user.password_hash or "!"
        parts.append(_here("on_system chpasswd -e", f"{first_boot.user.name}:{hashed}"))
        if first_boot.user.ssh_keys:
            parts.append(_here("set_keys", "\n".join(first_boot.user.ssh_keys)))
        password_login = "yes" if first_boot.has_password_login else "no"
        parts.append(_here('text "$R/etc/ssh/sshd_config.d/50-quanho.conf" 644', f"PasswordAuthentication {password_login}"))
    parts.append(f"on_system systemctl -q {'enable' if first_boot.has_ssh else 'disable'} ssh || failed ssh")
    if first_boot.country:
        parts.append(f"set_country {shlex.quote(first_boot.country)}")
    for name, content in keyfiles(first_boot).items():
        parts.append(_here(f'text "$R/etc/NetworkManager/system-connections/{name}" 600', content.rstrip("\n")))
    parts.append(_TAIL.replace("@FOLDER@", FOLDER))
    return "\n".join(parts).encode()


def _here(command: str, content: str) -> str:
    """Give `content` to a command on its standard input, whatever is in it."""
    end = _EOF
    while end in content:
        end += "_"
    return f"{command} <<'{end}'\n{content}\n{end}"


_HEAD = r"""#!/bin/sh
# Written by quanho card. systemd runs it once, at the first boot; it then removes itself.
R=${QUANHO_ROOT:-}
BOOT=${QUANHO_BOOT:-$R@BOOT@}
IMAGER=$R/usr/lib/raspberrypi-sys-mods/imager_custom
USERCONF=$R/usr/lib/userconf-pi/userconf
umask 022
mkdir -p "$BOOT/quanho"
exec >>"$BOOT/quanho/first-boot.log" 2>&1
echo "firstrun.sh begins"

on_system() { [ -n "$R" ] || "$@"; }
failed() { echo "FAILED: $*"; }

text() {
    mkdir -p "${1%/*}"
    (umask 077 && cat >"$1.new") && chmod "$2" "$1.new" && mv -f "$1.new" "$1" || failed "cannot write $1"
}

set_hostname() {
    [ -x "$IMAGER" ] && "$IMAGER" set_hostname "$1" && return
    old=$(cat "$R/etc/hostname" 2>/dev/null)
    echo "$1" >"$R/etc/hostname"
    [ -f "$R/etc/hosts" ] || echo "127.0.0.1 localhost" >"$R/etc/hosts"
    sed -i '/^127\.0\.1\.1[[:space:]]/d' "$R/etc/hosts"
    printf '127.0.1.1\t%s\n' "$1" >>"$R/etc/hosts"
    echo "host name: $old -> $1"
}

set_timezone() {
    [ -x "$IMAGER" ] && "$IMAGER" set_timezone "$1" && return
    ln -sf "/usr/share/zoneinfo/$1" "$R/etc/localtime"
    echo "$1" >"$R/etc/timezone"
}

first_user() { awk -F: -v want="$1" '$3 == 1000 { print $want; exit }' "$R/etc/passwd"; }

# The image's own first user gets the name; where it has none, one is made.
set_user() {
    if [ -x "$USERCONF" ] && [ -n "$(first_user 1)" ]; then
        "$USERCONF" "$1" ''
    elif [ -z "$(first_user 1)" ]; then
        on_system useradd --create-home --uid 1000 --shell /bin/bash "$1" || failed "no user $1"
    elif [ "$(first_user 1)" != "$1" ]; then
        old=$(first_user 1)
        on_system usermod -l "$1" "$old" && on_system usermod -m -d "/home/$1" "$1" && on_system groupmod -n "$1" "$old" || failed "user $1"
        [ ! -f "$R/etc/sudoers.d/010_pi-nopasswd" ] || sed -i "s/^$old /$1 /" "$R/etc/sudoers.d/010_pi-nopasswd"
    fi
    for group in dialout gpio i2c spi sudo; do on_system usermod -a -G "$group" "$1" || echo "no group $group"; done
}

set_keys() {
    home=$R$(first_user 6)
    [ "$home" != "$R" ] || { failed "no home for SSH keys"; cat >/dev/null; return; }
    mkdir -p "$home/.ssh"
    chmod 700 "$home/.ssh"
    text "$home/.ssh/authorized_keys" 600
    on_system chown -R "$(first_user 1):" "$home/.ssh"
}

# The name of a sub-command is younger than imager_custom itself.
set_country() {
    [ -x "$IMAGER" ] && "$IMAGER" set_wlan_country "$1" && return
    on_system raspi-config nonint do_wifi_country "$1"
    on_system rfkill unblock wifi
    for state in "$R"/var/lib/systemd/rfkill/*:wlan; do
        [ ! -f "$state" ] || echo 0 >"$state"
    done
}
"""

_TAIL = r"""
sh "$BOOT/@FOLDER@/setup.sh" || failed setup.sh
rm -f "$BOOT/firstrun.sh"
sed -i 's| systemd\.run[^ ]*||g; s| systemd\.unit=kernel-command-line\.target||g' "$BOOT/cmdline.txt"
echo "firstrun.sh ends"
sync
exit 0
"""
