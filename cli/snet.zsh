#compdef snet
# SPDX-License-Identifier: MIT
# zsh completion for snet(1).

local command=${words[2]} previous=${words[CURRENT - 1]}
local -a found

if [[ $previous == (--output|-o) ]]; then
	_files
	return
elif [[ $previous == --lab ]]; then
	found=(${(f)"$(snet ls --json 2>/dev/null | grep -o '"lab":"[^"]*"' | cut -d'"' -f4)"})
elif (( CURRENT == 2 )); then
	found=(${(f)"$(snet help 2>/dev/null | sed -n 's/^  \([a-z]\{1,\}\) .*/\1/p')"})
elif [[ $words[CURRENT] == -* ]]; then
	found=(${(f)"$(snet help $command 2>/dev/null | sed -n 's/^  \(--[a-z]\{1,\}\).*/\1/p')"})
else
	case $command in
	up | apply | add | run | explore)
		_files -g '*.json'
		return
		;;
	down | save)
		found=(${(f)"$(snet ls --json 2>/dev/null | grep -o '"lab":"[^"]*"' | cut -d'"' -f4)"})
		;;
	press | exec | logs | rm | restart)
		found=(${(f)"$(snet status --json 2>/dev/null |
			grep -o '{"name":"[^"]*","kind"' | cut -d'"' -f4)"})
		;;
	capture)
		found=(${(f)"$(snet status --json 2>/dev/null |
			grep -o '{"name":"[^"]*","\(from\|kind\)"' | cut -d'"' -f4)"})
		;;
	graph)
		_files
		found=(${(f)"$(snet ls --json 2>/dev/null | grep -o '"lab":"[^"]*"' | cut -d'"' -f4)"})
		;;
	help)
		found=(${(f)"$(snet help 2>/dev/null | sed -n 's/^  \([a-z]\{1,\}\) .*/\1/p')"})
		;;
	topo) found=(${(f)"$(snet help topo 2>/dev/null | sed -n 's/^  \([a-z]\{1,\}\)  .*/\1/p')"}) ;;
	fn) found=(list put get rm invoke) ;;
	link)
		if [[ $previous == link ]]; then
			found=(show set down up flap)
		else
			found=(${(f)"$(snet status --json 2>/dev/null |
				grep -o '{"name":"[^"]*","from"' | cut -d'"' -f4)"})
		fi
		;;
	esac
fi
compadd -- $found
