A real lab, from up to down.
Needs namespaces.
$ snet up $examples/house.json | sed 's/in [0-9.]* s$/in TIME/'
> lab 'house' is up: 9 nodes, 8 links in TIME
$ snet ls | sed -n 's/  *[0-9]\{2,\}  */  PID  /; s/  20.*/  SINCE/p'
> house  PID  9      8      SINCE
$ snet status | head -n 5
> NODE   KIND       ADDRESS   RELAYER  STATE
> s1     switch     -         -        -
> r0     relayer    10.0.0.1  -        -
> sw0    button     10.0.0.2  r0       -
> sw1    button     10.0.0.3  r0       -
$ snet press sw0 --wait | sed -n 's/  *[0-9.]* .s$//; 1p'
> sw0 ─ r0 ─ flip_switch@cloud ─ r0 ─ a0: 0 → 1
$ snet press sw0 --wait --data '{"target": "a2"}' | sed -n 's/  *[0-9.]* .s$//; 1p'
> sw0 ─ r0 ─ flip_switch@cloud ─ r0 ─ a2: 0 → 1
$ snet press sw1 | sed 's/event .*/event ID/'
> sw1 pressed, event ID
$ await sh -c "snet status --json | grep -q '\"name\":\"a1\"[^}]*\"state\":1'"
$ snet status | grep actuator
> a0     actuator   10.0.0.5  r0       1
> a1     actuator   10.0.0.6  r0       1
> a2     actuator   10.0.0.7  r0       1
$ snet events | cut -c 26-46,62-
> sw0           press  -1  {"target":"a0"}
> sw0           press  -2  {"target":"a2"}
> sw1           press  -1  {"target":"a1"}
$ snet trace $(snet events --json | head -n 1 | sed 's/.*"id":"\([^"]*\)".*/\1/') --json | grep -o '"step":"[a-z]*"' | tr '\n' ' '; echo
> "step":"pressed" "step":"received" "step":"journaled" "step":"invoked" "step":"started" "step":"ended" "step":"result" "step":"sent" "step":"applied" "step":"acknowledged" 
What is saved is the lab as it is now, and a file for the next one.
$ mkdir copy; cp -r $examples/functions copy; ln -s copy link
$ snet save --output saved.json; sed 's|"[^"]*/examples/|"../copy/|' saved.json >copy/house.json
$ snet up copy/house.json --name again | sed 's/in [0-9.]* s$/in TIME/'
> lab 'again' is up: 9 nodes, 8 links in TIME
$ snet press sw1 --wait --lab again >/dev/null
$ snet save again --states -o link/saved.json; cat copy/saved.json
> {
>   "lab": "again",
>   "seed": 42,
>   "nodes": [
>     {"name": "s1", "kind": "switch"},
>     {"name": "r0", "kind": "relayer",
>      "routes": [{"function": "flip_switch", "backend": "cloud"}]},
>     {"name": "sw{i}", "kind": "button", "count": 3, "relayer": "r0", "data": {"target": "a{i}"}},
>     {"name": "a0", "kind": "actuator", "relayer": "r0"},
>     {"name": "a1", "kind": "actuator", "relayer": "r0", "state": 1},
>     {"name": "a2", "kind": "actuator", "relayer": "r0"},
>     {"name": "cloud", "kind": "functions",
>      "functions": {"flip_switch": {"file": "functions/flip_switch.js"}}}
>   ],
>   "links": [
>     {"from": "r0", "to": "s1"},
>     {"from": "sw{i}", "to": "s1", "count": 3},
>     {"from": "a{i}", "to": "s1", "count": 3},
>     {"from": "cloud", "to": "s1"}
>   ],
>   "backends": {
>     "cloud": {"kind": "openwhisk", "node": "cloud"}
>   }
> }
$ snet down again; snet up copy/saved.json --name again | sed 's/in [0-9.]* s$/in TIME/'
> lab 'again' is down
> lab 'again' is up: 9 nodes, 8 links in TIME
$ snet status --lab again | grep actuator
> a0     actuator   10.0.0.5  r0       0
> a1     actuator   10.0.0.6  r0       1
> a2     actuator   10.0.0.7  r0       0
$ snet save again --output new.json; stat -c %a new.json; grep -o '"file": .*"' new.json
> 600
> "file": "copy/functions/flip_switch.js"
$ snet save again | tail -n 1 | wc -c
> 2
$ snet save again -o - | tail -n 1; snet graph again -o - | head -n 1; ls ./-
> }
> graph "again" {
! ls: cannot access './-': No such file or directory
? 2
$ snet save again --addresses | grep -o '"sw{i}".*10.0.0.{i+2}"'
> "sw{i}", "kind": "button", "count": 3, "address": "10.0.0.{i+2}"
$ snet save again --output nowhere/saved.json
! snet: cannot find the folder 'nowhere': No such file or directory
? 1
$ snet save again -o saved.json
! snet: 'saved.json' exists already; --force replaces it
? 1
$ snet save again -o saved.json --force
$ snet save again --force
! snet: --force means nothing without --output
! try 'snet help save'
? 2
$ snet save again --lab house
! snet: two labs are named, 'again' and 'house'
! try 'snet help save'
? 2
$ snet graph again | grep -e a1 -e dashed
> 	"a1" [color="#b24a34", fillcolor="#fadfd9", shape=box, style="filled,rounded", label=<a1<br/><font point-size="9" color="#5c6770">actuator, 1</font>>];
> 	"s1" -- "a1";
$ snet exec sw1 --lab again -- ip link set eth0 down
$ await sh -c "snet graph again --format mermaid | grep -q 'n0 -[.]- n3'"
$ snet graph again --format mermaid | grep -e n3 -e n0
>   n0["s1<br><small>switch</small>"]:::switch
>   n3(["sw1<br><small>button</small>"]):::button
>   n1 --- n0
>   n0 --- n2
>   n0 -.- n3
>   n0 --- n4
>   n0 --- n5
>   n0 --- n6
>   n0 --- n7
>   n8 --- n0
$ snet graph again -o again.mmd; head -n 1 again.mmd
> flowchart TB
$ snet graph $examples/house.json | sed -n '1p; $p'
> graph "house" {
> }
$ snet graph again -o again.mmd
! snet: 'again.mmd' exists already; --force replaces it
? 1
$ snet graph again --lab house
! snet: 'again' and --lab exclude each other
! try 'snet help graph'
? 2
$ snet graph nobody
! snet: no lab 'nobody' is running; running: 'again', 'house'
? 1
$ snet graph ./nobody
! snet: cannot open './nobody': No such file or directory
? 2
$ snet graph nobody.json
! snet: cannot open 'nobody.json': No such file or directory
? 2
$ printf '{"nodes": [{"kind": "hst"}], "links": 1}' | snet graph -
! snet: stdin:1:12: nodes[0].name: missing
! snet: stdin:1:21: nodes[0].kind: unknown kind 'hst', did you mean 'host'?
! snet: stdin:1:39: links: expected an array, got a number
? 2
$ snet graph --format mermaids
! snet: unknown format 'mermaids', did you mean 'mermaid'?
! try 'snet help graph'
? 2
$ snet graph again -o again.png; [ $? = 2 ] && [ ! -e again.png ] && echo none
> none
! snet: 'again.png' ends with no known format: --format names one
! try 'snet help graph'
$ mkdir v.1; snet graph again -o v.1/again; snet graph again --format dot -o v.1/again.txt; cmp v.1/*
$ snet down again
> lab 'again' is down
$ snet watch --once | head -n 5
>  house  9 nodes  8 links
>  ○ s1 switch   ○ r0 relayer   ○ cloud functions
> 
>  ○ sw0 ──▶ ● a0 1  ● a2 1       ○ sw1 ──▶ ● a1 1
>  ○ sw2
$ snet press sw0 --wait --data '{"target": "nobody"}' >/dev/null
? 1
$ snet fn list | sed -n 's/  .*//p'
> FUNCTION
> flip_switch
$ printf 'APIHOST=http://127.0.0.1:1\nAUTH=a:b\n' >~/.wskprops; snet fn list 2>&1 | grep -c 127.0.0.1; rm ~/.wskprops
> 1
$ snet exec sw0 -- sh -c 'getent ahostsv4 r0 | head -n 1; exit 3'
> 10.0.0.1        STREAM r0
? 3
$ snet up $examples/house.json 2>&1 | sed 's/process [0-9]*/process PID/'
> snet: lab 'house' is running already, as process PID; end it with 'snet down house', or choose another name with --name
$ snet up $examples/house.json --name two --json | sed 's/"pid":[0-9]*/"pid":PID/; s/"since":"[^"]*"/"since":TIME/'
> {"lab":"two","pid":PID,"nodes":9,"links":8,"since":TIME,"calibration":{"date":null,"unusable":null,"exceeded":[],"late":{"than_us":1000,"packets":0,"late":0,"starved":null}}}
$ snet down two
> lab 'two' is down
$ snet down
> lab 'house' is down
$ snet status --lab house | grep -e down -e actuator
> lab 'house' is down; this is how it was left
> a0     actuator   10.0.0.5  r0       1
> a1     actuator   10.0.0.6  r0       1
> a2     actuator   10.0.0.7  r0       1
$ snet events --lab house | wc -l
> 4

What a killed lab was told is not lost.
$ snet up $examples/house.json --resume >/dev/null && snet status | grep actuator
> a0     actuator   10.0.0.5  r0       1
> a1     actuator   10.0.0.6  r0       1
> a2     actuator   10.0.0.7  r0       1
$ kill -9 $(snet ls --json | sed 's/.*"pid":\([0-9]*\).*/\1/') && await sh -c '! test -e $XDG_RUNTIME_DIR/snet/house.sock'
$ snet ls
> LAB  PID  NODES  LINKS  SINCE
$ snet up $examples/house.json --resume >/dev/null && snet status | grep actuator
> a0     actuator   10.0.0.5  r0       1
> a1     actuator   10.0.0.6  r0       1
> a2     actuator   10.0.0.7  r0       1
$ snet down
> lab 'house' is down

In the foreground it ends with Ctrl-C, with SIGTERM, and with down.
$ snet up $examples/house.json --foreground >out & pid=$!; await snet status; kill -INT $pid; wait $pid
$ sed 's/in [0-9.]* s$/in TIME/' out
> lab 'house' is up: 9 nodes, 8 links in TIME
$ snet up $examples/house.json --foreground >out & pid=$!; await snet status; kill -TERM $pid; wait $pid
$ snet up $examples/house.json --foreground >out & pid=$!; await snet status; snet down; wait $pid
> lab 'house' is down
$ snet ls
> LAB  PID  NODES  LINKS  SINCE
$ ls $XDG_RUNTIME_DIR/snet

Nodes of a lab with IPv6 have addresses of both kinds; a router shows the first of each.
$ printf '{"lab": "six", "ipv6": true, "nodes": [{"name": "a", "kind": "host"}, {"name": "r", "kind": "router"}, {"name": "b", "kind": "host"}], "links": [{"from": "a", "to": "r"}, {"from": "r", "to": "b"}]}' | snet up - >/dev/null
$ snet status | head -n 4
> NODE  KIND    ADDRESS                  RELAYER  STATE
> a     host    10.0.0.1 fd00::a00:1     -        -
> r     router  10.0.0.2 fd00::a00:2 +2  -        -
> b     host    10.1.0.2 fd00::a01:2     -        -
$ snet status --json | grep -o '"router"[^]]*]'
> "router","addresses":["10.0.0.2","10.1.0.1","fd00::a00:2","fd00::a01:1"]
$ snet exec a ping -6 -c 1 -n fd00::a00:2 | grep -o "1 received"
> 1 received
$ snet down
> lab 'six' is down

Where nothing can be made, it is said what leads elsewhere.
$ pair nowhere; XDG_STATE_HOME=/proc/nowhere snet up lab.json
! snet: cannot make the folder '/proc/nowhere': No such file or directory; set XDG_STATE_HOME to a folder of your own
? 1
$ XDG_RUNTIME_DIR=/proc/nowhere snet up lab.json
! snet: cannot make the folder '/proc/nowhere': No such file or directory; set XDG_RUNTIME_DIR to a folder of your own
? 1
$ ls "$XDG_STATE_HOME/snet" | grep nowhere
? 1
