#!/bin/bash
# SPDX-License-Identifier: MIT
# ping and iperf3 by name between nodes that have routers between them, in IPv4 and IPv6.
#
# usage: traffic.sh SNET
set -u

snet=$(realpath "$1")
command -v ping >/dev/null && command -v iperf3 >/dev/null || exit 77
unshare --net true 2>/dev/null || unshare --user --map-root-user --net true 2>/dev/null ||
	exit 77

folder=$(mktemp -d)
export XDG_RUNTIME_DIR=$folder/run XDG_STATE_HOME=$folder/state
mkdir -m 700 "$XDG_RUNTIME_DIR" "$XDG_STATE_HOME"

clean_up() {
	"$snet" down --all >/dev/null 2>&1
	rm -rf "$folder"
}
trap clean_up EXIT

fail() {
	printf '%s\n' "$*" >&2
	exit 1
}

cat >"$folder/lab.json" <<'END'
{
  "lab": "traffic", "ipv6": true,
  "nodes": [
    {"name": "s{i}", "kind": "switch", "count": 3},
    {"name": "r{i}", "kind": "router", "count": 2},
    {"name": "h{i}", "kind": "host", "count": 3}
  ],
  "links": [
    {"from": "h{i}", "to": "s{i}", "count": 3},
    {"from": "r{i}", "to": "s{i}", "count": 2},
    {"name": "on{i}", "from": "r{i}", "to": "s{i+1}", "count": 2}
  ]
}
END
"$snet" up "$folder/lab.json" >/dev/null || fail "the lab does not come up"

for from in h0 h1 h2; do
	for to in h0 h1 h2 r0 r1; do
		for family in -4 -6; do
			"$snet" exec "$from" -- ping "$family" -c 1 -W 5 "$to" >"$folder/out" ||
				fail "ping $family from $from to $to: $(cat "$folder/out")"
		done
	done
done

# One test, then it ends; what it prints says when it listens.
for family in -4 -6; do
	mkfifo "$folder/server"
	"$snet" exec h2 -- iperf3 --server --one-off --forceflush >"$folder/server" 2>&1 &
	server=$!
	exec 3<"$folder/server"
	while read -r -t 20 line <&3; do
		case $line in *"listening on"*) break ;; esac
	done
	"$snet" exec h0 -- iperf3 "$family" --client h2 --bytes 20M >"$folder/out" 2>&1 ||
		fail "iperf3 $family from h0 to h2: $(cat "$folder/out")"
	grep -q receiver "$folder/out" || fail "iperf3 $family: $(cat "$folder/out")"
	cat <&3 >/dev/null
	exec 3<&-
	wait "$server" || fail "iperf3 $family: the server has failed"
	rm "$folder/server"
done
