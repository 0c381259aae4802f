#!/bin/sh
# Builds dist/ and leaves in it what ./ebb looks at: the Node to start, and the state that the build was made from.
set -eu
cd "$(dirname "$0")/.."
sh scripts/with-node.sh scripts/build.mjs
ln -s "$(sh scripts/with-node.sh -p process.execPath)" dist/node
printf '%s\n' "${1:-$(git rev-parse HEAD)}" >dist/stamp
