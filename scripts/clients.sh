#!/usr/bin/env bash
# Clients that others wrote, each from PyPI in its own environment, against a practice instance of their own:
#   scripts/clients.sh PROGRAM    PROGRAM is the released `isthmus`
# The versions are fixed here, so that a new release of a client is a change that somebody looks at.
set -euo pipefail
cd -P "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/env.sh

program=$1
CLIENTS=("pysnow==0.7.17" "aiosnow==0.6.0" "pysnc[oauth]==1.2.1")

folder=$(mktemp -d)
stop() { kill "$instance" 2>/dev/null || true; wait "$instance" 2>/dev/null || true; rm -rf "$folder"; }
trap stop EXIT

start() { # start OPTIONS...: a practice instance on a free port; its address is in the first line that it prints
    "$program" sandbox --listen 127.0.0.1:0 "$@" >"$folder/said" 2>"$folder/log" &
    instance=$!
    for _ in $(seq 200); do
        SANDBOX_ADDRESS=$(sed -n 's/.*listens at \(http[^ ]*\).*/\1/p' "$folder/said")
        [ -z "$SANDBOX_ADDRESS" ] || return 0
        kill -0 "$instance" 2>/dev/null || break
        sleep 0.1
    done
    echo "The practice instance does not start:" >&2
    cat "$folder/log" >&2
    exit 1
}

passed=0 failed=0
for client in "${CLIENTS[@]}"; do
    name=${client%%[[=]*}
    environment=$ISTHMUS_CACHE/python/$client
    if [ ! -e "$environment/ready" ]; then
        rm -rf "$environment"
        python3 -m venv "$environment"
        "$environment/bin/pip" install --quiet --disable-pip-version-check "$client"
        touch "$environment/ready"
    fi
    # An own instance each. pysnc speaks https only, and trusts the certificate because it is given it.
    case $name in pysnc) start --tls "$folder/practice.pem" ;; *) start ;; esac
    client_line=$(sed -n 's/.*OAuth client *//p' "$folder/said") secret_line=$(sed -n 's/.*Client secret *//p' "$folder/said")
    export SANDBOX_ADDRESS SANDBOX_HOST=${SANDBOX_ADDRESS#*://} SANDBOX_CLIENT=$client_line:$secret_line
    printf '\n%s\n' "$client"
    if PYTHONDONTWRITEBYTECODE=1 REQUESTS_CA_BUNDLE=$([ "$name" = pysnc ] && echo "$folder/practice.pem") \
        "$environment/bin/python" -W ignore -m unittest discover -s sandbox/tests/clients -p "${name}_*.py" -v >"$folder/result" 2>&1
    then code=0; else code=1; fi
    cat "$folder/result"
    ran=$(sed -n 's/^Ran \([0-9]*\) tests\{0,1\} in .*/\1/p' "$folder/result")
    # "FAILED (failures=1, errors=2)"
    bad=$(awk '/^FAILED/ { gsub(/[^0-9 ]/, ""); for (i = 1; i <= NF; i++) n += $i } END { print n + 0 }' "$folder/result")
    # It broke before any test ran, or none was found.
    if [ "${ran:-0}" = 0 ] || { [ "$code" != 0 ] && [ "$bad" = 0 ]; }; then ran=1 bad=1; fi
    passed=$((passed + ran - bad)) failed=$((failed + bad))
    stop
    mkdir -p "$folder"
done

printf '\n  %d passed\n' "$passed"
if [ "$failed" != 0 ]; then printf '  %d failed\n' "$failed"; exit 1; fi
