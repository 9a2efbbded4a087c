#!/bin/bash
# SPDX-License-Identifier: MIT
# Installs into a folder, and builds and runs the examples against what is there, with nothing of
# the source tree: by pkg-config, as C99 without a warning.
#
# usage: install.sh BUILD (none|address,undefined|...)
set -eu

build=$1 sanitize=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
unset DESTDIR
${MESON:-meson} install -C "$build" --no-rebuild --destdir "$folder" --quiet

prefix=$(find "$folder" -name libsnet -path '*/share/*')
prefix=${prefix%/share/libsnet}
config=$(find "$prefix" -name libsnet.pc)
library=$(find "$prefix" -name libsnet.so.0)

complain() {
	echo "$*" >&2
	exit 1
}

for name in bin/snet include/snet/snet.h share/libsnet/snet-lab.schema.json \
	share/libsnet/examples/house.json share/libsnet/examples/functions/flip_switch.js \
	share/libsnet/examples/programs/press.c share/man/man1/snet.1 share/man/man1/snet-up.1 \
	share/man/man3/libsnet.3 share/man/man5/snet-lab.5 \
	share/bash-completion/completions/snet share/zsh/site-functions/_snet \
	share/fish/vendor_completions.d/snet.fish; do
	[ -e "$prefix/$name" ] || complain "$name is not installed"
done
[ -x "$prefix/share/libsnet/examples/functions/audit.sh" ] || complain "audit.sh is not executable"
[ -z "$(find "$folder" -name meson.build)" ] || complain "a meson.build is installed"
for page in "$(dirname "$0")"/../../man/*.[1-9]; do
	[ -e "$prefix/share/man/man${page##*.}/${page##*/}" ] || complain "$page is not installed"
done

export PKG_CONFIG_LIBDIR=${config%/*} PKG_CONFIG_SYSROOT_DIR=$folder
[ "$(pkg-config --modversion libsnet)" = "$("$prefix/bin/snet" version | cut -d ' ' -f 2)" ] ||
	complain "pkg-config and snet disagree about the version"
# Our own dependencies are nobody else's: the shared library names them.
[ -z "$(pkg-config --print-requires libsnet)" ] || complain "libsnet.pc requires other packages"

flags="-std=c99 -D_POSIX_C_SOURCE=200809L -pedantic -Wall -Wextra -Werror"
[ "$sanitize" = none ] || flags="$flags -fsanitize=$sanitize"
mkdir "$folder/built"
for source in "$prefix"/share/libsnet/examples/programs/*.c; do
	name=$(basename "$source" .c)
	# shellcheck disable=SC2046,SC2086 # words are wanted
	${CC:-cc} $flags "$source" -o "$folder/built/$name" $(pkg-config --cflags --libs libsnet) \
		-pthread
done

export LD_LIBRARY_PATH=${library%/*}
"$prefix/bin/snet" help >"$folder/built/help"
unshare --net true 2>/dev/null || unshare --user --map-root-user --net true 2>/dev/null ||
	exit 77
cd "$prefix/share/libsnet/examples"
"$folder/built/press" | sed 's/[0-9]*\.[0-9] ms/N ms/' >"$folder/built/stdout"
diff -u - "$folder/built/stdout" <<'END'
sw0 pressed: done after N ms
  a0 is 1
  a1 is 0
  a2 is 0
END
