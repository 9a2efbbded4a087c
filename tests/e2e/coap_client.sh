#!/bin/bash
# SPDX-License-Identifier: MIT
# libcoap's own coap-client, from inside the nodes of a lab, talks to what lives there.
#
# usage: coap_client.sh SNET
set -u
snet=$(realpath "$1")
client=$(command -v coap-client || command -v coap-client-notls || command -v coap-client-openssl ||
	command -v coap-client-gnutls) || { echo "skipped: no coap-client"; exit 77; }
folder=$(mktemp -d)
export XDG_RUNTIME_DIR="$folder/run" XDG_STATE_HOME="$folder/state"
mkdir -m 700 "$folder/run"
failed=0

clean_up() {
	timeout 20 "$snet" down client >/dev/null 2>&1
	rm -rf "$folder"
}
trap clean_up EXIT

# What coap-client says in node h0 to the arguments.
ask() {
	timeout 20 "$snet" --lab client exec h0 -- "$client" -B 5 "$@" 2>&1
}

# want TEXT ARG ...: the answer contains TEXT.
want() {
	local text=$1 answer
	shift
	answer=$(ask "$@")
	case $answer in
	*"$text"*) ;;
	*)
		printf 'coap-client %s\n  want: %s\n  got:  %s\n' "$*" "$text" "$answer"
		failed=1
		;;
	esac
}

cat >"$folder/lab.json" <<'LAB'
{
  "lab": "client",
  "nodes": [
    {"name": "s1", "kind": "switch"},
    {"name": "r0", "kind": "relayer", "routes": [{"function": "echo", "backend": "cloud"}]},
    {"name": "a0", "kind": "actuator", "relayer": "r0"},
    {"name": "sw0", "kind": "button", "relayer": "r0", "data": {"target": "a0"}},
    {"name": "t0", "kind": "sensor", "relayer": "r0", "values": [21.5], "every": "1h"},
    {"name": "h0", "kind": "host"},
    {"name": "a1", "kind": "actuator", "relayer": "r0"},
    {"name": "p0", "kind": "process", "command": ["sh", "-c",
      "$CLIENT -B 5 -m post -t 50 -e \"$EVENT\" $SNET_RELAYER_URI/event"],
     "env": {"CLIENT": "CLIENT_PATH", "EVENT":
      "{\"specversion\":\"1.0\",\"id\":\"p1\",\"source\":\"/p0\",\"type\":\"press\",\"data\":{\"target\":\"a1\"}}"}},
    {"name": "cloud", "kind": "functions", "functions": {"echo": {"file": "echo.js"}}}
  ],
  "links": [
    {"from": "r0", "to": "s1"}, {"from": "a0", "to": "s1"}, {"from": "sw0", "to": "s1"},
    {"from": "t0", "to": "s1"}, {"from": "h0", "to": "s1"}, {"from": "cloud", "to": "s1"},
    {"from": "a1", "to": "s1"}, {"from": "p0", "to": "s1"}
  ],
  "backends": {"cloud": {"kind": "openwhisk", "node": "cloud"}}
}
LAB
sed -i "s|CLIENT_PATH|$client|" "$folder/lab.json"
echo 'exports.main = (event) => event.data;' >"$folder/echo.js"
timeout 30 "$snet" up "$folder/lab.json" >/dev/null || exit 1

# A program in a node of its own has sent an event, which moves an actuator.
for _ in $(seq 200); do
	[ "$(ask -m get coap://a1/state)" != 1 ] || break
	sleep 0.02
done
want '1' -m get coap://a1/state

want '</state>;rt="snet.actuator";ct=50' -m get coap://a0/.well-known/core
want '</press>;rt="snet.press"' -m get coap://sw0/.well-known/core
want '</state>;rt="snet.sensor";ct=50' -m get coap://t0/.well-known/core
want '</event>;rt="snet.event"' -m get coap://r0/.well-known/core
want '</rd/a0>;ep="a0"' -m get coap://r0/rd-lookup/ep
want '0' -m get coap://a0/state
want '{"state":5,"was":0' -m put -e 5 coap://a0/state
want '5' -m get coap://a0/state
want '{"state":1,"was":5' -m put -e '{"id":"c1","set":1}' coap://a0/state
want '{"state":1,"again":true}' -m put -e '{"id":"c1","set":1}' coap://a0/state
want '4.00' -m put -e '{"toggle":false}' coap://a0/state
want 'a command needs "set" or "toggle"' -m put -e '{"toggle":false}' coap://a0/state
want '4.05' -m put -e 1 coap://t0/state
want 'takes no commands' -m put -e 1 coap://t0/state
want '4.04' -m get coap://a0/nothing
want '{"id":"sw0-' -m post coap://sw0/press

event='{"specversion":"1.0","id":"e1","source":"/client/h0","type":"press",'
event+='"data":{"target":"a0","set":"moved"}}'
want '' -m post -t 50 -e "$event" coap://r0/event
trace=$(timeout 20 "$snet" --lab client trace e1 --json)
for _ in $(seq 200); do
	case $trace in *'"pending"'*) sleep 0.02 ;; *) break ;; esac
	trace=$(timeout 20 "$snet" --lab client trace e1 --json)
done
want '"moved"' -m get coap://a0/state
want '' -m post -t 50 -e "$event" coap://r0/event # once more: acknowledged and dropped
[ "$(timeout 20 "$snet" --lab client events --json | grep -c '"id":"e1"')" = 1 ] || {
	echo "an event that came twice is not there once"
	failed=1
}
event='{"specversion":"1.0","snetseq":"77","id":"e2","source":"/client/h0","type":"none"}'
want '' -m post -t 50 -e "$event" coap://r0/event
[ "$(timeout 20 "$snet" --lab client events --json | grep '"id":"e2"' |
	grep -o '"snetseq":"[0-9]*"' | grep -c -v 77)" = 1 ] ||
	{ echo "an event has the number that its sender made up"; failed=1; }
! timeout 20 "$snet" --lab client events --json | grep -q '"snetseq":"77"' ||
	{ echo "a sender's own number was stored"; failed=1; }
want '4.00' -m post -e '{"specversion":"1.0"}' coap://r0/event
want 'a CloudEvent needs an id, a source and a type' -m post -e '{"specversion":"1.0"}' \
	coap://r0/event
want 'not a CloudEvent with specversion "1.0"' -m post -e '{}' coap://r0/event
# What its id, or type, has would steer whose terminal shows it.
for wrong in '"id":"e3\u001b[31m","source":"/client/h0","type":"none"' \
	'"id":"e3","source":"/client/h0","type":"\u009b31m"'; do
	want 'a control character in an id, a source or a type' -m post \
		-e "{\"specversion\":\"1.0\",$wrong}" coap://r0/event
done
want '' -m post -t 50 -e '{"specversion":"1.0","id":"e4","source":"/client/h0","type":"none",
	"time":"\u001b[31mred","data":"\u009b31m"}' coap://r0/event
timeout 20 "$snet" --lab client events >"$folder/events"
grep -q 'red .* e4 ' "$folder/events" && ! LC_ALL=C grep -q $'[\x01-\x08\x0b-\x1f\x9b]' "$folder/events" ||
	{ echo "a terminal would be steered:"; cat -v "$folder/events"; failed=1; }
want '4.00' -m post -e '{nonsense' coap://r0/event
head -c 40000 /dev/zero | tr '\0' x >"$folder/large"
want '4.13' -m post -f "$folder/large" coap://r0/event
exit $failed
