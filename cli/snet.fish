# SPDX-License-Identifier: MIT
# fish completion for snet(1).

# The command and its arguments, without options.
function __snet_arguments
    set -l value
    for word in (commandline -opc)[2..]
        if test -n "$value"
            set value
        else if contains -- $word --lab --dir
            set value yes
        else if not string match -q -- '-*' $word
            echo $word
        end
    end
end

# Whether the command is one of these; without any, whether there is none yet.
function __snet_is
    set -l arguments (__snet_arguments)
    if set -q argv[1]
        contains -- "$arguments[1]" $argv
    else
        not set -q arguments[1]
    end
end

function __snet_commands
    snet help 2>/dev/null | string replace -rf '^  ([a-z]+) .*' '$1'
end

function __snet_labs
    snet ls --json 2>/dev/null | string match -arg '"lab":"([^"]*)"'
end

# Of the lab that is named before.
function __snet_status
    set -l words (commandline -opc)
    set -l lab
    if set -l at (contains -i -- --lab $words)
        set lab $words[$at..(math $at + 1)]
    end
    snet status --json $lab 2>/dev/null
end

function __snet_nodes
    __snet_status | string match -arg '\{"name":"([^"]*)","kind"'
end

# In these nothing lives that could be started again.
function __snet_restartable
    __snet_status | string match -arg '\{"name":"([^"]*)","kind":"(?!(?:switch|host|router)")'
end

function __snet_links
    __snet_status | string match -arg '\{"name":"([^"]*)","from"'
end

function __snet_options
    set -l arguments (__snet_arguments) ls
    snet help $arguments[1] 2>/dev/null | string replace -rf '^  (--[a-z-]+).*' '$1'
end

# What the first argument of a command can be, the value of one of its options, or a KEY.
function __snet_list
    snet help $argv[1] 2>/dev/null | string replace -rf '^  ([a-z]+)  .*' '$1'
end

function __snet_choices
    snet help $argv[1] 2>/dev/null | string replace -rf "^  --$argv[2] (\\S*\\|\\S*).*" '$1' | string split '|'
end

function __snet_keys
    snet help $argv[1] 2>/dev/null | string replace -rf '^  KEY +' '' | string split ' ' | string replace -r '$' =
end

# "set" and others, then links, then what is set.
function __snet_link
    set -l arguments (__snet_arguments)
    if test (count $arguments) -eq 1
        __snet_list link
    else if test (count $arguments) -eq 2 -o $arguments[2] != set
        __snet_links
    else
        __snet_keys link
    end
end

# What follows the node is a program of its own, with its options.
function __snet_in_program
    set -l arguments (__snet_arguments)
    test (count $arguments) -ge 2 -a "$arguments[1]" = exec; or return
    test (count $arguments) -gt 2; or not string match -q -- '-*' (commandline -ct)
end

function __snet_program
    set -l arguments (__snet_arguments)
    __fish_complete_subcommand --fcs-skip=(contains -i -- $arguments[2] (commandline -opc))
end

complete -c snet -f
complete -c snet -n __snet_in_program -a '(__snet_program)'
complete -c snet -n __snet_is -a '(__snet_commands)'
complete -c snet -n 'not __snet_in_program' -a '(__snet_options)'
complete -c snet -n 'not __snet_in_program; and contains -- --lab (__snet_options)' -l lab -x -a '(__snet_labs)'
complete -c snet -n '__snet_is up apply add run explore graph' -k -a '(__fish_complete_suffix .json)'
complete -c snet -n '__snet_is down save graph' -a '(__snet_labs)'
complete -c snet -n '__snet_is press logs rm' -a '(__snet_nodes)'
complete -c snet -n '__snet_is exec; and not __snet_in_program' -a '(__snet_nodes)'
complete -c snet -n '__snet_is restart' -a '(__snet_restartable)'
complete -c snet -n '__snet_is capture' -a '(__snet_links) (__snet_nodes)'
complete -c snet -n '__snet_is help' -a '(__snet_commands)'
complete -c snet -n '__snet_is topo' -a '(__snet_list topo)'
complete -c snet -n '__snet_is capture topo run explore' -s o -l output -r -F
complete -c snet -n '__snet_is fn' -a 'list put get rm invoke'
complete -c snet -n '__snet_is link' -a '(__snet_link)'
complete -c snet -n '__snet_is link' -l dir -x -a '(__snet_choices link dir)'
complete -c snet -n '__snet_is graph' -l format -x -a '(__snet_choices graph format)'
complete -c snet -n '__snet_is calibrate' -l shaper -x -a '(__snet_choices calibrate shaper)'
