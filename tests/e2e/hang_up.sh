#!/bin/bash
# SPDX-License-Identifier: MIT
# Clients that hang up disturb neither the lab nor one another: hang_up.sh SNET
set -u
snet=$1
unshare --net true 2>/dev/null || unshare --user --map-root-user --net true 2>/dev/null ||
	exit 77
command -v node >/dev/null || exit 77

folder=$(mktemp -d)
export XDG_RUNTIME_DIR=$folder/run XDG_STATE_HOME=$folder/state
mkdir -m 700 "$XDG_RUNTIME_DIR" "$XDG_STATE_HOME"
here=$(dirname "$(realpath "$0")")
trap '"$snet" down --all >/dev/null 2>&1; rm -rf "$folder"' EXIT

"$snet" up "$here/../../examples/house.json" || exit 1
before=$("$snet" ls --json)
python3 "$here/hang_up.py" "$XDG_RUNTIME_DIR/snet/house.sock" || exit 1
[ "$("$snet" ls --json)" = "$before" ] || {
	echo "the lab is not what it was: $before" >&2
	exit 1
}
# All that was pressed and journaled ends.
"$snet" press sw0 --wait >/dev/null && "$snet" down
