#!/usr/bin/env bash
# A PostgreSQL of our own on loopback, for tests: postgres.sh [PORT]. Data under var/services/postgres.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
port=${1:-15432}
bin=$(ls -d /usr/lib/postgresql/*/bin 2> /dev/null | sort -V | tail -1 || true)
[ -n "$bin" ] || bin=$(dirname "$(command -v initdb 2> /dev/null || echo /nowhere/initdb)")
[ -x "$bin/initdb" ] || missing PostgreSQL postgresql

data=$home/postgres
as=()
if [ "$(id -u)" = 0 ]; then
    # PostgreSQL refuses to run as root. Where its own user cannot reach our folder, it gets one it can reach.
    as=(runuser -u postgres --)
    mkdir -p "$data"
    if ! "${as[@]}" test -x "$data"; then
        data=/var/tmp/qingfeng-postgres-$(printf '%s' "$home" | cksum | cut -d' ' -f1)
        mkdir -p "$data"
    fi
    chown postgres "$data"
fi
cd /
if [ ! -e "$data/PG_VERSION" ]; then
    # C.UTF-8: the full-text parser must know what a Chinese letter is. Trust: loopback, and nothing of worth.
    "${as[@]}" "$bin/initdb" -D "$data" -U qingfeng -A trust -E UTF8 --locale=C.UTF-8 --no-sync > /dev/null
fi
if ! "${as[@]}" "$bin/pg_ctl" -D "$data" status > /dev/null; then
    # What is lost when the power fails is only a test.
    "${as[@]}" "$bin/pg_ctl" -D "$data" -w -t 60 -l "$data/log" \
        -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off -c full_page_writes=off -c jit=off -c max_connections=200" \
        start > /dev/null
fi
printf '%s\n' "$data" > "$home/postgres.where"
"$bin/psql" -h 127.0.0.1 -p "$port" -U qingfeng -d postgres -Atc \
    "SELECT 1 FROM pg_database WHERE datname='qingfeng'" | grep -q 1 ||
    "$bin/createdb" -h 127.0.0.1 -p "$port" -U qingfeng qingfeng
announce TEST_DATABASE_URL "postgres://qingfeng@127.0.0.1:$port/qingfeng"
