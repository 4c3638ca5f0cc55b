#!/usr/bin/env bash
# Installs what the build needs, and with `test` what the tests need on top.
#
#   scripts/setup.sh build    for `make demo` and `make build`
#   scripts/setup.sh test     the same, plus Chromium, PostgreSQL and Python
#
# Run it as often as you like: what is there stays. Interrupt it when you like: every installer used here puts
# its result in place at the end or not at all. Nothing goes outside of
#   node_modules/ and target/ in this folder, $ISTHMUS_CACHE (default ~/.cache/isthmus), rustup's own folder for
#   the WebAssembly target, and, for Chromium, PostgreSQL, Python and a C compiler, Debian packages.
set -euo pipefail
cd -P "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/env.sh

purpose=${1:-}
case $purpose in build | test) ;; *) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"; exit 2 ;; esac

CARGO_LEPTOS=0.3.10 # 0.3.11 needs rustc 1.96
PREBUILT_SECONDS=120 # how long to try for a ready-made program before building it

installed=0
say() { printf '  %s\n' "$*"; }
installing() { installed=1; printf '\n==> Installing %s\n' "$1"; shift; for line; do say "$line"; done; }
stop() { printf '\nSet-up cannot go on: %s\n' "$1" >&2; shift; for line; do say "$line" >&2; done; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
at_least() { [ "$(printf '%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; } # at_least WANTED FOUND

# --- What you bring -----------------------------------------------------------------------------------------

have git || stop "git is missing." "Install it, on Debian: apt-get install git"
{ have cargo && have rustc; } || stop "Rust is missing." \
    "Install it with rustup (https://rustup.rs), open a new terminal, and start again."
{ have node && have npm; } || stop "Node.js with npm is missing: Tailwind CSS and the browser tests run on it." \
    "Install Node.js 20 or later (https://nodejs.org), or on Debian: apt-get install nodejs npm"
node_version=$(node --version)
node_major=${node_version#v}; node_major=${node_major%%.*}
[ "$node_major" -ge 18 ] || stop "Node.js $node_version is too old." "Install Node.js 20 or later (https://nodejs.org)."

rustc_version=$(rustc --version) || stop "rustc does not start (its own message is above)." \
    "Try: rustup toolchain install stable"
rust_wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
rust_found=${rustc_version#rustc }; rust_found=${rust_found%% *}
at_least "$rust_wanted" "$rust_found" || stop "Rust $rust_found is too old: the project needs $rust_wanted." "Run: rustup update stable"

# --- Debian packages ----------------------------------------------------------------------------------------

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; elif have sudo; then sudo "$@"; else return 1; fi; }
apt_install() { # apt_install PACKAGES...: refreshes the package lists only when a first try fails
    local options=(-y -q --no-install-recommends -o DPkg::Lock::Timeout=300)
    have apt-get || return 1
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install "${options[@]}" "$@" && return 0
    as_root apt-get update -q || return 1
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install "${options[@]}" "$@"
}

if ! have cc || ! have make; then
    installing "a C compiler and make (Debian's build-essential)" "SQLite and the TLS library are compiled from C."
    apt_install build-essential || stop "there is no C compiler." "Install one, on Debian: apt-get install build-essential"
fi

# --- Rust for the browser -----------------------------------------------------------------------------------

wasm_library=$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown/lib
if [ ! -d "$wasm_library" ]; then
    installing "Rust's wasm32-unknown-unknown target" "The console's browser half is compiled to WebAssembly."
    { have rustup && rustup target add wasm32-unknown-unknown; } || stop "the target was not installed." \
        "With rustup: rustup target add wasm32-unknown-unknown" \
        "With a Rust from elsewhere: install its wasm32-unknown-unknown library (Debian: libstd-rust-dev-wasm32)."
fi

# --- Build tools that are Rust programs ---------------------------------------------------------------------

prebuilt() { # prebuilt NAME VERSION: a ready-made program, where cargo-binstall is there and finds one in time
    have cargo-binstall || return 1
    say "Looking for a ready-made one first (at most $PREBUILT_SECONDS s)."
    timeout "$PREBUILT_SECONDS" cargo binstall --no-confirm --disable-strategies compile --root "$ISTHMUS_CACHE/tools" "$1@$2" </dev/null
}
# Compiled apart from the project: with no wrapper, and with a target folder that is deleted afterwards.
build_tool() {
    env -u RUSTC_WORKSPACE_WRAPPER -u CARGO_BUILD_TARGET CARGO_PROFILE_DEV_DEBUG=0 CARGO_TARGET_DIR="$ISTHMUS_CACHE/build-tools" \
        cargo install --debug --root "$ISTHMUS_CACHE/tools" "$@" </dev/null
}

if [ "$("$ISTHMUS_CACHE/tools/bin/cargo-leptos" --version 2>/dev/null)" != "cargo-leptos $CARGO_LEPTOS" ]; then
    installing "cargo-leptos $CARGO_LEPTOS" "It builds the server and the browser half together."
    prebuilt cargo-leptos "$CARGO_LEPTOS" || {
        say "Building it, without optimisation: once on this machine, 7 minutes on two cores."
        # no_downloads: it then takes wasm-bindgen, tailwindcss and wasm-opt from here and fetches nothing itself.
        build_tool "cargo-leptos@$CARGO_LEPTOS" --locked --features no_downloads
    } || stop "cargo-leptos $CARGO_LEPTOS could not be built (the reason is above)." \
        "Out of memory? CARGO_BUILD_JOBS=1 make build" \
        "By hand: cargo install cargo-leptos@$CARGO_LEPTOS --locked --features no_downloads --debug --root '$ISTHMUS_CACHE/tools'"
fi

bindgen=$(awk '/^name = "wasm-bindgen"$/ { getline; gsub(/"/, "", $3); print $3; exit }' Cargo.lock)
[ -n "$bindgen" ] || stop "Cargo.lock does not name a version of wasm-bindgen." "Restore the file: git checkout Cargo.lock"
if [ "$("$ISTHMUS_CACHE/tools/bin/wasm-bindgen" --version 2>/dev/null)" != "wasm-bindgen $bindgen" ]; then
    installing "the wasm-bindgen program $bindgen" "It makes the JavaScript that loads the WebAssembly; it must be of Cargo.lock's version exactly."
    prebuilt wasm-bindgen-cli "$bindgen" || {
        say "Building it, without optimisation: once on this machine, 2 minutes on two cores."
        build_tool wasm-bindgen-cli --version "=$bindgen" # not --locked: its own lock file names a withdrawn crate
    } || stop "the wasm-bindgen program $bindgen could not be built (the reason is above)." \
        "By hand: cargo install wasm-bindgen-cli --version =$bindgen --debug --root '$ISTHMUS_CACHE/tools'"
fi
rm -rf "$ISTHMUS_CACHE/build-tools"

# --- Build tools from npm -----------------------------------------------------------------------------------

npm_stamp=node_modules/.isthmus-stamp
npm_wanted=$(cksum <package-lock.json)
if [ "$(cat "$npm_stamp" 2>/dev/null)" != "$npm_wanted" ]; then
    installing "npm packages into node_modules" \
        "Tailwind CSS 4 and daisyUI 5 (style sheet), idiomorph (pages that follow), binaryen (a smaller WebAssembly), Playwright (browser tests)."
    PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --ignore-scripts --no-audit --no-fund --loglevel=error </dev/null ||
        stop "npm could not install them (its message is above)." "By hand: npm ci --ignore-scripts"
    printf '%s\n' "$npm_wanted" >"$npm_stamp"
fi
# The browser gets it as it is, beside public/page.js, which uses it.
cmp -s node_modules/idiomorph/dist/idiomorph.min.js public/idiomorph.min.js ||
    cp node_modules/idiomorph/dist/idiomorph.min.js public/idiomorph.min.js

# --- For the tests ------------------------------------------------------------------------------------------

if [ "$purpose" = test ]; then
    if [ "$node_major" -lt 20 ]; then # Debian 12's own is 18: enough to build, too old for Playwright
        case $(uname -m) in aarch64 | arm64) arch=arm64 ;; *) arch=x64 ;; esac
        node_package=node-$(uname -s | tr '[:upper:]' '[:lower:]')-$arch@22
        installing "Node.js 22 into $ISTHMUS_CACHE/node" "Playwright needs 20 or later; yours is $node_version and stays as it is."
        mkdir -p "$ISTHMUS_CACHE/node"
        npm install --prefix "$ISTHMUS_CACHE/node" --no-audit --no-fund --loglevel=error "$node_package" </dev/null ||
            stop "Node.js $node_version is too old for the browser tests." "Install Node.js 20 or later (https://nodejs.org)."
    fi

    if ! scripts/find.sh chromium >/dev/null; then
        installing "Chromium (Debian package)" "The browser tests run in it. Another Chromium or Chrome: set CHROMIUM to its path."
        apt_install chromium || stop "there is no Chromium." \
            "Debian: apt-get install chromium. Elsewhere: install Chromium or Chrome and set CHROMIUM to the program's path."
    fi

    if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
        installing "Python 3 (Debian package)" "ServiceNow clients from PyPI are tried against the practice instance, each in its own environment."
        apt_install python3 python3-venv || stop "there is no Python 3 with the venv module." \
            "Debian: apt-get install python3 python3-venv. Elsewhere: install Python 3.9 or later."
    fi

    if ! scripts/find.sh initdb >/dev/null; then
        installing "PostgreSQL (Debian package)" \
            "The database tests run on SQLite and on PostgreSQL; each run starts a server of its own in a temporary folder." \
            "No server of the system's is set up or started."
        # The common package first, so that its setting keeps the second one from creating and starting a server.
        { apt_install postgresql-common &&
            as_root sed -i 's/^#\{0,1\} *create_main_cluster *=.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf &&
            apt_install postgresql; } || stop "there is no PostgreSQL." \
            "Debian: apt-get install postgresql. Elsewhere: install PostgreSQL 14 or later and put initdb and pg_ctl on PATH."
    fi
fi

if [ "$installed" = 1 ]; then printf '\n==> Set-up is complete.\n'; fi
