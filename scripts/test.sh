#!/bin/sh
# The tests, from nothing: installs what they need, then checks types, style and behaviour.
# With arguments: only these test files, without installing or checking anything.
set -eu
cd "$(dirname "$0")/.."

if [ $# -gt 0 ]; then
	sh scripts/build.sh
	exec sh scripts/with-node.sh --test "$@"
fi

# typescript would not tell: valibot may have it, so that ./ebb installs it, too.
if ! cmp -s package-lock.json node_modules/.ebb-lock || [ ! -d node_modules/fast-check ]; then
	npm ci --no-audit --no-fund --loglevel=error
	cp package-lock.json node_modules/.ebb-lock
fi

# Programs that the tests run. Where they cannot be installed, the tests that need them say that they are skipped.
wanted='git:git ps:procps mkfs.btrfs:btrfs-progs mkfs.ext4:e2fsprogs nix-instantiate:nix-bin shellcheck:shellcheck losetup:mount busybox:busybox-static setfattr:attr script:bsdutils setpriv:util-linux mkfs.xfs:xfsprogs time:time rsync:rsync setfacl:acl qemu-system-x86_64:qemu-system-x86 depmod:kmod xz:xz-utils mmdebstrap:mmdebstrap journalctl:systemd systemd-journal-remote:systemd-journal-remote'
missing=
for pair in $wanted; do
	command -v "${pair%%:*}" >/dev/null 2>&1 || [ -x "/sbin/${pair%%:*}" ] || [ -x "/lib/systemd/${pair%%:*}" ] || missing="$missing ${pair#*:}"
done
if [ -n "$missing" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
	echo "installing for the tests:$missing"
	export DEBIAN_FRONTEND=noninteractive
	# shellcheck disable=SC2086 # a list of words
	{ apt-get update -qq && apt-get install -qq -y --no-install-recommends $missing; } >/dev/null 2>&1 ||
		echo "could not install:$missing"
fi

node_modules/.bin/tsc --noEmit
node_modules/.bin/biome check --error-on-warnings .
if command -v shellcheck >/dev/null 2>&1; then shellcheck ebb scripts/*.sh bench/*.sh .ci/run && find boot -type f -perm -100 -exec shellcheck {} +; else echo 'skipped: shellcheck is not installed'; fi
sh scripts/build.sh
sh scripts/with-node.sh scripts/reference.mjs --check
exec sh scripts/with-node.sh --test --test-concurrency=2 --test-reporter=spec 'test/**/*.test.ts'
