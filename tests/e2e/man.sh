#!/bin/bash
# SPDX-License-Identifier: MIT
# Every command of snet has a man page that names all of its options, and is named in snet(1);
# all pages are clean. What there is is asked of snet itself.
#
# usage: man.sh SNET FOLDER
set -u

snet=$(realpath "$1") man=$2 status=0

complain() {
	echo "$*" >&2
	status=1
}

commands=$("$snet" help | sed -n 's/^  \([a-z]\{1,\}\) .*/\1/p')
[ "$(wc -w <<<"$commands")" -ge 13 ] || complain "'snet help' lists too few commands: $commands"
for command in $commands; do
	page=$man/snet-$command.1
	grep -q "^.It Xr snet-$command 1" "$man/snet.1" || complain "snet.1 does not name $command"
	if [ ! -f "$page" ]; then
		complain "$command has no man page"
		continue
	fi
	# --help is the same everywhere, and only in snet(1).
	for option in $("$snet" help "$command" | sed -n 's/^  --\([a-z-]\{1,\}\).*/\1/p'); do
		case $command-$option in
		*-help) continue ;;
		esac
		grep -q "^.It Fl -$option\b" "$page" || complain "snet-$command.1 lacks --$option"
	done
done
for option in lab json help; do
	grep -q "^.It Fl -$option\b" "$man/snet.1" || complain "snet.1 lacks --$option"
done
if command -v mandoc >/dev/null; then
	mandoc -T lint -W warning "$man"/*.[1-9] >&2 || complain "a page is not clean"
fi
exit $status
