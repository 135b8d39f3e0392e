# Sourced by the scripts beside it: where the services live and how their addresses are handed on.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
home=${SERVICES_HOME:-$root/var/services}
mkdir -p "$home"
home=$(cd "$home" && pwd)

# announce NAME VALUE: into var/services/env, which tests/tiers.py reads.
announce() {
    touch "$home/env"
    { grep -v "^$1=" "$home/env" || true; printf '%s=%s\n' "$1" "$2"; } > "$home/env.new"
    mv "$home/env.new" "$home/env"
    printf '%s=%s\n' "$1" "$2"
}

missing() {
    echo "$1 is not installed; its tests will be skipped. Debian: apt-get install -y $2" >&2
    exit 3
}
