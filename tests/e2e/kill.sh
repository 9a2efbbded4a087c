#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs kill.py where it sees nothing but its own: in new pid, network and mount namespaces.
set -eu
here=$(dirname "$(realpath "$0")")
if [ "$(id -u)" = 0 ]; then
	set -- unshare --fork --pid --net --mount-proc python3 "$here/kill.py" "$@"
else
	set -- unshare --user --map-root-user --fork --pid --net --mount-proc \
		python3 "$here/kill.py" "$@"
fi
unshare --user --map-root-user true 2>/dev/null || [ "$(id -u)" = 0 ] || exit 77
exec "$@"
