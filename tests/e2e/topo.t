Lab files of common shapes; a usage error names the option, its range and where to read on.
$ snet topo star --devices 5 --seed 7
> {
>   "lab": "star",
>   "seed": 7,
>   "nodes": [
>     {"name": "s0", "kind": "switch"},
>     {"name": "r0", "kind": "relayer", "routes": [{"function": "flip"}]},
>     {"name": "cloud", "kind": "functions",
>      "functions": {
>       "flip": {"kind": "nodejs:default",
>        "code": "function main({ data }) { return data && data.target ? { target: data.target } : {}; }"}
>     }},
>     {"name": "b{i}", "kind": "button", "count": 2, "relayer": "r0", "data": {"target": "a{i}"}},
>     {"name": "a{i}", "kind": "actuator", "count": 3, "relayer": "r0"}
>   ],
>   "links": [
>     {"from": "r0", "to": "s0"},
>     {"from": "cloud", "to": "s0"},
>     {"from": "b{i}", "to": "s0", "count": 2},
>     {"from": "a{i}", "to": "s0", "count": 3}
>   ],
>   "backends": {
>     "cloud": {"kind": "openwhisk", "node": "cloud"}
>   }
> }
$ snet topo tree --devices 6 --fanout 2 --sensors 20% --profiles --name wood | grep -e wood -e sensor
>   "lab": "wood",
>     {"name": "s1s1t0", "kind": "sensor", "relayer": "r0", "every": "60s",
$ for kind in star tree ring mesh linear campus city; do snet topo $kind --devices 1000 | head -n 2 | tail -n 1; done
>   "lab": "star",
>   "lab": "tree",
>   "lab": "ring",
>   "lab": "mesh",
>   "lab": "linear",
>   "lab": "campus",
>   "lab": "city",
$ snet topo city --seed 18446744073709551615 | cmp - <(snet topo city --seed 18446744073709551615)
$ snet topo
! snet: 'topo' needs TOPOLOGY
! try 'snet help topo'
? 2
$ snet topo rign
! snet: unknown topology 'rign', did you mean 'ring'?
! try 'snet help topo'
? 2
$ snet topo teapot
! snet: unknown topology 'teapot': there are star, tree, ring, mesh, linear, campus and city
! try 'snet help topo'
? 2
$ snet topo star tree
! snet: 'topo' takes no argument 'tree'
! try 'snet help topo'
? 2
$ snet topo star --devices 0
! snet: --devices 0 is out of range: 1 to 100000
! try 'snet help topo'
? 2
$ snet topo star --devices 100001
! snet: --devices 100001 is out of range: 1 to 100000
! try 'snet help topo'
? 2
$ snet topo star --devices=-1
! snet: --devices '-1' is no whole number
! try 'snet help topo'
? 2
$ snet topo tree --fanout 1
! snet: --fanout 1 is out of range: 2 to 500
! try 'snet help topo'
? 2
$ snet topo tree --seed 18446744073709551616
! snet: --seed 18446744073709551616 is out of range: 0 to 18446744073709551615
! try 'snet help topo'
? 2
$ snet topo star --sensors 101%
! snet: --sensors 101% is out of range: 0% to 100%
! try 'snet help topo'
? 2
$ snet topo star --sensors few
! snet: --sensors 'few' is no share such as 10%
! try 'snet help topo'
? 2
$ snet topo star --name 'my lab'
! snet: 'my lab' is no name for a lab
! try 'snet help topo'
? 2
$ snet topo star -p
! snet: unknown option '-p', did you mean '--profiles'?
! try 'snet help topo'
? 2
$ snet topo star -o
! snet: option '--output' needs a value, FILE
! try 'snet help topo'
? 2
$ snet topo star --force
! snet: --force means nothing without --output
! try 'snet help topo'
? 2

A file that is there is not replaced by mistake.
$ snet topo star -o star.json && wc -l star.json
> 23 star.json
$ snet topo star -ostar.json --seed 1
! snet: 'star.json' exists already; --force replaces it
? 1
$ grep seed star.json
? 1
$ snet topo star --output=star.json --force --seed 1 && grep seed star.json && ls
>   "seed": 1,
> star.json
$ snet topo star -o nowhere/star.json
! snet: cannot write 'nowhere/star.json': No such file or directory
? 1
$ snet topo star >/dev/full
! snet: cannot write the output: No space left on device
? 1
