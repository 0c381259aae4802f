#!/bin/sh
# Runs Node on what it is given: the one that the repository brings, or the machine's own where that one does not run
# (another architecture, musl, NixOS).
set -eu
home=$(dirname "$0")/..
for candidate in "$home"/node_modules/node-linux-*/bin/node; do
	if [ -x "$candidate" ] && "$candidate" --version >/dev/null 2>&1; then exec "$candidate" "$@"; fi
done
command -v node >/dev/null 2>&1 || {
	echo "ebb: there is no Node that runs here: install Node 22.13 or later" >&2
	exit 2
}
exec node "$@"
