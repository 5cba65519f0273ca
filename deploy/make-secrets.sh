#!/bin/sh
# Make the secrets of deploy/compose.yaml: random values in deploy/secrets/, mode 600, and in deploy/.env the number of their owner, as
# whom the containers read them. What is there already stays as it is: run it as often as you like.
#
#   deploy/make-secrets.sh
#
# Run by root, the files belong to the user in .env, or else to user 10001, which the containers then are. A password set here reaches
# InfluxDB and Grafana at their first start only; later, change it in the program as well.

set -eu
umask 077
cd "$(dirname "$0")"

NAMES="grafana_admin_password influx_admin_password influx_admin_token influx_edge_password influx_grafana_password
mqtt_edge_password mqtt_devices_password"

known() { sed -n "s/^$1=//p" .env 2>/dev/null | tail -n 1; }

me=$(id -u)
uid=$(known QUANHO_UID)
gid=$(known QUANHO_GID)
if [ "$me" = 0 ]; then
    uid=${uid:-10001}
    gid=${gid:-$uid}
else
    uid=${uid:-$me}
    gid=${gid:-$(id -g)}
fi
if [ "$me" != 0 ] && [ "$me" != "$uid" ]; then
    echo "make-secrets: the secrets belong to user $uid (QUANHO_UID in $PWD/.env): run this as that user, or as root" >&2
    exit 1
fi

# Letters and digits only: Grafana takes a dollar sign in a secret for a variable, and others have signs of their own.
random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

mkdir -p secrets
chmod 700 secrets
made=0
for name in $NAMES; do
    if [ -s "secrets/$name" ]; then continue; fi
    random >"secrets/.$name.new"
    mv "secrets/.$name.new" "secrets/$name"
    made=$((made + 1))
done
if [ "$me" = 0 ]; then chown -R "$uid:$gid" secrets; fi

touch .env
for line in "QUANHO_UID=$uid" "QUANHO_GID=$gid"; do
    grep -q "^${line%%=*}=" .env || printf '%s\n' "$line" >>.env
done
chmod 644 .env

echo "make-secrets: $made made; they are in $PWD/secrets" >&2
