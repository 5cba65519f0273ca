#!/bin/sh
# An air station that is not there: a reading every 10 s, so that the dashboards of compose.yaml have something to show.

set -eu
umask 077

export XDG_CONFIG_HOME="${QUANHO_CONFIG:-/tmp}"
printf -- '--username devices\n--pw %s\n' "$(cat "${QUANHO_SECRETS:-/run/secrets}/mqtt_devices_password")" >"$XDG_CONFIG_HOME/mosquitto_pub"

while true; do
    step=$(($(date +%s) / 10 % 360))
    printf '{"temperature": 2%d.%d, "humidity": 7%d, "pm2_5": %d.%d, "pm10": %d}\n' \
        $((step / 40)) $((step % 10)) $((step / 45)) $((20 + step / 12)) $((step % 7)) $((30 + step / 8))
    sleep 10
done | mosquitto_pub -h "${QUANHO_BROKER:-mosquitto}" -p "${QUANHO_BROKER_PORT:-1883}" -q 1 -t site/bac-ninh-01/air/example -l
