#!/bin/sh
# Runs a script with the Node that the repository brings, or the machine's own where there is none for it.
set -eu
home=$(dirname "$0")/..
node=
for candidate in "$home"/node_modules/node-linux-*/bin/node; do
	if [ -x "$candidate" ]; then node=$candidate; fi
done
exec "${node:-node}" "$@"
