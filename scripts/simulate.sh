#!/usr/bin/env bash
# `make simulate HISTORIES=N SEED=S`: histories of the deterministic simulation (docs/proof.md), from seed S on, on all cores.
# Without a seed it is a fresh one. A history that fails is printed as short as it gets, and its seed with it.
set -euo pipefail
cd -P "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/env.sh

ISTHMUS_SIMULATE_HISTORIES=${1:-10000}
ISTHMUS_SIMULATE_THREADS=${ISTHMUS_SIMULATE_THREADS:-$(nproc)}
export ISTHMUS_SIMULATE_HISTORIES ISTHMUS_SIMULATE_THREADS
[ -z "${2:-}" ] || export ISTHMUS_SIMULATE_SEED=$2

cargo test --release -p isthmus --lib tests::simulation::whatever_happens
