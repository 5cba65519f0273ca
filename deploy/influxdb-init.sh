#!/bin/bash
# First start of the InfluxDB of compose.yaml, run once by its image on an empty volume: the database as InfluxQL knows it, the agent's user
# with the right to write and nothing else, Grafana's with the right to read and nothing else.
#
# Users with passwords (`influx v1 auth`), not tokens: a token's value is InfluxDB's to choose, and would have to be carried to the others;
# a password is ours, from a secret that both sides read. Passwords go over standard input: an argument is seen by every process.

set -euo pipefail

BUCKET=$DOCKER_INFLUXDB_INIT_BUCKET
BUCKET_ID=$DOCKER_INFLUXDB_INIT_BUCKET_ID
ORG=$DOCKER_INFLUXDB_INIT_ORG
SECRETS=${QUANHO_SECRETS:-/run/secrets}

# What `influx v1 auth set-password` calls, which itself asks a terminal.
set_password() {
    printf '{"password":"%s"}' "$(<"$2")" |
        curl --fail --silent --show-error --output /dev/null \
            --header @<(printf 'Authorization: Token %s\n' "$(<"$SECRETS/influx_admin_token")") \
            --header 'Content-Type: application/json' --data @- \
            "$INFLUX_HOST/private/legacy/authorizations/$1/password"
}

v1_user() {
    local name=$1 right=$2 id
    influx v1 auth create --username "$name" --no-password --org "$ORG" "--$right-bucket" "$BUCKET_ID" >/dev/null
    id=$(influx v1 auth list --username "$name" --hide-headers | cut -f 1)
    set_password "$id" "$SECRETS/influx_${name}_password"
    echo "quanho: user $name may $right bucket $BUCKET"
}

influx v1 dbrp create --db "$BUCKET" --rp autogen --default --bucket-id "$BUCKET_ID" --org "$ORG" >/dev/null
v1_user edge write
v1_user grafana read
