#!/bin/sh
# SPDX-License-Identifier: MIT
# A function may be any executable. It is started once an event, with the event as its first
# argument and on standard input; its last line of standard output is the result, what comes
# before is the log. It runs in the network of its functions node and sees the lab's names.

field() {
	printf '%s\n' "$1" | sed -n "s/.*\"$2\":\"\([^\"]*\)\".*/\1/p"
}

echo "$(field "$1" type) from $(field "$1" source)"
echo '{}'
