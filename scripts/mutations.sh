#!/usr/bin/env bash
# `make mutations`: puts each deliberate bug of scripts/mutations.mjs into a scratch copy and runs the test that must catch it.
# scripts/mutations.sh NAME... takes only those. The copy and its build have folders of their own.
set -euo pipefail
cd -P "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/env.sh

scratch=$ISTHMUS_CACHE/mutations
# The copy, and not this clone, is what cargo must tell apart (scripts/env.sh).
export ISTHMUS_ROOT=$scratch RUSTC_WORKSPACE_WRAPPER=$scratch/scripts/rustc.sh CLIPPY_CONF_DIR=$scratch
export CARGO_TARGET_DIR=$ISTHMUS_CACHE/mutations-target
export ISTHMUS_SIMULATE_HISTORIES=${ISTHMUS_SIMULATE_HISTORIES:-10000} ISTHMUS_SIMULATE_SEED=${ISTHMUS_SIMULATE_SEED:-1}

node scripts/mutations.mjs "$scratch" "$@"
