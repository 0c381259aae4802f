# Runs the phases of a package, with the programs of the machine that the sandbox shows.
export PATH="$nodejs/bin:/usr/bin:/bin"
runHook() { :; }

cp -R "$src" source
chmod -R u+w source
cd source
for path in $wanted; do
	mkdir -p "$(dirname "$path")"
	cp -R "$modules/${path#node_modules/}" "$path"
done
for phase in "$buildPhase" "$installPhase" "$installCheckPhase"; do eval "$phase"; done
