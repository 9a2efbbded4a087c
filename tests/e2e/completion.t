bash completes commands, options, and the names in the labs that run.
$ fake_lab house
$ source $completion
$ complete_words() { COMP_WORDS=(snet "$@") COMP_CWORD=$#; _snet; echo "${COMPREPLY[@]}"; }
$ complete_words s
> status save
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
$ complete_words rm sw0 t
> t0
$ complete_words restart a
> a0 a1 a2
$ complete_words capture sw1
> sw1-s1 sw1
$ complete_words save ''
> house
$ touch home.json; complete_words graph h; rm home.json
> house home.json
$ mkdir homes; touch home.json home.txt; complete_words run h; complete_words explore home.; rm -r home*
> homes home.json
> home.json
$ complete_words run --re
> --repeat
$ complete_words explore --pa
> --pairs --parallel
$ complete_words up --
> --name --foreground --resume --lab --json --help
$ complete_words topo c
> campus city
$ complete_words topo --f
> --fanout --force
$ complete_words help wa
> watch
