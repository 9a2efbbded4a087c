What was generated comes up, from a pipe, and its buttons toggle actuators.
Needs namespaces.
$ snet topo star --devices 5 | snet up - | sed 's/in [0-9.]* s$/in TIME/'
> lab 'star' is up: 8 nodes, 7 links in TIME
$ snet press b1 --wait | sed -n 's/  *[0-9.]* .s$//; 1p'
> b1 ─ r0 ─ flip@cloud ─ r0 ─ a1: 0 → 1
$ snet status --json | grep -o '"name":"a1"[^}]*"state":1' | wc -l
> 1
$ snet down
> lab 'star' is down

A device takes one descriptor.
$ snet topo star --devices 500 --name many -o many.json
$ (ulimit -n 800; snet up many.json) | sed 's/in [0-9.]* s$/in TIME/'
> lab 'many' is up: 503 nodes, 502 links in TIME
$ snet press b249 --wait | sed -n 's/  *[0-9.]* .s$//; 1p'
> b249 ─ r0 ─ flip@cloud ─ r0 ─ a249: 0 → 1
$ snet down
> lab 'many' is down
$ (ulimit -n 600; snet up many.json)
! snet: cannot bring up lab 'many': needs 764 open files, but at most 600 are allowed (raise the limit: 'ulimit -Hn 764' as root)
? 1

Topologies.
$ snet topo linear --devices 6 --fanout 2 --name chain | snet up - | sed 's/in [0-9.]* s$/in TIME/'
> lab 'chain' is up: 11 nodes, 10 links in TIME
$ snet press s2b0 --wait | sed -n 's/  *[0-9.]* .s$//; 1p'
> s2b0 ─ r0 ─ flip@cloud ─ r0 ─ s2a0: 0 → 1
$ snet down
> lab 'chain' is down
$ snet topo ring --devices 12 --fanout 4 | snet up - | sed 's/in [0-9.]* s$/in TIME/'
> lab 'ring' is up: 17 nodes, 17 links in TIME
$ snet press s2b0 --wait | sed -n 's/  *[0-9.]* .s$//; 1p'
> s2b0 ─ r0 ─ flip@cloud ─ r0 ─ s2a0: 0 → 1
$ snet down
> lab 'ring' is down
$ snet topo mesh --devices 12 --fanout 4 | snet up - | sed 's/in [0-9.]* s$/in TIME/'
> lab 'mesh' is up: 22 nodes, 22 links in TIME
$ snet press s2b0 --wait | sed -n 's/  *[0-9.]* .s$//; 1p'
> s2b0 ─ r2 ─ flip@cloud ─ r2 ─ s2a0: 0 → 1
$ snet down
> lab 'mesh' is down
$ snet topo campus --devices 40 --fanout 8 --seed 5 | snet up - | sed 's/in [0-9.]* s$/in TIME/'
> lab 'campus' is up: 53 nodes, 54 links in TIME
$ snet press h1f1b1 --wait | sed -n 's/  *[0-9.]* .s$//; 1p'
> h1f1b1 ─ h1r ─ flip@cloud ─ h1r ─ h1f1a1: 0 → 1
$ snet down
> lab 'campus' is down
$ snet topo city --devices 120 --fanout 4 --seed 3 | snet up - | sed 's/in [0-9.]* s$/in TIME/'
> lab 'city' is up: 182 nodes, 182 links in TIME
$ snet press d2h1f2b0 --wait | sed -n 's/  *[0-9.]* .s$//; 1p'
> d2h1f2b0 ─ d2r ─ flip@cloud ─ d2r ─ d2h1f2a0: 0 → 1
$ snet down
> lab 'city' is down

A lab with a link that is down comes up, and so does what is saved of it. Nobody waits for devices that cannot register.
$ snet topo star --devices 4 | snet up - | sed 's/in [0-9.]* s$/in TIME/'
> lab 'star' is up: 7 nodes, 6 links in TIME
$ snet link set b0-s0 down=true >/dev/null; snet save -o down.json; snet down
> lab 'star' is down
$ snet up down.json | sed 's/in [0-9.]* s$/in TIME/'
> lab 'star' is up: 7 nodes, 6 links in TIME
! snet: warning: 'b0' cannot register: each way to its relayer is down
$ snet restart b0
> b0 has begun anew
! snet: warning: 'b0' cannot register: each way to its relayer is down
$ snet press b1 --wait | sed -n 's/  *[0-9.]* .s$//; 1p'
> b1 ─ r0 ─ flip@cloud ─ r0 ─ a1: 0 → 1
Once the link is up it registers at once.
$ snet link set b0-s0 down=false
> ~ link b0-s0: shaper auto → user, down true → none
> 1 changed
$ snet press b0 --wait | sed -n 's/  *[0-9.]* .s$//; 1p'
> b0 ─ r0 ─ flip@cloud ─ r0 ─ a0: 0 → 1
$ snet down
> lab 'star' is down
$ snet topo star --devices 602 | sed 's/"b{i}", "to": "s0",/& "down": true,/' | snet up - | sed 's/in [0-9.]* s$/in TIME/'
> lab 'star' is up: 605 nodes, 604 links in TIME
! snet: warning: 'b0', 'b1', 'b2' and 298 more cannot register: each way to their relayer is down
$ snet down
> lab 'star' is down

Relative paths are relative to the current folder then; a lab without a name has one.
$ mkdir functions; echo 'function main() { return {}; }' >functions/flip.js
$ snet topo star --devices 2 | sed -e 's|"kind": "nodejs:default",|"file": "functions/flip.js"}|; /"code"/d; /"lab"/d' >one.json; grep flip.js one.json
>       "flip": {"file": "functions/flip.js"}
$ snet up - <one.json | sed 's/in [0-9.]* s$/in TIME/'
> lab 'lab' is up: 5 nodes, 4 links in TIME
$ snet press b0 --wait | sed -n 's/  *[0-9.]* .s$//; 1p'
> b0 ─ r0 ─ flip@cloud ─ r0
$ snet down
> lab 'lab' is down
$ ln -s one.json two.json; for file in one two; do snet up $file.json | sed 's/in [0-9.]* s$/in TIME/'; done
> lab 'one' is up: 5 nodes, 4 links in TIME
> lab 'two' is up: 5 nodes, 4 links in TIME
$ snet graph one.json | head -n 1
> graph "one" {
$ snet down --all
> lab 'one' is down
> lab 'two' is down
