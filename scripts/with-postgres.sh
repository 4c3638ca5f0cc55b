#!/usr/bin/env bash
# scripts/with-postgres.sh COMMAND...
# Runs COMMAND with ISTHMUS_TEST_POSTGRES set to the address of a PostgreSQL server that exists for this run only:
# in a temporary folder, on a spare port of 127.0.0.1, without syncing to disk (POSTGRES_SYNC=on: as in production).
# Returns what COMMAND returned.
# The server and its folder go away however this ends, `kill -9` included.
set -euo pipefail
[ $# -gt 0 ] || { sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 2; }
cd -P "$(dirname "${BASH_SOURCE[0]}")/.."

{ initdb=$(scripts/find.sh initdb) && pg_ctl=$(scripts/find.sh pg_ctl); } || {
    echo "PostgreSQL's initdb and pg_ctl were not found. Run: scripts/setup.sh test" >&2
    exit 1
}

# A short path: the name of a Unix socket has at most 107 characters.
folder=$(mktemp -d /tmp/isthmus-postgres.XXXXXX)
as_owner() { "$@"; }
if [ "$(id -u)" = 0 ]; then # PostgreSQL refuses to run as root
    owner=postgres
    id -u postgres >/dev/null 2>&1 || owner=nobody
    chown "$owner" "$folder"
    as_owner() { runuser -u "$owner" -- "$@"; }
fi

# The guard waits until nobody holds the other end of this pipe any more, then clears up. The command and the server
# do not get to hold it, so that is the moment at which this script ends, in whatever way.
exec 9> >(
    trap '' INT TERM HUP
    cat >/dev/null
    cd /
    [ -f "$folder/data/postmaster.pid" ] && as_owner "$pg_ctl" stop -D "$folder/data" -m immediate -w -s >/dev/null 2>&1
    rm -rf "$folder"
)
guard=$!
finish() { exec 9>&-; wait "$guard" 2>/dev/null || true; }
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

cd "$folder"
as_owner "$initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$folder/initdb.log" 2>&1 9>&- || {
    cat "$folder/initdb.log" >&2
    echo "initdb could not set up a PostgreSQL server (its message is above)." >&2
    exit 1
}

sync=${POSTGRES_SYNC:-off}
for attempt in 1 2 3; do # another program may take the port between the question and the start
    port=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })' 9>&-)
    as_owner "$pg_ctl" start -D "$folder/data" -w -s -t 30 -l "$folder/data/server.log" -o "-p $port -k $folder -h 127.0.0.1 \
        -c fsync=$sync -c synchronous_commit=$sync -c full_page_writes=$sync -c max_connections=200" 9>&- </dev/null && break
    [ "$attempt" -lt 3 ] || { cat "$folder/data/server.log" >&2; echo "PostgreSQL did not start (its log is above)." >&2; exit 1; }
done
cd "$OLDPWD"

export ISTHMUS_TEST_POSTGRES="postgres://postgres@127.0.0.1:$port/postgres"
code=0
"$@" 9>&- || code=$?
exit "$code"
