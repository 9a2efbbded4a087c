# SPDX-License-Identifier: MIT
# fish completion for snet(1).

function __snet_commands
    snet help 2>/dev/null | string replace -rf '^  ([a-z]+) .*' '$1'
end

function __snet_labs
    snet ls --json 2>/dev/null | string match -arg '"lab":"([^"]*)"'
end

function __snet_nodes
    snet status --json 2>/dev/null | string match -arg '\{"name":"([^"]*)","kind"'
end

function __snet_links
    snet status --json 2>/dev/null | string match -arg '\{"name":"([^"]*)","from"'
end

function __snet_options
    set -l words (commandline -opc)
    snet help $words[2] 2>/dev/null | string replace -rf '^  (--[a-z]+)\S*.*' '$1'
end

function __snet_topologies
    snet help topo 2>/dev/null | string replace -rf '^  ([a-z]+)  .*' '$1'
end

complete -c snet -f
complete -c snet -n __fish_use_subcommand -a '(__snet_commands)'
complete -c snet -n 'not __fish_use_subcommand' -a '(__snet_options)'
complete -c snet -l lab -x -a '(__snet_labs)'
complete -c snet -n '__fish_seen_subcommand_from up apply add run explore graph' -k \
    -a '(__fish_complete_suffix .json)'
complete -c snet -n '__fish_seen_subcommand_from down save graph' -a '(__snet_labs)'
complete -c snet -n '__fish_seen_subcommand_from press exec logs rm restart' -a '(__snet_nodes)'
complete -c snet -n '__fish_seen_subcommand_from capture' -a '(__snet_links) (__snet_nodes)'
complete -c snet -n '__fish_seen_subcommand_from help' -a '(__snet_commands)'
complete -c snet -n '__fish_seen_subcommand_from topo' -a '(__snet_topologies)'
complete -c snet -n '__fish_seen_subcommand_from capture topo run explore' -s o -l output -r -F
complete -c snet -n '__fish_seen_subcommand_from fn' -a 'list put get rm invoke'
complete -c snet -n '__fish_seen_subcommand_from link' -a 'show set down up flap'
complete -c snet -n '__fish_seen_subcommand_from link' -a '(__snet_links)'
