fish completes as bash does.
Needs fish.
$ fake_lab house; mkdir homes; touch home.json home.txt
$ offers() { fish --no-config -c "source ${completion%/*}/snet.fish; complete -C 'snet $1'" | cut -f 1 | paste -s -d " "; }
$ offers 's'
> save status
$ offers 'press sw'
> sw0 sw1 sw2
$ offers '--lab house exec a'
> a0 a1 a2
$ offers 'exec --lab house a'
> a0 a1 a2
$ offers '--lab '
> house
$ offers 'down h'
> house
$ offers 'rm sw0 t'
> t0
$ offers 'restart '
> a0 a1 a2 cloud r0 sw0 sw1 sw2 t0 --fresh --help --json --lab
$ offers 'capture sw1'
> sw1 sw1-s1
$ offers 'save '
> house --addresses --force --help --lab --output --states
$ offers 'graph h'
> home.json homes/ home.txt house
$ offers 'up h'
> home.json homes/ home.txt
$ offers 'run --re'
> --repeat
$ offers 'up --'
> --foreground --help --json --lab --name --resume
$ offers '--lab house press --w'
> --wait
$ offers 'exec sw0 mkfif'
> mkfifo
$ offers 'exec --lab house sw0 mkfif'
> mkfifo
$ offers 'exec sw0 --l'
> --lab
$ offers 'topo c'
> campus city
$ offers 'graph --format '
> dot mermaid svg
$ offers 'graph --format=s'
> --format=svg
$ offers 'calibrate --shaper '
> netem user
$ offers 'link '
> down flap set show up --count --dir --down --dry-run --help --json --lab --up
$ offers 'link set sw'
> sw0-s1 sw1-s1 sw2-s1
$ offers 'link set sw0-s1 d'
> decisions= delay= delay_correlation= distribution= down= duplicate= duplicate_correlation=
$ offers 'link set --dir back sw0-s1 loss'
> loss= loss_correlation=
$ offers 'link set --dir '
> back forth
$ offers 'link set sw0-s1 delay='
> delay=
