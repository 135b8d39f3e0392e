#!/usr/bin/env bash
# Starts every service that is installed here; says which is not. REQUIRE_SERVICES=1: all must start.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
failed=0
for service in postgres redis elasticsearch; do
    "$here/$service.sh" < /dev/null || failed=1
done
[ "${REQUIRE_SERVICES:-0}" != 1 ] || exit $failed
exit 0
