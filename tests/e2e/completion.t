bash completes commands, options, and the names in the labs that run.
$ fake_lab house
$ source $completion
$ complete_words() { COMP_WORDS=(snet "$@") COMP_CWORD=$#; _snet; echo "${COMPREPLY[@]}"; }
$ complete_words s
> status
$ complete_words press ''
> s1 r0 sw0 sw1 sw2 a0 a1 a2 t0 cloud
$ complete_words press sw
> sw0 sw1 sw2
$ complete_words --lab house exec a
> a0 a1 a2
$ complete_words --lab ''
> house
$ complete_words down h
> house
$ complete_words up --
> --name --foreground --resume --lab --json --help
$ complete_words help wa
> watch
