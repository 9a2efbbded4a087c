#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs each program, whatever the others say; for the inside of a guest.
status=0
for program; do
	"$program" || {
		echo "$program: exit status $?" >&2
		status=1
	}
done
exit $status
