#compdef snet
# SPDX-License-Identifier: MIT
# zsh completion for snet(1).

local command previous=${words[CURRENT - 1]}
local -a found choices arguments lab
local -i i node=0

# The command and its arguments, without options.
for ((i = 2; i < CURRENT; i++)); do
	case $words[i] in
	--lab) lab=(--lab $words[++i]) ;;
	--dir) ((i++)) ;;
	-*) ;;
	*)
		arguments+=($words[i])
		(( $#arguments != 2 )) || node=i
		;;
	esac
done
command=$arguments[1]

# What follows the node is a program of its own, with its options.
if [[ $command == exec && $previous != --lab ]] && (( node )) &&
	[[ $#arguments -gt 2 || $words[CURRENT] != -* ]]; then
	shift $node words
	(( CURRENT -= node ))
	_normal
	return
fi

if [[ $words[CURRENT] == --*=* ]]; then
	previous=${words[CURRENT]%%=*}
	compset -P '*='
fi
[[ $previous != --* ]] || choices=(${(f)"$(snet help $command 2>/dev/null |
	sed -n "s/^  $previous \([a-z]*|[a-z|]*\).*/\1/p" | tr '|' '\n')"})

if [[ $previous == (--output|-o) ]]; then
	_files
	return
elif [[ $previous == --lab ]]; then
	found=(${(f)"$(snet ls --json 2>/dev/null | grep -o '"lab":"[^"]*"' | cut -d'"' -f4)"})
elif (( $#choices )); then
	found=($choices)
elif [[ $words[CURRENT] == -* ]]; then
	found=(${(f)"$(snet help ${command:-ls} 2>/dev/null | sed -n 's/^  \(--[a-z-]\{1,\}\).*/\1/p')"})
elif [[ ! $command ]]; then
	found=(${(f)"$(snet help 2>/dev/null | sed -n 's/^  \([a-z]\{1,\}\) .*/\1/p')"})
else
	case $command in
	up | apply | add | run | explore)
		_files -g '*.json'
		return
		;;
	down | save)
		found=(${(f)"$(snet ls --json 2>/dev/null | grep -o '"lab":"[^"]*"' | cut -d'"' -f4)"})
		;;
	press | exec | logs | rm)
		found=(${(f)"$(snet status --json $lab 2>/dev/null |
			grep -o '{"name":"[^"]*","kind"' | cut -d'"' -f4)"})
		;;
	restart) # in some nothing lives that could be started again
		found=(${(f)"$(snet status --json $lab 2>/dev/null |
			grep -o '{"name":"[^"]*","kind":"[^"]*"' | grep -Ev '"(switch|host|router)"$' | cut -d'"' -f4)"})
		;;
	capture)
		found=(${(f)"$(snet status --json $lab 2>/dev/null |
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
		if (( $#arguments == 1 )); then
			found=(${(f)"$(snet help link 2>/dev/null | sed -n 's/^  \([a-z]\{1,\}\)  .*/\1/p')"})
		elif (( $#arguments > 2 )) && [[ $arguments[2] == set ]]; then
			found=(${=$(snet help link 2>/dev/null | sed -n 's/^  KEY  *//p')})
			compadd -S = -- $found
			return
		else
			found=(${(f)"$(snet status --json $lab 2>/dev/null |
				grep -o '{"name":"[^"]*","from"' | cut -d'"' -f4)"})
		fi
		;;
	esac
fi
compadd -- $found
