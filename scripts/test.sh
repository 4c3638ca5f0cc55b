#!/usr/bin/env bash
# `make test`: every check, in the order in which a mistake shows soonest. Stops at the first step that fails.
# The last line is `N passed, N failed`: the sums over cargo's and Playwright's own summary lines.
set -euo pipefail
cd -P "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/env.sh

logs=$PWD/target/test-logs
rm -rf "$logs"
mkdir -p "$logs"
started=$SECONDS
broken='' # the log of the step that failed

# step TITLE WHAT-TO-DO-IF-IT-FAILS LOG COMMAND...
step() {
    local title=$1 advice=$2 log=$logs/$3.log begun=$SECONDS code=0
    shift 3
    printf '\n==> %s\n    %s\n' "$title" "$*"
    "$@" </dev/null 2>&1 | tee "$log" || code=$?
    if [ "$code" != 0 ]; then
        broken=$log
        printf '\n==> FAILED: %s (%d s)\n    %s\n    The output again: %s\n' "$title" $((SECONDS - begun)) "$advice" "$log"
        exit 1
    fi
    printf '    done: %s (%d s)\n' "$title" $((SECONDS - begun))
}

# The first lines of a log that name a reason: where only the end of the output is kept, it is there.
reasons() {
    sed -E 's/\x1b\[[0-9;]*m//g' | grep -A1 -E '^error|^ +(Error|Expected|Received)|panicked at' |
        grep -vE '^(--|[[:space:]]*)$' | cut -c1-300 | head -6 || true
}

# Sums up whatever ran, however it ended.
summary() {
    local code=$? passed failed lines
    trap - EXIT
    # "test result: ok. 12 passed; 0 failed; ...", "  12 passed (30s)", "  1 failed", "  2 did not run"; and node's
    # "# pass 12", which is turned around
    lines=$(cat "$logs"/*.log 2>/dev/null | sed -E 's/\x1b\[[0-9;]*m//g; s/^# (pass|fail) ([1-9][0-9]*)$/  \2 \1ed/' |
        grep -E '^test result: |^ +[0-9]+ (passed|failed|flaky|skipped|interrupted|did not run)( \(.*\))?$' |
        grep -v ' 0 passed; 0 failed; 0 ignored' || true)
    passed=$(awk '{ for (i = 2; i <= NF; i++) if ($i ~ /^passed/) n += $(i - 1) } END { print n + 0 }' <<<"$lines")
    failed=$(awk '{ for (i = 2; i <= NF; i++) if ($i ~ /^(failed|interrupted)/) n += $(i - 1) } END { print n + 0 }' <<<"$lines")
    # A step that is no test (formatting, a build) counts as one when it fails: a failed run never says "0 failed".
    if [ "$code" != 0 ] && [ "$failed" = 0 ]; then failed=1; fi
    printf '\n==> Summary (%d s)\n' $((SECONDS - started))
    [ -z "$lines" ] || printf '%s\n' "$lines"
    [ -z "$broken" ] || reasons <"$broken"
    printf '\n%d passed, %d failed\n' "$passed" "$failed" | tee "$logs/summary"
    exit "$code"
}
trap summary EXIT
trap 'exit 130' INT TERM

see_above="The reason is above."
step "Set-up" "$see_above" setup scripts/setup.sh test
. scripts/env.sh # again: the folders of what was just installed are there now
step "Formatting" "Run: make fmt" fmt cargo fmt --all --check
step "Clippy, server and tests" "$see_above Every ban in clippy.toml says what to use instead." clippy \
    cargo clippy --workspace --all-targets -- -D warnings
step "Clippy, browser half" "$see_above" clippy-browser \
    cargo clippy -p app --features hydrate --target wasm32-unknown-unknown -- -D warnings
if command -v cargo-deny >/dev/null; then
    step "Licences and banned crates" "deny.toml has the rules and their reasons." deny cargo deny check bans licenses sources
fi
step "ServiceNow's scripts: ES5" "$see_above" kit-lint \
    eslint --config end2end/kit/eslint.config.mjs --max-warnings 0 src/connectors/servicenow/kit/scripts
step "ServiceNow's scripts" "One again: node --test --test-name-pattern=NAME end2end/kit/scripts.test.mjs" kit \
    node --test --test-reporter=tap end2end/kit/scripts.test.mjs
step "Types of the browser tests" "$see_above" types tsc --project end2end/tsconfig.json
# The simulation prints the seeds of its histories: fresh ones each time.
step "Unit, property and database tests" \
    "One test again: scripts/with-postgres.sh cargo test --workspace NAME (after: . scripts/env.sh)" cargo-test \
    env ISTHMUS_SIMULATE_HISTORIES=2000 scripts/with-postgres.sh cargo test --workspace --no-fail-fast
step "Release build" "$see_above" build scripts/build.sh
step "Clients that others wrote" "One again: scripts/clients.sh target/dist/isthmus. The reason is above." clients \
    scripts/clients.sh target/dist/isthmus
step "Browser tests" "One file again: make end2end ARGS=journey. Screenshots and logs: end2end/test-results" end2end \
    scripts/with-postgres.sh playwright test --config end2end/playwright.config.ts
