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
	local policy filesystem
	# shellcheck disable=SC1091
	policy=$(. "${dracutsysrootdir-}/etc/ebb/reset.env" && echo "${EBB_ON_FAILURE:-boot}")
	# shellcheck disable=SC1091
	filesystem=$(. "${dracutsysrootdir-}/etc/ebb/reset.env" && echo "${EBB_FILESYSTEM:-directory}")
	inst_simple /etc/ebb/reset.env
	inst_script /usr/lib/ebb/reset-root
	inst_script /usr/lib/ebb/is-hibernated
	inst_multiple sh cp date dd ls mkdir mount mv rm rmdir sed stat sync touch tr umount uname
	inst_multiple -o findfs
	[[ $filesystem = directory ]] || inst_multiple "$filesystem"

	if dracut_module_included systemd; then
		inst_simple "$moddir/ebb-reset.service" "$systemdsystemunitdir/ebb-reset.service"
		local need=wants
		[[ $policy = halt ]] && need=requires
		mkdir -p "$initdir$systemdsystemunitdir/sysroot.mount.$need"
		ln -sf ../ebb-reset.service "$initdir$systemdsystemunitdir/sysroot.mount.$need/ebb-reset.service"
	else
		inst_hook pre-mount 50 "$moddir/reset.sh"
	fi
}
