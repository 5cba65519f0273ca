#!/bin/sh
# Start the mosquitto of compose.yaml: as root it makes the password file from the secrets, then mosquitto becomes its own user.
# Passwords are written by the shell itself and hashed in place; none is an argument of a program.

set -eu
umask 077

SECRETS=${QUANHO_SECRETS:-/run/secrets}
FILES=${QUANHO_FILES:-/quanho}
RUN=${QUANHO_RUN:-/run/mosquitto}
DATA=${QUANHO_DATA:-/mosquitto/data}

health=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')

# What the health check's mosquitto_sub reads.
printf -- '--username health\n--pw %s\n' "$health" >"$RUN/mosquitto_sub"

for user in edge devices; do
    printf '%s:%s\n' "$user" "$(cat "$SECRETS/mqtt_${user}_password")"
done >"$RUN/passwords"
printf 'health:%s\n' "$health" >>"$RUN/passwords"
mosquitto_passwd -U "$RUN/passwords"
cat "$FILES/mosquitto.acl" >"$RUN/acl"

chmod 0400 "$RUN/passwords" "$RUN/acl"
chown mosquitto:mosquitto "$RUN/passwords" "$RUN/acl"
chown -R mosquitto:mosquitto "$DATA"

exec mosquitto -c "$FILES/mosquitto.conf"
