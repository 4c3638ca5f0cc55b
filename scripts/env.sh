# shellcheck shell=bash
# Sourced by the other scripts (and by you, if you like: `. scripts/env.sh`). Sets where things are, and nothing else.

ISTHMUS_ROOT=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# The build's tools and outputs live here, shared by all clones on the machine. Deleting the folder is safe.
ISTHMUS_CACHE=${ISTHMUS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/isthmus}
CARGO_TARGET_DIR=$ISTHMUS_CACHE/target

# In a shared target folder cargo tells two clones apart by the age of their files only, so that one clone can
# be handed what the other compiled. Three names carry the clone's path into the fingerprints of the project's own
# packages (and of no dependency): RUSTC_WORKSPACE_WRAPPER for builds, CLIPPY_CONF_DIR for clippy, and ISTHMUS_ROOT
# for `app`, which as a cdylib is exempt from the first: its lib.rs reads that name with option_env!.
RUSTC_WORKSPACE_WRAPPER=$ISTHMUS_ROOT/scripts/rustc.sh
CLIPPY_CONF_DIR=$ISTHMUS_ROOT

for folder in "$ISTHMUS_CACHE"/node/node_modules/node-*/bin "$ISTHMUS_CACHE/tools/bin" "$ISTHMUS_ROOT/node_modules/.bin"; do
    [ -d "$folder" ] || continue
    case ":$PATH:" in *":$folder:"*) ;; *) PATH=$folder:$PATH ;; esac
done
unset folder

# What `make build` leaves behind: isthmus, hash.txt and site/, always from one and the same build of this clone.
ISTHMUS_DIST=$ISTHMUS_ROOT/target/dist

export ISTHMUS_ROOT ISTHMUS_CACHE ISTHMUS_DIST CARGO_TARGET_DIR RUSTC_WORKSPACE_WRAPPER CLIPPY_CONF_DIR PATH
