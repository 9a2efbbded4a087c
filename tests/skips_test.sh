#!/bin/bash
# SPDX-License-Identifier: MIT
# What skips.sh says of logs as meson writes them.
#
# usage: skips_test.sh
set -eu

skips=$(dirname "$(realpath "$0")")/skips.sh
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

entry() { # NUMBER NAME STATUS LINE...
	printf '=================================== %s/9 ===================================\n' "$1"
	printf 'test:         libsnet:%s\nstart time:   10:00:00\nduration:     0.01s\n' "$2"
	printf 'result:       exit status %s\ncommand:      /x/program\n' "$3"
	shift 3
	printf '%s\n' '----------------------------------- stdout -----------------------------------' "$@"
	printf '%s\n\n' '=============================================================================='
}

expect() { # STATUS TEXT
	local got=0 said

	said=$("$skips" log allowed 2>&1) || got=$?
	[ "$got: $said" = "$1: $2" ] || {
		printf 'want %s: %s\ngot %s: %s\n' "$1" "$2" "$got" "$said" >&2
		exit 1
	}
}

printf '# A reason is needed.\nclient    no network\nbare\n' >allowed
expect 1 "skips.sh: there is no 'log', or no 'allowed'"
entry 1 'unit / test_text' 0 '100%: Checks: 3, Failures: 0, Errors: 0' >log
expect 0 ''
entry 2 'e2e / client' 77 'skipped: cannot install it' >>log
expect 0 ''
entry 3 'unit / test_filter' 77 'skipped: built without libpcap' >>log
expect 1 "'test_filter' must not be skipped here: (built without libpcap)"
entry 4 'e2e / bare' 77 >>log
expect 1 "'test_filter' must not be skipped here: (built without libpcap)
'bare' must not be skipped here: (no reason given)"
# Single checks of a test that has passed.
printf 'test_text/slow    no cgroup need be there\n' >allowed
entry 1 'unit / test_text' 0 'skipped: slow: no cgroup' 'skipped: skew: no (x): y' \
	'skipped: skew: no (x): y' '100%: Checks: 9, Failures: 0, Errors: 0' >log
expect 1 "'test_text/skew' must not be skipped here: (no (x): y)"
sum=$(awk -f "$(dirname "$skips")/summary.awk" log | tail -n 1)
[ "$sum" = "6 passed, 0 failed, 3 skipped" ] || {
	echo "got $sum" >&2
	exit 1
}
# The last one, with what meson puts behind it.
entry 1 'e2e / client' 77 'skipped: no network' >log
printf '\nSummary of Failures:\n\n\nOk:                 0   \nTimeout:            0   \n' >>log
expect 1 "'client' must not be skipped here: (no network)"
# One that fails is no matter of this.
entry 1 'e2e / examples' 1 'skipped: no' >log
expect 0 ''
