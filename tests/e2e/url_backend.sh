#!/bin/bash
# SPDX-License-Identifier: MIT
# A lab whose functions run at an OpenWhisk outside of it: an endpoint on the host's loopback,
# called by address and by name, as root and as nobody.
#
# usage: url_backend.sh SNET FAAS_MAIN
set -eu

command -v node >/dev/null || exit 77
folder=$(mktemp -d)
pids=()

clean_up() {
	${as[@]+"${as[@]}"} "$folder/snet" down --all >/dev/null 2>&1 || true
	exec 3>&-
	for pid in ${pids[@]+"${pids[@]}"}; do
		wait "$pid" || true
	done
	rm -rf "$folder"
}

complain() {
	echo "$*" >&2
	exit 1
}

cp "$1" "$folder/snet"
cp "$2" "$folder/faas_main"
cp -r "$(dirname "$0")/../../examples" "$folder/examples"
mkdir "$folder/run" "$folder/state"
chmod -R a+rX "$folder"
export HOME=$folder XDG_RUNTIME_DIR=$folder/run XDG_STATE_HOME=$folder/state LC_ALL=C.UTF-8
as=()
trap clean_up EXIT

# The endpoint ends when its input does.
mkfifo "$folder/input" "$folder/output"
"$folder/faas_main" <"$folder/input" >"$folder/output" &
pids+=($!)
exec 3>"$folder/input"
read -r url <"$folder/output"
key=23bc46b1-71f6-4ed5-8c54-816aa4f8c502:123zO3xZCLrMN6v2BKK1dXYFpXlPkccOFqm12CdAsMgRU4VrNZ9lyGVCGuMDGIwP
"$folder/snet" fn put flip_switch "$folder/examples/functions/flip_switch.js" \
	--apihost "$url" --auth "$key" >/dev/null

write_lab() { # URL
	cat <<-END
		{"lab": "outside",
		 "nodes": [
		   {"name": "r0", "kind": "relayer", "routes": [{"function": "flip_switch"}]},
		   {"name": "sw0", "kind": "button", "data": {"target": "a0"}},
		   {"name": "a0", "kind": "actuator"},
		   {"name": "s1", "kind": "switch"}],
		 "links": [{"from": "r0", "to": "s1"}, {"from": "sw0", "to": "s1"},
		           {"from": "a0", "to": "s1"}],
		 "backends": {"cloud": {"kind": "openwhisk", "url": "$1", "credentials": "$key"}}}
	END
}

play() { # URL
	write_lab "$1" >"$folder/lab.json"
	chmod a+r "$folder/lab.json"
	${as[@]+"${as[@]}"} "$folder/snet" up "$folder/lab.json" >/dev/null
	${as[@]+"${as[@]}"} "$folder/snet" press sw0 --wait >"$folder/stdout" ||
		complain "$1: $(cat "$folder/stdout")"
	grep -q '^sw0 ─ r0 ─ flip_switch@cloud ─ r0 ─ a0: 0 → 1 ' "$folder/stdout" ||
		complain "$1: $(cat "$folder/stdout")"
	${as[@]+"${as[@]}"} "$folder/snet" down >/dev/null
}

play_all() {
	play "$url"
	play "http://localhost:${url##*:}"
	write_lab http://no.such.host.invalid >"$folder/lab.json"
	if ${as[@]+"${as[@]}"} "$folder/snet" up "$folder/lab.json" >"$folder/stdout" 2>&1; then
		complain "a server that is nowhere passes"
	fi
	grep -q "^snet: cannot bring up lab 'outside': relayer 'r0': backend 'cloud': cannot find host 'no.such.host.invalid': " \
		"$folder/stdout" || complain "$(cat "$folder/stdout")"
}

played=0
if unshare --net true 2>/dev/null; then
	play_all
	played=1
fi
if [ "$(id -u)" = 0 ]; then
	as=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	rm -rf "$folder/run" "$folder/state"
	"${as[@]}" true && mkdir "$folder/run" "$folder/state"
	chown 65534:65534 "$folder/run" "$folder/state"
fi
if ${as[@]+"${as[@]}"} unshare --user --map-root-user --net true 2>/dev/null; then
	play_all
	played=1
fi
[ $played = 1 ] || exit 77
