#!/usr/bin/env bash
# A Redis of our own on loopback, for tests: redis.sh [PORT]. It keeps nothing.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
port=${1:-16379}
command -v redis-server > /dev/null || missing Redis redis-server
if ! redis-cli -p "$port" ping > /dev/null 2>&1; then
    redis-server --port "$port" --bind 127.0.0.1 --save '' --appendonly no --dir "$home" --daemonize yes \
        --pidfile "$home/redis.pid" --logfile "$home/redis.log" > /dev/null
    for _ in $(seq 50); do redis-cli -p "$port" ping > /dev/null 2>&1 && break; sleep 0.1; done
fi
redis-cli -p "$port" ping > /dev/null
announce TEST_REDIS_URL "redis://127.0.0.1:$port/0"
