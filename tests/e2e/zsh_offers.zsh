# SPDX-License-Identifier: MIT
# usage: zsh -f zsh_offers.zsh FOLDER LINE ...
# What zsh offers for each LINE with the completion functions in FOLDER, one line for each. It does so
# for who types at a terminal only.
zmodload zsh/zpty
out=$(mktemp)
zpty typed zsh -f -i
zpty -w typed "fpath=($1 \$fpath) out=$out; autoload -U compinit; compinit -u -D"
zpty -w typed 'compadd() {
	local -a hits
	[[ ${@[1,(i)--]} == *-[OAD]* ]] || builtin compadd -A hits "$@"
	(( ! $#hits )) || print -rn -- "$hits " >>$out
	builtin compadd "$@"
}
offer() { _main_complete; compstate[insert]= compstate[list]=; print >>$out; }
zle -C offer complete-word offer; bindkey "^X" offer'
shift
for line; do
	: >$out
	zpty -w -n typed $'\C-u'$line$'\C-x'
	for ((i = 0; i < 1000; i++)) do
		[[ $(wc -l <$out) == 0 ]] || break
		zpty -r -t typed got || sleep .02
	done
	print -r -- ${(o)${=$(<$out)}}
done
zpty -d typed
rm $out
