#!/bin/sh
# ebb restore of 20,000 files of 4 KiB against `cp -a --reflink=auto` of the same tree, on a filesystem of a kind (btrfs,
# xfs or ext4 in a file, or tmpfs): the median of RUNS each, interleaved, and the ratio. As root: bench/restore.sh [KIND]
set -eu
kind=${1:-btrfs}
runs=${RUNS:-7}
ebb=${EBB:-$(cd "$(dirname "$0")/.." && pwd)/ebb}
place=$(mktemp -d)
trap 'umount "$place/m" 2>/dev/null; rm -rf --one-file-system "$place"' EXIT
mkdir "$place/m"
if [ "$kind" = tmpfs ]; then
	mount -t tmpfs tmpfs "$place/m"
else
	truncate -s 3G "$place/image"
	"mkfs.$kind" -q "$place/image" >/dev/null 2>&1
	mount -o loop "$place/image" "$place/m"
fi
root=$place/m/old/2026-01-09_12-00-00
mkdir -p "$root/.ebb" "$place/m/to"
echo '{"schema":"ebb.boot/1","sequence":7,"bootedAt":"2026-01-09T12:00:00Z"}' >"$root/.ebb/boot.json"
for d in $(seq 100); do
	mkdir -p "$root/data/$d"
	head -c 819200 /dev/urandom | split -b 4096 -a 3 - "$root/data/$d/"
done
sync
timed() {
	rm -rf "$place/m/to/data"
	sync -f "$place/m"
	from=$(date +%s%N)
	"$@" >/dev/null 2>&1
	to=$(date +%s%N)
	echo $(((to - from) / 1000000))
}
for _ in $(seq "$runs"); do
	timed cp -a --reflink=auto "$root/data" "$place/m/to/" >>"$place/cp"
	timed "$ebb" restore /data --old-roots "$place/m/old" --to "$place/m/to" >>"$place/ebb"
done
median() { sort -n "$1" | sed -n "$(((runs + 1) / 2))p"; }
awk -v kind="$kind" -v ebb="$(median "$place/ebb")" -v cp="$(median "$place/cp")" \
	'BEGIN { printf "restore of 20,000 files, %s: ebb %d ms, cp -a %d ms: %.2f ×  (target ≤ 1.00)\n", kind, ebb, cp, ebb / cp }'
