#!/bin/bash
# dracut's module: the reset as a unit of systemd, or as a hook where the initrd has none.
# shellcheck disable=SC2154 # moddir, initdir, systemdsystemunitdir are dracut's

check() {
	# Only where it is asked for, and there is something to do.
	[[ -f ${dracutsysrootdir-}/etc/ebb/reset.env ]] || return 255
}

depends() {
	return 0
}

installkernel() {
	# shellcheck disable=SC1091
	(. "${dracutsysrootdir-}/etc/ebb/reset.env" && [[ ${EBB_FILESYSTEM-} != directory ]] && hostonly='' instmods "$EBB_FILESYSTEM")
	return 0
}

install() {
	local policy filesystem program tool=() need=wants
	# shellcheck disable=SC1091
	policy=$(. "${dracutsysrootdir-}/etc/ebb/reset.env" && echo "${EBB_ON_FAILURE:-boot}")
	# shellcheck disable=SC1091
	filesystem=$(. "${dracutsysrootdir-}/etc/ebb/reset.env" && echo "${EBB_FILESYSTEM:-directory}")
	[[ $policy = halt ]] && need=requires
	case $filesystem in btrfs | bcachefs) tool=("$filesystem") ;; esac

	# One after the other: dracut goes on without those that are missing. An initrd that resets nothing must not boot
	# unnoticed.
	for program in sh cp date dd ls mkdir mount mv rm rmdir sed stat sync touch tr umount uname "${tool[@]}" \
		/usr/lib/ebb/reset-root /usr/lib/ebb/is-hibernated /usr/lib/ebb/mount-root; do
		inst_multiple "$program" || bring_none "$program"
	done
	inst_multiple -o findfs
	inst_simple /etc/ebb/reset.env || bring_none /etc/ebb/reset.env

	if dracut_module_included systemd; then
		bring_unit ebb-reset.service "sysroot.mount.$need"
		bring_unit ebb-mount-root.service "initrd-root-fs.target.$need"
	else
		inst_hook pre-mount 50 "$moddir/reset.sh"
		inst_hook mount 50 "$moddir/mount.sh"
	fi
}

bring_unit() {
	inst_simple "$moddir/$1" "$systemdsystemunitdir/$1"
	mkdir -p "$initdir$systemdsystemunitdir/$2"
	ln -sf "../$1" "$initdir$systemdsystemunitdir/$2/$1"
}

# dracut takes no notice of what a module ends with.
bring_none() {
	dfatal "ebb: $1 is missing, and the reset needs it"
	exit 1
}
