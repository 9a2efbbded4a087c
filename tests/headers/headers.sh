#!/bin/bash
# SPDX-License-Identifier: MIT
# Each public header compiles alone, as strict C99 and as C++11; and the functions that the
# headers declare, those that they document, those of libsnet.map and those that libsnet.so
# exports are the same.
#
# usage: headers.sh SOURCE_FOLDER LIBSNET_SO
set -u
export LC_ALL=C # one order for sort, comm and diff
source=$1 library=$2 status=0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

complain() {
	echo "$*" >&2
	status=1
}

compile_alone() { # HEADER LANGUAGE COMPILER OPTION...
	local header=$1 language=$2

	shift 2
	# Twice: its guard works.
	printf '#include <snet/%s>\n' "$header" "$header" |
		"$@" -I "$source/include" -pedantic -Wall -Wextra -Werror -fsyntax-only \
			-x "$language" - || complain "snet/$header is not $language by itself"
}

for path in "$source"/include/snet/*.h; do
	header=${path##*/}
	compile_alone "$header" c cc -std=c99
	if command -v c++ >/dev/null; then
		compile_alone "$header" c++ c++ -std=c++11
	fi
	grep -qw "'$header'" "$source/include/snet/meson.build" ||
		complain "snet/$header is not installed"
	# Everything is in snet.h.
	[ "$header" = snet.h ] || grep -q "<snet/$header>" "$source/include/snet/snet.h" ||
		complain "snet/snet.h does not include $header"
done

cat "$source"/include/snet/*.h >"$folder/all.h"
# A declaration may have its name on its second line.
grep -A1 '^SNET_API ' "$folder/all.h" | grep -oE '\bsnet_[a-z0-9_]+\(' | tr -d '(' |
	sort >"$folder/declared"
grep -oE '^ \* snet_[a-z0-9_]+\(\) - [^ ]' "$folder/all.h" | grep -oE 'snet_[a-z0-9_]+' |
	sort >"$folder/with_types"
grep -oE '\(\*snet_[a-z0-9_]+\)' "$folder/all.h" | tr -d '(*)' | sort >"$folder/callbacks"
comm -23 "$folder/with_types" "$folder/callbacks" >"$folder/documented"
sed -n '/global:/,/local:/s/^[ \t]*\(snet_[a-z0-9_]*\);$/\1/p' "$source/lib/libsnet.map" |
	sort >"$folder/map"
nm -D --defined-only "$library" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' |
	sort >"$folder/exported"

[ "$(wc -l <"$folder/declared")" -ge 50 ] || complain "too few functions are declared"
for other in documented map exported; do
	diff -u --label declared --label $other "$folder/declared" "$folder/$other" >&2 ||
		complain "what is declared in the headers is not what is $other"
done
exit $status
