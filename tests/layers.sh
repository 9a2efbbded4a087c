#!/bin/bash
# SPDX-License-Identifier: MIT
# A file of lib/ includes only from its own folder and from the folders above it in the list of
# lib/meson.build, never from below or from cli/; and only one place knows each foreign library.
#
# usage: layers.sh SOURCE_FOLDER
set -u
cd "$1" || exit 1
status=0

complain() {
	echo "$*" >&2
	status=1
}

layers=$(sed -n "s/^foreach layer : \[\(.*\)\]$/\1/p" lib/meson.build | tr -d "',")
[ "$(wc -w <<<"$layers")" -ge 11 ] || complain "lib/meson.build has no list of layers"

rank() { # LAYER
	local at=0 layer

	for layer in $layers; do
		at=$((at + 1))
		[ "$layer" != "$1" ] || echo $at
	done
}

check_include() { # FILE LINE HEADER
	local own=${1#lib/} theirs=${3%%/*} own_rank their_rank

	own=${own%%/*}
	if [ "$3" = "$theirs" ]; then
		[ -f "lib/$own/$3" ] || complain "$1:$2: '$3' is not in lib/$own"
		return
	fi
	own_rank=$(rank "$own") their_rank=$(rank "$theirs")
	if [ -z "$own_rank" ]; then
		complain "$1:$2: lib/$own is not in the list of layers"
	elif [ -z "$their_rank" ]; then
		complain "$1:$2: '$3' is of no layer"
	elif [ "$their_rank" -gt "$own_rank" ]; then
		complain "$1:$2: $own must not include '$3', which is below it"
	fi
}

while IFS=: read -r file line header; do
	check_include "$file" "$line" "$header"
done < <(grep -rnoE --include='*.[ch]' '^#include "[^"]+"' lib | sed 's/#include "\(.*\)"$/\1/')

# The headers of a library, and the only files that may include them.
while read -r headers only; do
	while IFS=: read -r file line _; do
		[[ $file =~ ^$only ]] || complain "$file:$line: only $only may include <$headers>"
	done < <(grep -rnE --include='*.[ch]' "^#include <$headers" lib cli)
done <<-END
	uv(/|\.h)       lib/io/loop
	curl/           lib/io/http(_|\.)
	microhttpd\.h   lib/io/httpd
	coap3/          lib/io/coap
	cjson/          lib/io/json
	lmdb\.h         lib/store/
	netlink/        lib/sys/
	pcap(/|\.h)     lib/io/filter
	n?curses        cli/tui/
END
exit $status
