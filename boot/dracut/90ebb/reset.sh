#!/bin/sh
# Sourced by dracut before it mounts the root, where the initrd is without systemd.
/usr/lib/ebb/reset-root
[ $? -ne 3 ] || die 'the root was not reset, and is not to boot like this: see above'
