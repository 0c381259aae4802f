#!/bin/sh
# Installs what scripts/build.mjs has built, for a package or for a machine: install.sh PREFIX NODE
# NODE is the Node that starts ebb, by the path that it has there: best the one that built it, as another one compiles
# anew what the build compiled. PREFIX is where the files are used; DESTDIR, where it is set, goes before it while they are
# put there. Of all that, nothing is written to when ebb runs.
set -eu

[ $# = 2 ] || {
	echo "usage: install.sh PREFIX NODE" >&2
	exit 2
}
prefix=$1
node=$2
case $prefix in /*) ;; *) echo "install.sh: PREFIX has to be an absolute path" >&2 && exit 2 ;; esac
case $node in /*) ;; *) echo "install.sh: NODE has to be an absolute path" >&2 && exit 2 ;; esac
# Both are written into a script, between quotes.
case $prefix$node in *\'*) echo "install.sh: no path with a quote" >&2 && exit 2 ;; esac
cd "$(dirname "$0")/.."
[ -f dist/main.cjs ] || {
	echo "install.sh: nothing is built yet: NODE scripts/build.mjs" >&2
	exit 2
}

root=${DESTDIR-}$prefix
program=$root/lib/ebb
share=$root/share/ebb
# What an earlier version left and this one does not have: `ebb init` installs all that it finds in dist/boot.
rm -rf "$program/dist" "$program/node_modules" "$share/units" "$share/catalogue" "$share/messages"
mkdir -p "$root/bin" "$program/dist" "$share"

# --- The program, and the Node that starts it. ---
cp dist/*.cjs dist/*.json dist/*.cache "$program/dist/"
cp -R dist/boot "$program/dist/boot"
ln -sf "$node" "$program/dist/node"

# --- koffi: of all its libraries the one for this machine and the libc of its Node; ebb asks for it by that path. ---
# shellcheck disable=SC2016 # it is JavaScript
koffi=$("$node" -p '
	const libc = process.report.getReport().header.glibcVersionRuntime === undefined ? "musl" : "linux";
	`node_modules/@koromix/koffi-${process.platform}-${process.arch}/${libc}_${process.arch}/koffi.node`')
if [ -f "$koffi" ]; then
	mkdir -p "$program/${koffi%/*}"
	cp "$koffi" "$program/$koffi"
else
	echo "install.sh: koffi has no library for this machine: ebb will work with Node alone, slower" >&2
fi

# --- The launcher: the last lines of ./ebb. `ebb init` looks for it beside dist/. ---
{
	printf '#!/bin/sh\n# Starts ebb. Made by scripts/install.sh.\nset -eu\nhome=%s\n' "'$prefix/lib/ebb'"
	sed -n '/^# --- What follows starts it/,$p' ebb | sed 1d
} >"$root/bin/ebb"
chmod 755 "$root/bin/ebb"
ln -sf ../../bin/ebb "$program/ebb"

# --- What runs in the initrd and at boot, and the data that other programs read. ---
for script in boot/*; do
	if [ -f "$script" ]; then cp "$script" "$program/"; fi
done
cp -R boot/units catalogue messages "$share/"

# --- The licences of what is in the program, as far as the packages bring their texts. ---
licences=$root/share/licenses/ebb
mkdir -p "$licences"
cp LICENSE "$licences/"
for package in @stricli/core koffi smol-toml valibot; do
	for text in "node_modules/$package"/LICENSE*; do
		if [ -f "$text" ]; then cp "$text" "$licences/$(printf %s "$package" | tr / -).txt"; fi
	done
done
