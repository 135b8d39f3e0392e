#!/usr/bin/env bash
# Ends what start.sh started. Their data stays under var/services.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
for pid in "$home/redis.pid" "$home/elasticsearch/pid"; do
    [ ! -e "$pid" ] || kill "$(cat "$pid")" 2> /dev/null || true
    rm -f "$pid"
done
if [ -e "$home/postgres.where" ]; then
    data=$(cat "$home/postgres.where")
    [ ! -e "$data/postmaster.pid" ] || kill -INT "$(head -1 "$data/postmaster.pid")" 2> /dev/null || true
fi
rm -f "$home/env"
