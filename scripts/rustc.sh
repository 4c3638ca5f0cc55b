#!/bin/sh
# Cargo calls this in place of rustc for the project's own packages. It changes nothing: that its path differs
# from clone to clone is the point (see env.sh).
exec "$@"
