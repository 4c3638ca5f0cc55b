#!/usr/bin/env bash
# `make demo`: the console and a practice ServiceNow, with data in ./demo-data. Arguments go to `isthmus demo`.
set -euo pipefail
cd -P "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/setup.sh build
scripts/build.sh
. scripts/env.sh
exec "$ISTHMUS_DIST/isthmus" demo --data demo-data "$@" # in this process's place: Ctrl-C reaches it directly
