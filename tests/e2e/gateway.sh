#!/bin/bash
# SPDX-License-Identifier: MIT
# A lab whose functions run at an OpenWhisk outside of it, reached through a gateway: in plain
# text by address and by name, and over TLS, where the certificate must be for the url's host. As
# root and as nobody.
#
# usage: gateway.sh SNET FAAS_MAIN TLS_API
set -eu

command -v node >/dev/null || exit 77
folder=$(mktemp -d)
pids=()
as=()

run_snet() {
	${as[@]+"${as[@]}"} "$folder/snet" "$@"
}

clean_up() {
	run_snet down --all >/dev/null 2>&1 || true
	exec 3>&-
	for pid in ${pids[@]+"${pids[@]}"}; do
		[ "$pid" = "${tls_pid-}" ] && kill "$pid"
		wait "$pid" || true
	done
	rm -rf "$folder"
}

complain() {
	echo "$*" >&2
	exit 1
}

# Run a command until what it prints matches, a minute at most.
await() {
	local pattern=$1 until=$((SECONDS + 60))
	shift
	until "$@" | grep -q "$pattern"; do
		[ "$SECONDS" -lt "$until" ] || complain "'$*' does not come to show '$pattern'"
	done
}

cp "$1" "$folder/snet"
cp "$2" "$folder/faas_main"
cp "$3" "$folder/tls_api.py"
cp -r "$(dirname "$0")/../../examples" "$folder/examples"
mkdir "$folder/run" "$folder/state"
chmod -R a+rX "$folder"
unset CURL_CA_BUNDLE SSL_CERT_FILE
export HOME=$folder XDG_RUNTIME_DIR=$folder/run XDG_STATE_HOME=$folder/state LC_ALL=C.UTF-8
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

# The example, with another url.
write_lab() { # URL
	sed -e "s|https://ow.example:443|$1|" -e "s|~/.wskprops|$key|" \
		-e 's|db.example:5432|127.0.0.1:1|' "$folder/examples/gateway.json" \
		>"$folder/lab.json"
	chmod a+r "$folder/lab.json"
	grep -q "$1" "$folder/lab.json" || complain "the example is not what it was"
}

up() { # URL
	write_lab "$1"
	run_snet up "$folder/lab.json" >"$folder/stdout" 2>&1 || complain "$(cat "$folder/stdout")"
}

press() {
	run_snet press sw0 --wait >"$folder/stdout" 2>&1 ||
		complain "$1: $(cat "$folder/stdout")"
	grep -q '^sw0 ─ r0 ─ flip_switch@cloud ─ r0 ─ a0: 0 → 1 ' "$folder/stdout" ||
		complain "$1: $(cat "$folder/stdout")"
}

count() { # NAME
	run_snet status --json | sed -n "s/.*\"$1\": *\([0-9]*\).*/\1/p"
}

play() { # URL
	up "$1"
	press "$1"
	[ "$(count total) $(count failed)" = "1 0" ] || complain "counts: $(run_snet status --json)"
	[ "$(count in_bytes)" -gt 100 ] || complain "bytes: $(run_snet status --json)"
	# What leads nowhere is a connection that breaks, and is told.
	run_snet exec r0 -- curl -s "http://gw0:5432/" && complain "a server that is nowhere answers"
	await "^failed: 10\.0\.0\.[0-9]*:[0-9]* to '127.0.0.1:1' at port 5432: Connection refused$" \
		run_snet logs gw0
	run_snet down >/dev/null
}

play_all() {
	play "$url"
	play "http://localhost:${url##*:}"
}

# The names and the certificate authorities of a mount namespace of its own.
play_tls() {
	mount --bind "$folder/hosts" /etc/hosts
	up "https://ow.example:$tls_port"
	run_snet press sw0 --wait >"$folder/stdout" 2>&1 && complain "anybody is trusted"
	grep -q "(SSL_CERT_FILE names other authorities, 'insecure' skips" "$folder/stdout" ||
		complain "untrusted: $(cat "$folder/stdout")"
	run_snet down >/dev/null
	for variable in SSL_CERT_FILE CURL_CA_BUNDLE; do
		export "$variable=$folder/cert.pem"
		up "https://ow.example:$tls_port"
		unset "$variable"
		press "$variable"
		run_snet down >/dev/null
	done
	mount --bind "$folder/cert.pem" /etc/ssl/certs/ca-certificates.crt
	up "https://ow.example:$tls_port"
	press ow.example
	run_snet down >/dev/null
	up "https://other.example:$tls_port"
	run_snet press sw0 --wait >"$folder/stdout" 2>&1 && complain "other.example is trusted"
	grep -q "other.example" "$folder/stdout" && grep -qi "certificate" "$folder/stdout" ||
		complain "other.example: $(cat "$folder/stdout")"
	run_snet down >/dev/null
}

start_tls() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
		-subj /CN=ow.example -addext subjectAltName=DNS:ow.example \
		-keyout "$folder/key.pem" -out "$folder/cert.pem" 2>/dev/null || return 1
	printf '127.0.0.1 localhost ow.example other.example\n' >"$folder/hosts"
	chmod a+r "$folder/cert.pem" "$folder/hosts"
	mkfifo "$folder/tls"
	python3 "$folder/tls_api.py" "$folder/cert.pem" "$folder/key.pem" >"$folder/tls" \
		2>/dev/null 3>&- &
	tls_pid=$!
	pids+=("$tls_pid")
	read -r tls_port <"$folder/tls"
}

tls_port=
if [ -e /etc/ssl/certs/ca-certificates.crt ] && command -v openssl >/dev/null &&
	command -v python3 >/dev/null; then
	start_tls || complain "no certificate"
fi

play_tls_apart() {
	if [ -z "$tls_port" ]; then
		echo "skipped: tls: openssl(1) or /etc/ssl/certs/ca-certificates.crt is not there" >&2
		return 0
	fi
	export -f run_snet complain write_lab up press play_tls
	export folder key tls_port
	"$@" bash -euc "as=(${as[*]}); play_tls" || exit 1
}

played=0
if unshare --net true 2>/dev/null; then
	play_all
	play_tls_apart unshare --mount
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
	if [ "$(id -u)" = 0 ]; then
		play_tls_apart unshare --mount
	else
		play_tls_apart unshare --user --map-root-user --mount
	fi
	played=1
fi
[ $played = 1 ] || exit 77
