#!/bin/sh
# Installs what ebb runs on and builds it. Called by ./ebb with the state that the build is made from.
set -eu
state=$1
cd "$(dirname "$0")/.."

command -v npm >/dev/null 2>&1 || {
	echo "ebb: npm is needed to install it the first time; it comes with Node (20 or later)"
	exit 2
}
[ -w . ] || {
	echo "ebb: it has to be built first, and this directory is not yours to write: run it once as its owner"
	exit 2
}
if [ ! -f node_modules/.ebb-lock ] || ! cmp -s package-lock.json node_modules/.ebb-lock; then
	echo "ebb: installing what it runs on (once) …"
	npm ci --omit=dev --no-audit --no-fund --no-progress --loglevel=error
	cp package-lock.json node_modules/.ebb-lock
fi
echo "ebb: building …"
sh scripts/build.sh "$state"
