#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs each program, whatever the others say; for the inside of a guest.
status=0
# A guest shares its processor, and what comes too late there is tried again.
export CK_TIMEOUT_MULTIPLIER=3
for program; do
	"$program" || {
		echo "$program: exit status $?" >&2
		status=1
	}
done
exit $status
