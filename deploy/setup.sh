#!/usr/bin/env bash
# What `make setup` does (peers: `make peers`). The steps are quick when there is nothing to do.
#
#   deploy/setup.sh programs   install Debian's mosquitto, influxdb and the tools for boards and cards, if missing and allowed (root, or sudo without a password)
#   deploy/setup.sh venv       build .venv with this project in it
#   deploy/setup.sh peers      build bench/.env-peers with the parsers that ours are measured against
#
# Services that Debian starts for packages installed here are stopped and disabled again: demo and tests run servers of their
# own on free loopback ports. A service that was installed before is left as it is.
#
# PYTHON=/path/to/python3 chooses the Python (3.11 or later).

set -euo pipefail
cd "$(dirname "$0")/.."

PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin" # servers live there, and users' paths often lack them
READY=.venv/.ready

say() { printf 'setup: %s\n' "$*" >&2; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

may_install() {
    command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }
}

is_recent() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

can_build_venv() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

# The first Python 3.11 or later; one that can build a virtual environment goes before one that cannot.
find_python() {
    local candidate found=""
    for candidate in ${PYTHON:-python3.13 python3.12 python3.11 python3}; do
        is_recent "$candidate" || continue
        if can_build_venv "$candidate"; then
            command -v "$candidate"
            return
        fi
        found=${found:-$(command -v "$candidate")}
    done
    printf '%s\n' "$found"
}

# Debian's package with the venv module of a Python that lacks it; python3 itself when there is no Python at all.
venv_package() {
    local python
    python=$(find_python)
    if [ -z "$python" ]; then
        echo python3-venv
    elif ! can_build_venv "$python"; then
        "$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'
    fi
}

missing_packages() {
    command -v mosquitto >/dev/null || echo mosquitto
    command -v mosquitto_pub >/dev/null || echo mosquitto-clients
    command -v influxd >/dev/null || echo influxdb
    missing_board_tools
    is_recent .venv/bin/python || venv_package
}

# What flashes boards and cards, and what runs a real firmware on this machine.
missing_board_tools() {
    command -v avrdude >/dev/null || echo avrdude
    command -v avr-gcc >/dev/null || echo gcc-avr
    [ -d /usr/lib/avr/include ] || echo avr-libc
    [ -d /usr/share/arduino/hardware/arduino/avr/bootloaders ] || echo arduino-core-avr
    [ -f /usr/include/simavr/sim_avr.h ] || echo libsimavr-dev
    command -v gcc >/dev/null || echo gcc
    command -v g++ >/dev/null || echo g++
    [ -f /usr/include/stdio.h ] || echo libc6-dev
    command -v stm32flash >/dev/null || echo stm32flash
    command -v dfu-util >/dev/null || echo dfu-util
    command -v openssl >/dev/null || echo openssl
    [ -f /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf ] || echo fonts-dejavu-core
    command -v mcopy >/dev/null || echo mtools
    command -v mkfs.vfat >/dev/null || echo dosfstools
    command -v debugfs >/dev/null || echo e2fsprogs
    command -v sfdisk >/dev/null || echo fdisk
    command -v xz >/dev/null || echo xz-utils
    [ -z "${QUANHO_REQUIRE_SERVERS:-}" ] || missing_judges
}

# What CI judges our output by: the network settings of a card, the types of dashboards, scripts of the compose file.
missing_judges() {
    command -v curl >/dev/null || echo curl
    command -v shellcheck >/dev/null || echo shellcheck
    command -v netplan >/dev/null || echo netplan.io
    command -v node >/dev/null || echo nodejs
    command -v npm >/dev/null || echo npm
}

# No pipe into grep -q here: it ends early, and with pipefail apt-cache's broken pipe would count as "no".
has_candidate() { [[ "$(apt-cache policy "$1" 2>/dev/null)" == *"Candidate: "[!\(]* ]]; }

apt() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=500 "$@"; }

install_packages() {
    local package updated="" wanted=()
    for package in "$@"; do
        if ! has_candidate "$package" && [ -z "$updated" ]; then
            apt update || say "apt-get update failed; going on with the lists that are here"
            updated=yes
        fi
        if has_candidate "$package"; then wanted+=("$package"); else say "no package $package in this system's sources"; fi
    done
    [ ${#wanted[@]} -gt 0 ] || return 0
    if ! apt install -y --no-install-recommends "${wanted[@]}"; then
        [ -z "$updated" ] || return 1
        apt update && apt install -y --no-install-recommends "${wanted[@]}" # the lists were old
    fi
    for package in "${wanted[@]}"; do
        case $package in mosquitto | influxdb) silence_service "$package" ;; esac
    done
}

# Stop and disable the service of a package that we have just installed.
silence_service() {
    if [ -d /run/systemd/system ]; then
        as_root systemctl disable --now --quiet "$1" || say "could not stop $1: run systemctl disable --now $1"
        return
    fi
    if [ -x "/etc/init.d/$1" ]; then as_root "/etc/init.d/$1" stop >/dev/null 2>&1 || true; fi
    if command -v update-rc.d >/dev/null; then as_root update-rc.d "$1" disable >/dev/null 2>&1 || true; fi
}

programs() {
    local missing
    missing=$(missing_packages | tr '\n' ' ')
    [ -n "$missing" ] || return 0
    if may_install; then
        say "installing $missing"
        # shellcheck disable=SC2086 # a list of words
        install_packages $missing || say "installing failed; see above"
        missing=$(missing_packages | tr '\n' ' ')
        [ -n "$missing" ] || return 0
    fi
    say "not installed: $missing"
    say "to install them:  sudo apt-get update && sudo apt-get install -y --no-install-recommends $missing"
    say "without them, tests against real servers and boards are skipped and the demo says what it does instead"
}

venv() {
    if is_recent .venv/bin/python && [ "$READY" -nt pyproject.toml ] && [ "$READY" -nt deploy/setup.sh ] &&
        [ "$(cat "$READY")" = "$PWD" ]; then
        return 0
    fi
    local python
    python=$(find_python)
    if [ -z "$python" ] || ! can_build_venv "$python"; then
        say "needs Python 3.11 or later with venv:  sudo apt-get install -y --no-install-recommends $(venv_package)"
        say "or name another Python:  make setup PYTHON=/path/to/python3"
        exit 1
    fi
    say "building .venv with $python"
    # Scripts in .venv name its folder: one that was moved, or whose Python is gone, is built anew; else only updated.
    if ! is_recent .venv/bin/python || { [ -f "$READY" ] && [ "$(cat "$READY")" != "$PWD" ]; }; then
        "$python" -m venv --clear .venv
    fi
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,dashboards,flash]'
    printf '%s\n' "$PWD" >"$READY"
}

# Reference parsers for `python -m bench decoders`, in an environment of their own.
peers() {
    local python
    python=$(find_python)
    "$python" -m venv bench/.env-peers
    bench/.env-peers/bin/python -m pip install --quiet --disable-pip-version-check '.[peers]'
    # It asks for paho-mqtt below 2, which only its client needs.
    bench/.env-peers/bin/python -m pip install --quiet --disable-pip-version-check --no-deps pysparkplug
}

case "${1:-}" in
programs) programs ;;
peers) peers ;;
venv) venv ;;
*)
    sed -n '2,/^$/s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
