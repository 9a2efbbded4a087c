#!/bin/bash
# SPDX-License-Identifier: MIT
# Brings up the lab files of examples/ and looks whether they do what they promise, by the
# commands alone; then reads a lab's store with the program examples/programs/history.c.
#
# usage: examples.sh SNET HISTORY
set -eu

snet=$(realpath "$1") history=$(realpath "$2")
here=$(dirname "$(realpath "$0")")
examples=$(realpath "$here/../../examples")
command -v node >/dev/null || exit 77
unshare --net true 2>/dev/null || unshare --user --map-root-user --net true 2>/dev/null ||
	exit 77

folder=$(mktemp -d)
export HOME=$folder XDG_RUNTIME_DIR=$folder/run XDG_STATE_HOME=$folder/state LC_ALL=C.UTF-8
mkdir "$XDG_RUNTIME_DIR" "$XDG_STATE_HOME"

clean_up() {
	"$snet" down --all >/dev/null 2>&1 || true
	rm -rf "$folder"
}
trap clean_up EXIT

complain() {
	echo "$*" >&2
	exit 1
}

# Run a command until what it prints matches, a minute at most.
await() {
	local pattern=$1 until=$((SECONDS + 60))
	shift
	until "$@" | grep -q "$pattern"; do
		[ "$SECONDS" -lt "$until" ] || complain "'$*' has not come to show '$pattern'"
	done
}

# NODE's state in the lab.
state() {
	"$snet" status | awk -v node="$1" '$1 == node { print $NF }'
}

# The waterfalls' first lines, without figures.
first_line() {
	sed -n -E '1s/ +[0-9.]+ (ms|µs|s)$//p'
}

"$snet" up "$examples/house.json" | grep -q "^lab 'house' is up: 9 nodes, 8 links in" ||
	complain "house.json does not come up"
for i in 0 1 2; do
	got=$("$snet" press "sw$i" --wait | first_line)
	[ "$got" = "sw$i ─ r0 ─ flip_switch@cloud ─ r0 ─ a$i: 0 → 1" ] || complain "sw$i: $got"
done
got=$("$snet" press sw1 --wait | first_line)
[ "$got" = "sw1 ─ r0 ─ flip_switch@cloud ─ r0 ─ a1: 1 → 0" ] || complain "sw1: $got"
# What has no target is an error of the function's own, told in its words.
got=$("$snet" press sw1 --wait --data '{}') && complain "an error passes for success: $got"
grep -q 'the event of /house/sw1 names no target' <<<"$got" || complain "no reason: $got"
[ "$(state a0)$(state a1)$(state a2)" = 101 ] || complain "wrong states"
await '^flip_switch: /house/sw1 flips a1$' "$snet" logs cloud

# Its store, from another process: while it runs, and after.
for when in up down; do
	"$history" "$XDG_STATE_HOME/snet/house" 2>"$folder/stderr" >"$folder/history" ||
		complain "history: $(cat "$folder/stderr")"
	[ "$(tail -n 1 "$folder/history")" = "0 pending, 4 done, 0 expired, 1 failed" ] ||
		complain "history of a lab that is $when: $(cat "$folder/history")"
	[ $when = down ] || "$snet" down | grep -q "^lab 'house' is down$"
done

# The same house by radio: each event crosses links that take their time.
"$snet" up "$examples/radio.json" | grep -q "^lab 'radio' is up: 9 nodes, 8 links in" ||
	complain "radio.json does not come up"
got=$("$snet" press sw0 --wait | first_line)
[ "$got" = "sw0 ─ r0 ─ flip_switch@cloud ─ r0 ─ a0: 0 → 1" ] || complain "sw0: $got"
"$snet" link show a0-s1 | grep -q '^back, s1 to a0: delay .*loss 2%' ||
	complain "no loss: $("$snet" link show a0-s1)"
"$snet" link show a0-s1 | grep -q '^  out_packets *[1-9]' ||
	complain "nothing is counted: $("$snet" link show a0-s1)"
"$snet" down | grep -q "^lab 'radio' is down$"

# A sensor's values go to a Python function, and everything to an executable.
"$snet" up "$examples/sensors.json" | grep -q "^lab 'sensors' is up: 7 nodes, 6 links in" ||
	complain "sensors.json does not come up"
# The heating's state beside what the display shows, at one time.
heating() {
	"$snet" status | awk '$1 == "display" { shown = $NF } $1 == "heating" { print $NF, "at", shown }'
}
await '^on at 1[89]' heating
await '^off at 2[01]' heating
"$snet" press doorbell --wait >"$folder/doorbell"
[ "$(first_line <"$folder/doorbell")" = "doorbell ─ r0 ─ audit@cloud ─ r0" ] ||
	complain "doorbell: $(cat "$folder/doorbell")"
await '^audit: press from /sensors/doorbell$' "$snet" logs cloud
await '^audit: value from /sensors/cellar$' "$snet" logs cloud
# A worker that is slow to start gets help by another one, with a memory of its own.
await '^smooth: /sensors/cellar: 18.5, the mean of 1 is 18.5$' "$snet" logs cloud
await '^smooth: /sensors/cellar: [0-9.]*, the mean of 4 is [0-9.]*$' "$snet" logs cloud
"$snet" down | grep -q "^lab 'sensors' is down$"

# Programs in nodes of their own: one obeys commands, the other sends events.
"$snet" up "$examples/process.json" | grep -q "^lab 'porch' is up: 7 nodes, 6 links in" ||
	complain "process.json does not come up"
await '^registered as lamp$' "$snet" logs lamp
got=$("$snet" press sw0 --wait | first_line)
[ "$got" = "sw0 ─ r0 ─ flip_switch@cloud ─ r0 ─ lamp: 0 → 1" ] || complain "lamp: $got"
await '^the lamp is on$' "$snet" logs lamp
await '^bell .* 1$' "$snet" status
await '^somebody moves$' "$snet" logs motion
"$snet" down | grep -q "^lab 'porch' is down$"

# Buildings behind routers: 'snet topo campus --devices 40 --fanout 8 --seed 5 --sensors 10%'.
"$snet" topo campus --devices 40 --fanout 8 --seed 5 --sensors 10% | cmp - "$examples/campus.json" ||
	complain "campus.json is not what is generated"
"$snet" up "$examples/campus.json" | grep -q "^lab 'campus' is up: " ||
	complain "campus.json does not come up"
got=$("$snet" press h1f1b1 --wait | first_line)
[ "$got" = "h1f1b1 ─ h1r ─ flip@cloud ─ h1r ─ h1f1a1: 0 → 1" ] || complain "campus: $got"
"$snet" down | grep -q "^lab 'campus' is down$"
