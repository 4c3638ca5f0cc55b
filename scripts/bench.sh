#!/usr/bin/env bash
# `make bench`: measures the built program against raw requests of the same run. Prints figures, asserts nothing.
set -euo pipefail
cd -P "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/setup.sh build
scripts/build.sh
. scripts/env.sh
node scripts/bench.mjs "$@"
exec node scripts/bench-sandbox.mjs
