#!/usr/bin/env bash
# `make bench`: measures the built program against raw requests of the same run. Prints figures, asserts nothing.
# ARGS="latency 60" runs one of scripts/bench/ alone, with its argument.
set -euo pipefail
cd -P "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/setup.sh build
scripts/build.sh
. scripts/env.sh
cargo build --quiet --release -p sandbox --example replay
export ISTHMUS_REPLAY=$CARGO_TARGET_DIR/release/examples/replay
[ $# = 0 ] || exec node "scripts/bench/$1.mjs" "${@:2}"
for part in latency throughput memory sandbox; do
    printf '\n== %s\n' "$part"
    node "scripts/bench/$part.mjs"
done
