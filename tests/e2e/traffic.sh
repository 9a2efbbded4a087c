#!/bin/bash
# SPDX-License-Identifier: MIT
# ping and iperf3 by name between nodes that have routers between them, in IPv4 and IPv6, and by UDP
# with nodes that have several interfaces.
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
    {"name": "h{i}", "kind": "host", "count": 3},
    {"name": "m", "kind": "host"}
  ],
  "links": [
    {"from": "h{i}", "to": "s{i}", "count": 3},
    {"from": "r{i}", "to": "s{i}", "count": 2},
    {"name": "on{i}", "from": "r{i}", "to": "s{i+1}", "count": 2},
    {"from": "m", "to": "s0"}, {"from": "m", "to": "s2"}
  ]
}
END
"$snet" up "$folder/lab.json" >/dev/null || fail "the lab does not come up"

for from in h0 h1 h2 m; do
	for to in h0 h1 h2 r0 r1 m; do
		for family in -4 -6; do
			"$snet" exec "$from" -- ping "$family" -c 1 -W 5 "$to" >"$folder/out" ||
				fail "ping $family from $from to $to: $(cat "$folder/out")"
		done
	done
done

# iperf3 from a node to another, with further options. One test, then the server ends; what it prints
# says when it listens.
measure() {
	local from=$1 to=$2 server
	shift 2
	mkfifo "$folder/server"
	"$snet" exec "$to" -- iperf3 --server --one-off --forceflush >"$folder/server" 2>&1 &
	server=$!
	exec 3<"$folder/server"
	while read -r -t 20 line <&3; do
		case $line in *"listening on"*) break ;; esac
	done
	"$snet" exec "$from" -- timeout 20 iperf3 --client "$to" "$@" >"$folder/out" 2>&1 ||
		fail "iperf3 $* from $from to $to: $(cat "$folder/out")"
	grep -q receiver "$folder/out" || fail "iperf3 $*: $(cat "$folder/out")"
	cat <&3 >/dev/null
	exec 3<&-
	wait "$server" || fail "iperf3 $*: the server has failed"
	rm "$folder/server"
}

for family in -4 -6; do
	measure h0 h2 "$family" --bytes 20M
	# Their names' addresses are in other subnets than their clients, or are not.
	for pair in "h2 m" "h0 m" "h1 m" "h2 r1" "h2 r0" "m r1"; do
		# shellcheck disable=SC2086
		measure $pair "$family" --udp --bitrate 50M --bytes 1M
	done
done
