#!/bin/bash
# SPDX-License-Identifier: MIT
# Names the tests that were skipped though they may not be, and fails if there is one: what is
# missing somewhere is no reason to pass where everything is to be there.
#
# usage: skips.sh LOG ALLOWED    of meson; a file with a test, or with TEST/WHAT single checks of
#                                 one, and a reason in each line
set -u

log=$1 allowed=$2 status=0
summary=$(dirname "$(realpath "$0")")/summary.awk

if [ ! -s "$log" ] || [ ! -r "$allowed" ]; then
	echo "skips.sh: there is no '$log', or no '$allowed'" >&2
	exit 1
fi
while IFS= read -r line; do
	name=${line#*: * / }
	name=${name%% *}
	awk -v name="$name" '$1 == name && NF > 1 { found = 1 } END { exit !found }' "$allowed" && continue
	printf "'%s' must not be skipped here:%s\n" "$name" "${line#*"$name"}" >&2
	status=1
done < <(awk -f "$summary" "$log" | grep '^  skipped: ')
exit $status
