#!/bin/sh
# Sourced by dracut where it mounts the root and the initrd is without systemd. Before dracut's own hook, which this runs:
# dracut looks at what is mounted after each, and some of its versions take a top level for no root.
# shellcheck disable=SC1091,SC2154 # hookdir and NEWROOT are dracut's
if [ "$(. /etc/ebb/reset.env && echo "${EBB_FILESYSTEM:-}")" != btrfs ]; then
	. "$hookdir/mount/99-mount-root.sh"
	if ismounted "$NEWROOT"; then
		/usr/lib/ebb/mount-root "$NEWROOT"
		[ $? -ne 3 ] || die 'the ephemeral root was not mounted, and no other is to boot: see above'
	fi
fi
