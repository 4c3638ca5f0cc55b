#!/usr/bin/env bash
# `make bench`: measures the built program against raw requests of the same run. Prints figures, asserts nothing.
# ARGS="latency 60" runs one part alone, with its argument: latency, throughput, memory, intake, pages or sandbox.
set -euo pipefail
cd -P "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/setup.sh build
scripts/build.sh
. scripts/env.sh
cargo build --quiet --release -p sandbox --example replay
export ISTHMUS_REPLAY=$CARGO_TARGET_DIR/release/examples/replay

# Webhooks a second, on a disk that is synced to.
intake() {
    cargo build --quiet --release -p isthmus --example intake
    local program=$CARGO_TARGET_DIR/release/examples/intake folder
    folder=$(mktemp -d)
    "$program" "sqlite://$folder/isthmus.db"
    rm -rf "$folder"
    if scripts/find.sh initdb >/dev/null; then
        POSTGRES_SYNC=on scripts/with-postgres.sh bash -c 'exec "$0" "$ISTHMUS_TEST_POSTGRES"' "$program"
    else
        echo "PostgreSQL is not measured: it is not here (scripts/setup.sh test installs it)."
    fi
}

measure() {
    printf '\n== %s\n' "$1"
    if [ "$1" = intake ]; then intake; else node "scripts/bench/$1.mjs" "${@:2}"; fi
}

if [ $# -gt 0 ]; then
    measure "$@"
else
    for part in latency throughput intake memory pages sandbox; do measure "$part"; done
fi
