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
$ complete_words restart ''
> r0 sw0 sw1 sw2 a0 a1 a2 t0 cloud
$ (snet() { printf '{"name":"%s","kind":"%s"}' h host r router p process; }; complete_words restart '')
> p
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
$ complete_words add --
> --dry-run --lab --json --help
$ complete_words exec sw0 mapfil; complete_words exec sw0 -- mapfil; complete_words --lab house exec sw0 --lab ''
> mapfile
> mapfile
> house
$ complete_words exec sw0 --l; complete_words exec sw0 ls --; complete_words exec sw0 ls --lab
> --lab
> 
> 
$ complete_words topo c
> campus city
$ complete_words topo --f
> --fanout --force
$ complete_words help wa
> watch
$ complete_words topo ''
> star tree ring mesh linear campus city
$ complete_words graph --format ''
> dot mermaid svg
$ complete_words graph --format = s
> svg
$ complete_words calibrate --shaper ''
> netem user
$ complete_words link ''
> show set down up flap
$ complete_words link set sw
> sw0-s1 sw1-s1 sw2-s1
$ complete_words link set sw0-s1 d
> delay= distribution= delay_correlation= duplicate= duplicate_correlation= decisions= down=
$ complete_words link set --dir back sw0-s1 delay=1ms loss
> loss= loss_correlation=
$ complete_words link set sw0-s1 delay =
> 

What a format, a shaper or a direction can be is what is told to who asks for another.
$ snet graph --format gif 2>&1 | head -n 1
> snet: unknown format 'gif': there are dot, mermaid and svg
$ snet calibrate --shaper tc 2>&1 | head -n 1
> snet: unknown shaper 'tc': there are netem and user
$ snet link show --dir aside 2>&1 | head -n 1
> snet: --dir aside is no direction: forth or back
