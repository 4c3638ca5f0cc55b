#!/usr/bin/env bash
# scripts/find.sh chromium | initdb | pg_ctl: prints where the program is, or fails without a word.
set -euo pipefail
case ${1:-} in
chromium)
    if [ -n "${CHROMIUM:-}" ]; then [ -x "$CHROMIUM" ] && echo "$CHROMIUM"; exit; fi
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        command -v "$name" && exit
    done
    mac="/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
    [ -x "$mac" ] && echo "$mac"
    ;;
initdb | pg_ctl) # the newest of Debian's versions, which are not on PATH
    newest=$(ls -d /usr/lib/postgresql/*/bin/"$1" 2>/dev/null | sort -V | tail -n 1 || true)
    if [ -n "$newest" ]; then echo "$newest"; else command -v "$1"; fi
    ;;
*) echo "usage: scripts/find.sh chromium | initdb | pg_ctl" >&2; exit 2 ;;
esac
