#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs clean.py where it sees nothing but its own, in new pid, network and mount namespaces: as
# root and as nobody, or as who this is.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp "$(dirname "$(realpath "$0")")/clean.py" "$1" "$2" "$folder"
chmod -R a+rX "$folder"
set -- python3 "$folder/clean.py" "$folder/$(basename "$1")" "$folder/$(basename "$2")"
cd /
if [ "$(id -u)" != 0 ]; then
	unshare --user --map-root-user true 2>/dev/null || exit 77
	unshare --user --map-current-user --fork --pid --net --mount-proc "$@"
	exit
fi
unshare --fork --pid --net --mount-proc "$@"
# Where everybody finds programs.
PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin
unshare --fork --pid --net --mount-proc \
	setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
