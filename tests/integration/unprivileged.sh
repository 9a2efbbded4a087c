#!/bin/sh
# SPDX-License-Identifier: MIT
# Run a test program without root: as nobody, from a place that nobody can read.
set -eu
[ "$(id -u)" = 0 ] || exit 77 # the test itself has run without root already
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp "$1" "$folder/program"
chmod 755 "$folder" "$folder/program"
cd "$folder"
setpriv --reuid 65534 --regid 65534 --clear-groups ./program
