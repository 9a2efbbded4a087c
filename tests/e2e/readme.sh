#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs the commands of the README as they stand there, from top to bottom, in a copy of the tree,
# and compares what they print; measured figures and versions of other programs aside. The copy's
# build folder is the one that is being tested. "sudo" and what it does to the system are
# replaced: installation goes into a folder.
#
# usage: readme.sh SOURCE BUILD (none|address,undefined|...)
set -u

source=$1 build=$2 sanitize=$3
[ -x "$source/run" ] || exit 77
command -v node >/dev/null || exit 77
unshare --net true 2>/dev/null || unshare --user --map-root-user --net true 2>/dev/null ||
	exit 77

folder=$(mktemp -d)
export HOME=$folder/home XDG_RUNTIME_DIR=$folder/run XDG_STATE_HOME=$folder/state
export LC_ALL=C.UTF-8 COLUMNS=80
mkdir -p "$folder/tree" "$folder/bin" "$HOME" "$XDG_RUNTIME_DIR" "$XDG_STATE_HOME"
unset WSK_CONFIG_FILE NO_COLOR

clean_up() {
	"$build/cli/snet" down --all >/dev/null 2>&1
	rm -rf "$folder"
}
trap clean_up EXIT

for name in "$source"/*; do
	case ${name##*/} in
	build | build-* | *.o) ;;
	*) cp -r "$name" "$folder/tree/" ;;
	esac
done
ln -s "$build" "$folder/tree/build"

# A finished build is not set up anew while tests run from it.
setup=$(command -v meson)
# By their paths: they are called from their own stand-ins.
config=$(command -v pkg-config)
# shellcheck disable=SC2086 # it may be "ccache gcc"
set -- ${CC:-cc}
compiler="$(command -v "$1") ${*:2}"
unset CC
[ "$sanitize" = none ] || compiler="$compiler -fsanitize=$sanitize"
cat >"$folder/bin/meson" <<END
#!/bin/sh
[ "\$1" != setup ] || exit 0
exec "$setup" "\$@"
END
printf '#!/bin/sh\nexec "$@"\n' >"$folder/bin/sudo"
printf '#!/bin/sh\n' >"$folder/bin/ldconfig"
printf '#!/bin/sh\nexec %s "$@"\n' "$compiler" >"$folder/bin/cc"
export DESTDIR=$folder/installed
prefix=$("$setup" introspect --buildoptions "$build" |
	python3 -c 'import json, sys; o = {x["name"]: x["value"] for x in json.load(sys.stdin)}
print(o["prefix"], o["libdir"])')
libraries=$DESTDIR${prefix% *}/${prefix#* }
export PATH=$folder/bin:$DESTDIR${prefix% *}/bin:$PATH LD_LIBRARY_PATH=$libraries
# Of what was installed, and only when that is asked for.
cat >"$folder/bin/pkg-config" <<END
#!/bin/sh
case "\$*" in
*libsnet*) export PKG_CONFIG_LIBDIR="$libraries/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$DESTDIR" ;;
esac
exec "$config" "\$@"
END
chmod 755 "$folder"/bin/*

# How many rows a waterfall has depends on what took long enough; how many faults a search tries, on
# the packets that it saw; of how many nothing can be said, and which met nothing, on what else the
# machine did. A run's folder has its time for a name.
normalise() {
	sed -E -e 's/ +[0-9]+(\.[0-9]+)? (ns|µs|ms|s)([ ,:].*|$)/ TIME/' -e '/^  .* TIME$/d' \
		-e 's/nodejs:[0-9]+/nodejs:N/' -e 's/-[0-9]{8}-[0-9]{6}/-DATE/' \
		-e 's/^[0-9]+ runs in/N runs in/' -e '/^nothing can be said of /d' \
		-e '/^in [0-9]+ of them a fault had no effect$/d' \
		-e 's/^everything else held/everything held/'
}

# What the README says, into files: N.command, N.expected, and the C programs by their names.
awk -v folder="$folder" '
	/^```/ { kind = kind == "" ? substr($0, 4) : ""; file = ""; next }
	kind == "console" && /^\$ / {
		count++
		print substr($0, 3) > (folder "/" count ".command")
		next
	}
	kind == "console" { print > (folder "/" count ".expected"); next }
	kind == "c" && /^\/\* .* \*\/$/ && file == "" { file = folder "/tree/" $2 }
	kind == "c" && file != "" { print > file }
	END { print count > (folder "/count") }' "$source/README.md"

cd "$folder/tree" || exit 1
count=$(cat "$folder/count")
[ "$count" -ge 15 ] || {
	echo "the README has only $count commands" >&2
	exit 1
}
for i in $(seq "$count"); do
	echo "$ $(cat "$folder/$i.command")"
	eval "$(cat "$folder/$i.command")" >"$folder/stdout" 2>&1 </dev/null || {
		cat "$folder/stdout"
		echo "failed" >&2
		exit 1
	}
	[ ! -f "$folder/$i.expected" ] ||
		diff -u --label README --label actual <(normalise <"$folder/$i.expected") \
			<(normalise <"$folder/stdout") || exit 1
done

# It names what is there.
grep -o '](\([^)#]*\))' README.md | tr -d '()]' | sort -u | while read -r name; do
	case $name in
	http*) ;;
	*) [ -e "$name" ] || echo "the README links to '$name', which is not there" ;;
	esac
done | tee "$folder/dead" >&2
[ ! -s "$folder/dead" ]
