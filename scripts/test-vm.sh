#!/bin/sh
# The tests in virtual machines alone, and how much they tried.
#   npm run test:vm -- --soak N      N reorderings of the writes of a reset and of a whole boot, for each filesystem; every
#                                    prefix of these; N machines that are killed
#   npm run test:vm -- --seed SEED   those of an earlier run, which prints EBB_TEST_SEED
set -eu
cd "$(dirname "$0")/.."

while [ $# -ge 2 ]; do
	case $1 in
	--soak) export EBB_TEST_SOAK="$2" ;;
	--seed) export EBB_TEST_SEED="$2" ;;
	*) break ;;
	esac
	shift 2
done
if [ $# -gt 0 ]; then
	echo "usage: test-vm.sh [--soak N] [--seed SEED]" >&2
	exit 2
fi

EBB_TEST_TALLY=$(mktemp)
export EBB_TEST_TALLY
trap 'rm -f "$EBB_TEST_TALLY"' EXIT
status=0
sh scripts/with-node.sh --test --test-concurrency=2 --test-reporter=spec 'test/vm/*.test.ts' || status=$?
awk '{ sum[$1] += $2 } END { printf "virtual machines: %d boots, %d power cuts\n", sum["boots"], sum["cuts"] }' "$EBB_TEST_TALLY"
exit "$status"
