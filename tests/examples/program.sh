#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs an example and compares what it prints. Measured figures are compared as "N", and lines
# in any order, for two commands may be applied in either.
#
# usage: program.sh (self|nobody) PROGRAM LIBRARY EXPECTED [ARGUMENT ...]
set -u

who=$1 program=$2 library=$3 expected=$4
shift 4
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
as=()
if [ "$who" = nobody ]; then
	[ "$(id -u)" = 0 ] || exit 77 # the test itself has run without root already
	as=(setpriv --reuid 65534 --regid 65534 --clear-groups)
fi

# Where nobody can read, too.
chmod 755 "$folder"
cp "$program" "$folder/program"
cp "$library" "$folder/libsnet.so.0"
cp -r "$(dirname "$0")/../../examples" "$folder/examples"
chmod -R a+rX "$folder"
cd "$folder/examples" || exit 1
export LD_LIBRARY_PATH=$folder

allowed=(unshare --net true)
[ "$(id -u)" = 0 ] && [ "$who" = self ] || allowed=(unshare --user --map-root-user --net true)
${as[@]+"${as[@]}"} "${allowed[@]}" 2>/dev/null || {
	echo "namespaces are forbidden here" >&2
	exit 77
}

normalise() {
	sed -E -e 's/^  (up to|above) +[0-9]+ us +[0-9]+ #* *$/  \1 N us N/' \
		-e 's/ +[0-9]+\.[0-9] (us|ms)/ N \1/' | LC_ALL=C sort
}

${as[@]+"${as[@]}"} "$folder/program" "$@" >"$folder/stdout"
code=$?
[ $code = 0 ] || {
	echo "exit code $code" >&2
	exit 1
}
diff -u --label expected --label actual <(normalise <"$expected") \
	<(normalise <"$folder/stdout")
