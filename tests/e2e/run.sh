#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs the commands of a transcript and compares what they do with what it says.
#
# usage: run.sh SNET TRANSCRIPT [--update]
#
# In a transcript, "$ COMMAND" is run by bash; what it prints follows, "> " before each line of
# stdout, "! " before each of stderr, and "? CODE" unless the exit code is 0. Other lines are
# comments. With --update the transcript is written anew from what happens: read the diff.
#
# Commands find snet in PATH, an empty folder as the working directory, no labs, and these:
#   fake_lab NAME [ARG ...]   answer for a lab NAME, see tests/lib/fake_api.py
#   pair LAB [KEYS]           write lab.json: hosts a and b at a switch s, KEYS at the link a-s
#   await COMMAND             repeat it until it succeeds, a minute at most
# A transcript with the line "Needs namespaces." is skipped where labs cannot run, one with "Needs
# zsh." where that is not installed.
set -u

snet=$(realpath "$1") transcript=$(realpath "$2") update=${3-}
here=$(dirname "$(realpath "$0")")
folder=$(mktemp -d)
pids=()

clean_up() {
	for pid in ${pids[@]+"${pids[@]}"}; do
		kill "$pid" 2>/dev/null
	done
	wait ${pids[@]+"${pids[@]}"} 2>/dev/null
	snet down --all >/dev/null 2>&1
	rm -rf "$folder"
}
trap clean_up EXIT

fake_lab() {
	local name=$1 line
	shift
	mkdir -p "$XDG_RUNTIME_DIR/snet"
	mkfifo "$folder/ready"
	python3 "$here/../lib/fake_api.py" "$XDG_RUNTIME_DIR/snet/$name.sock" "$@" \
		>"$folder/ready" 2>/dev/null &
	pids+=($!)
	read -r line <"$folder/ready"
	rm "$folder/ready"
}

pair() {
	printf '{"lab": "%s", "nodes": [{"name": "s", "kind": "switch"},' "$1"
	printf '{"name": "a", "kind": "host"}, {"name": "b", "kind": "host"}],\n'
	printf '"links": [{"from": "a", "to": "s"%s}, {"from": "b", "to": "s"}]}\n' \
		"${2:+, $2}"
} >lab.json

await() {
	local end=$((SECONDS + 60))
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
	done
}

mkdir -p "$folder/bin" "$folder/run" "$folder/home" "$folder/work"
ln -s "$snet" "$folder/bin/snet"
export PATH="$folder/bin:$PATH" HOME="$folder/home" XDG_RUNTIME_DIR="$folder/run"
export XDG_STATE_HOME="$folder/home/state" LC_ALL=C.UTF-8 COLUMNS=80 TERM=dumb
export examples=$(realpath "$here/../../examples")
export completion=$(realpath "$here/../../cli/snet.bash-completion")
export zsh_offers=$(realpath "$here/zsh_offers.zsh")
unset NO_COLOR
for need in $(sed -n 's/^Needs \([a-z]*\)\.$/\1/p' "$transcript"); do
	if [ "$need" = namespaces ]; then
		snet doctor >/dev/null && continue
		echo "labs cannot run here"
	else
		command -v "$need" >/dev/null && continue
		echo "there is no $need"
	fi
	exit 77
done
cd "$folder/work" || exit 1

play() {
	local line code
	while IFS= read -r line; do
		case $line in
		'$ '*)
			printf '%s\n' "$line"
			# Not in a subshell: what it starts is ended by us.
			eval "${line#??}" >"$folder/stdout" 2>"$folder/stderr" </dev/null
			code=$?
			sed -e "s|$folder|FOLDER|g" -e 's/^/> /' -e '$a\' "$folder/stdout"
			sed -e "s|$folder|FOLDER|g" -e 's/^/! /' -e '$a\' "$folder/stderr"
			[ $code = 0 ] || printf '? %s\n' $code
			;;
		'> '* | '! '* | '? '* | '>' | '!') ;;
		*) printf '%s\n' "$line" ;;
		esac
	done
}

play <"$transcript" >"$folder/actual"
if [ "$update" = --update ]; then
	cp "$folder/actual" "$transcript"
	exit 0
fi
diff -u --label expected --label actual "$transcript" "$folder/actual"
