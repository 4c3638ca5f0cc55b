#!/usr/bin/env bash
# Builds the released program into target/dist (see env.sh): isthmus, hash.txt and site/ of one and the same build.
# Does nothing when nothing that goes into it has changed. `scripts/build.sh --force` builds all the same.
set -euo pipefail
cd -P "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/env.sh

grep -q 'option_env!("ISTHMUS_ROOT")' app/src/lib.rs || {
    echo "app/src/lib.rs must have this line, or clones could be handed each other's build (scripts/env.sh says why):" >&2
    echo '    const _: Option<&str> = option_env!("ISTHMUS_ROOT");' >&2
    exit 1
}

# By content, not by age: it holds across checkouts and restored caches.
fingerprint() {
    {
        rustc --version
        { find Cargo.toml Cargo.lock rust-toolchain.toml .cargo package-lock.json scripts/build.sh \
            app merge sandbox src style public migrations -type f -print0 2>/dev/null || true; } | LC_ALL=C sort -z | xargs -0 cksum
    } | cksum
}
before=$(fingerprint)
if [ "${1:-}" != --force ] && [ -x "$ISTHMUS_DIST/isthmus" ] && [ "$(cat "$ISTHMUS_DIST/.built-from" 2>/dev/null)" = "$before" ]; then
    exit 0
fi

# cargo-leptos writes the site into this clone (target/site), but the program and hash.txt into the shared target
# folder, where another clone's build would replace them. So: one build at a time, and all three are copied out
# before the next may begin.
mkdir -p "$CARGO_TARGET_DIR" target
exec 9>"$CARGO_TARGET_DIR/.isthmus-build"
if command -v flock >/dev/null; then
    flock -n 9 || { echo "Another build is running on this machine; waiting for it."; flock 9; }
fi

cargo leptos build --release --precompress </dev/null 9>&-

rm -rf target/dist.new
mkdir target/dist.new
cp "$CARGO_TARGET_DIR/release/isthmus" "$CARGO_TARGET_DIR/release/hash.txt" target/dist.new/
cp -r target/site target/dist.new/site
rm -f target/dist.new/site/pkg/*.ts target/dist.new/site/pkg/*.ts.* # type declarations: nobody loads them
# The pages name their files by the hashes in hash.txt: better to fail here than to serve pages without their files.
while IFS=': ' read -r kind hash; do
    [ -f "target/dist.new/site/pkg/isthmus.$hash.$kind" ] || {
        echo "The build left no site/pkg/isthmus.$hash.$kind, which its hash.txt names." >&2
        exit 1
    }
done <target/dist.new/hash.txt
echo "$before" >target/dist.new/.built-from
rm -rf "$ISTHMUS_DIST"
mv target/dist.new "$ISTHMUS_DIST"

compressed=$(cat "$ISTHMUS_DIST"/site/pkg/*.wasm.br | wc -c)
echo "Built $ISTHMUS_DIST/isthmus (WebAssembly: $((compressed / 1000)) kB compressed)."
