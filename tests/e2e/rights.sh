#!/bin/sh
# SPDX-License-Identifier: MIT
# What a user who is not root may do by snet exec: set up a node's network and listen to it, but no
# more; and which limits a lab of his cannot keep. As nobody, or as who this is.
#
# usage: rights.sh SNET
set -eu
if [ "${1-}" != inside ]; then
	folder=$(mktemp -d)
	trap 'rm -rf "$folder"' EXIT
	cp "$1" "$folder/snet"
	cp "$0" "$folder/rights.sh"
	chmod -R a+rX "$folder"
	mkdir -m 777 "$folder/work"
	cd "$folder/work"
	as=
	[ "$(id -u)" != 0 ] || as='setpriv --reuid 65534 --regid 65534 --clear-groups'
	# Where everybody finds programs.
	export PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin
	$as env HOME="$PWD" XDG_RUNTIME_DIR="$PWD" sh ../rights.sh inside
	exit
fi

complain() {
	echo "$*" >&2
	exit 1
}

../snet doctor >/dev/null || exit 77
trap '../snet down --all >/dev/null 2>&1 || true' EXIT
cat >lab.json <<'END'
{"lab": "rights", "nodes": [{"name": "a", "kind": "host"}, {"name": "b", "kind": "host"}],
 "links": [{"from": "a", "to": "b"}]}
END
../snet up lab.json >/dev/null
../snet exec a python3 -c "
import socket
socket.create_server(('', 80))
socket.socket(socket.AF_PACKET, socket.SOCK_RAW)" || complain 'no socket'
../snet exec a ip link set eth0 mtu 1400 || complain 'no mtu'
../snet exec a grep -q '^CapEff:\s0000000000003400$' /proc/self/status ||
	complain 'other rights'
# A folder of PATH that may not be entered says nothing of a program that is nowhere.
mkdir -m 0 shut
code=0
PATH="$PWD/shut:$PATH" ../snet exec a no-such-program 2>stderr || code=$?
[ "$code $(cat stderr)" = "127 snet: cannot run 'no-such-program': No such file or directory" ] ||
	complain "$code $(cat stderr)"
../snet down >/dev/null

# Limits that only root can have are told when the lab comes up.
../snet doctor | grep -q 'memory limits  *no' || exit 0
cat >lab.json <<'END'
{"lab": "rights", "nodes": [{"name": "s", "kind": "switch"},
  {"name": "p{i}", "count": 2, "kind": "process", "command": ["sleep", "1000"], "memory": "1GiB"}],
 "links": [{"from": "p{i}", "count": 2, "to": "s"}]}
END
../snet up lab.json 2>stderr >/dev/null
[ "$(cat stderr)" = "snet: warning: the memory of 'p0' and 1 more is limited as address space only: \
a cgroup needs root, or 'systemd-run --user --scope -p Delegate=yes'" ] || complain "$(cat stderr)"
