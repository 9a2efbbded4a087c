zsh completes as bash does, for who types at a terminal.
Needs zsh.
$ fake_lab house; mkdir functions homes; cp ${completion%/*}/snet.zsh functions/_snet; touch home.json home.txt
$ offers() { echo "$1: "$(zsh -f $zsh_offers $PWD/functions "snet $1"); }
$ offers 's'
> s: save status
$ offers 'press sw'
> press sw: sw0 sw1 sw2
$ offers '--lab house exec a'
> --lab house exec a: a0 a1 a2
$ offers 'exec --lab house a'
> exec --lab house a: a0 a1 a2
$ offers '--lab '
> --lab : house
$ offers 'down h'
> down h: house
$ offers 'rm sw0 t'
> rm sw0 t: t0
$ offers 'restart '
> restart : a0 a1 a2 cloud r0 sw0 sw1 sw2 t0
$ offers 'capture sw1'
> capture sw1: sw1 sw1-s1
$ offers 'save '
> save : house
$ offers 'graph h'
> graph h: home.json home.txt homes house
$ offers 'up h'
> up h: home.json homes
$ offers 'run --re'
> run --re: --repeat
$ offers 'up --'
> up --: --foreground --help --json --lab --name --resume
$ offers '--lab house press --w'
> --lab house press --w: --wait
$ offers 'exec sw0 mkfif'
> exec sw0 mkfif: mkfifo
$ offers 'exec --lab house sw0 mkfif'
> exec --lab house sw0 mkfif: mkfifo
$ offers 'exec sw0 --l'
> exec sw0 --l: --lab
$ offers 'topo c'
> topo c: campus city
$ offers 'graph --format '
> graph --format : dot mermaid svg
$ offers 'graph --format=s'
> graph --format=s: svg
$ offers 'calibrate --shaper '
> calibrate --shaper : netem user
$ offers 'link '
> link : down flap set show up
$ offers 'link set sw'
> link set sw: sw0-s1 sw1-s1 sw2-s1
$ offers 'link set sw0-s1 d'
> link set sw0-s1 d: decisions delay delay_correlation distribution down duplicate duplicate_correlation
$ offers 'link set --dir back sw0-s1 loss'
> link set --dir back sw0-s1 loss: loss loss_correlation
$ offers 'link set --dir '
> link set --dir : back forth
$ offers 'link set sw0-s1 delay='
> link set sw0-s1 delay=: 
