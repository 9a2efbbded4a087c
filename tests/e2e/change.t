A lab changes while it runs, by the commands.
Needs namespaces.
$ echo '{"lab": "h", "nodes": [{"name": "s1", "kind": "switch"}, {"name": "r0", "kind": "relayer",' >lab.json
$ echo ' "routes": [{"function": "slow"}]}, {"name": "b", "kind": "button"},' >>lab.json
$ echo '{"name": "a", "kind": "actuator", "state": 0}, {"name": "p", "kind": "process", "command": ["sleep", "600"]},' >>lab.json
$ echo '{"name": "fn", "kind": "functions", "functions": {"slow": {"kind": "python:3", "code":' >>lab.json
$ echo ' "import time\ndef main(args): time.sleep(1); return {\"target\": \"a\"}"}}}],' >>lab.json
$ echo '"links": [{"from": "r0", "to": "s1"}, {"from": "b", "to": "s1"}, {"from": "a", "to": "s1"},' >>lab.json
$ echo '{"from": "p", "to": "s1"}, {"from": "fn", "to": "s1"}],' >>lab.json
$ echo '"backends": {"local": {"kind": "openwhisk", "node": "fn"}}}' >>lab.json
$ snet up lab.json | sed 's/in [0-9.]* s$/in TIME/'
> lab 'h' is up: 6 nodes, 5 links in TIME

While an event is under way.
$ snet press b --wait --json >trace & press=$!
$ await sh -c "snet events | grep -q press"
$ echo '{"nodes": [{"name": "x{i}", "kind": "host", "count": 3}],' >more.json
$ echo ' "links": [{"from": "x{i}", "to": "s1", "count": 3}]}' >>more.json
$ snet add more.json --dry-run
> + node x0 (host)
> + node x1 (host)
> + node x2 (host)
> + link x0-s1
> + link x1-s1
> + link x2-s1
> 6 would be added
$ snet add more.json
> + node x0 (host)
> + node x1 (host)
> + node x2 (host)
> + link x0-s1
> + link x1-s1
> + link x2-s1
> 6 added
> lab 'h' has 9 nodes and 8 links now
$ snet add more.json
! snet: more.json:1:21: nodes[0].name: the lab has a node 'x0' already
! snet: more.json:2:12: links[0]: 'x0' and 's1' are linked already by 'x0-s1': a second link needs a "name"
? 2
$ echo '{"nodes": [{"name": "z", "kind": "host", "address": "10.0.0.3"}], "links": [{"from": "z", "to": "s1"}]}' >taken.json
$ snet add taken.json
! snet: taken.json:1:12: nodes[0]: '10.0.0.3' is the address of 'a': give 'z' another
? 2
$ echo '{"nodes": [{"name": "s2", "kind": "switch", "subnet": "10.0.0.0/16"}, {"name": "z", "kind": "host"}],' >taken.json
$ echo ' "links": [{"from": "z", "to": "s2"}]}' >>taken.json
$ snet add taken.json
! snet: taken.json: 'r0' would move from 10.0.0.1/16 to 10.1.0.1/16, as the subnet of its segment would change: 'snet apply' a file of the whole lab to see what moves, and accept it
? 2
$ wait $press; grep -o '"outcome":"[a-z]*"' trace
> "outcome":"done"
$ snet exec x2 ping -c 1 -W 3 a | grep -o '1 received'
> 1 received
$ snet exec a -- ping -c 1 -W 3 x0 | grep -o '1 received'
> 1 received

$ printf '{"nodes": []}\0{' | snet add -
! snet: 'stdin' has a byte of zero in it
? 2

Several go at once, or none does.
$ snet rm x0 x9
! snet: lab 'h' has no node 'x9', did you mean 'x0'?
? 2
$ snet rm x0 r0
! snet: cannot remove 'x0' and the others: what is left would be no lab
! snet:   no node 'r0' (b.relayer, a.relayer, p.relayer)
! snet: remove what depends on them too, or 'snet apply' a file that names something else there
? 1
$ snet rm x0 'x y'
! snet: lab 'h' has no node 'x y'
? 2
$ snet rm x0 x1 --dry-run
> - node x0 (host)
> - node x1 (host)
> - link x0-s1
> - link x1-s1
> 4 would be removed
$ snet rm x0 x1
> - node x0 (host)
> - node x1 (host)
> - link x0-s1
> - link x1-s1
> 4 removed
> lab 'h' has 7 nodes and 6 links now
$ snet rm x2 --json
> {"changes":[{"change":"removed","what":"node","name":"x2","kind":"host","takes":"place"},{"change":"removed","what":"link","name":"x2-s1","takes":"place"}],"added":0,"removed":2,"changed":0,"text":"- node x2 (host)\n- link x2-s1\n2 removed\n","lab":"h","nodes":6,"links":5}
$ snet status | grep -c '^x'
> 0
? 1
$ snet add - <more.json | tail -n 2
> 6 added
> lab 'h' has 9 nodes and 8 links now

What does not change is not touched.
$ pid() { snet status | sed -n 's/^p  .*pid //p'; }
$ before=$(pid); sed -i 's/{"name": "b", "kind": "button"},/{"name": "b", "kind": "button", "type": "knock"},/' lab.json
$ snet apply lab.json --dry-run
> - node x0 (host)
> - node x1 (host)
> - node x2 (host)
> ~ node b: type default → knock (restarts)
> - link x0-s1
> - link x1-s1
> - link x2-s1
> 6 would be removed, 1 would change
$ snet status | grep -c '^x'
> 6
$ snet apply lab.json
> - node x0 (host)
> - node x1 (host)
> - node x2 (host)
> ~ node b: type default → knock (restarts)
> - link x0-s1
> - link x1-s1
> - link x2-s1
> 6 removed, 1 changed
> lab 'h' has 6 nodes and 5 links now
$ snet apply lab.json
> no changes
$ [ -n "$before" ] && [ "$(pid)" = "$before" ] && echo the same
> the same
$ snet save --addresses | snet apply - | sed 's/10[0-9.]*/ADDRESS/'
> no changes
$ snet apply lab.json | tail -n 2
> no changes
$ [ -n "$before" ] && [ "$(pid)" = "$before" ] && echo the same
> the same
$ sed 's/"kind": "actuator"/"kind": "actuater"/; s/"to": "s1"}, {"from": "b"/"to": "s2"}, {"from": "b"/' lab.json >bad.json
$ snet apply bad.json
! snet: bad.json:3:23: nodes[3].kind: unknown kind 'actuater', did you mean 'actuator'?
! snet: bad.json:6:32: links[0].to: no node 's2', did you mean 's1'?
? 2
$ snet apply bad.json --json
! snet: bad.json:3:23: nodes[3].kind: unknown kind 'actuater', did you mean 'actuator'?
! snet: bad.json:6:32: links[0].to: no node 's2', did you mean 's1'?
? 2
$ snet apply nowhere.json
! snet: cannot open 'nowhere.json': No such file or directory
? 2
$ sed 's/"lab": "h"/"lab": "h", "seed": 7/' lab.json | snet apply -
! snet: stdin:1:14: seed: is the default in the lab, and cannot change while that is up: take it down, and up again
? 2
$ sed 's/"lab": "h"/"ipv6": true,\n "subnet": "172.16.0.0\/12", "seed": "7", "durability": "disk"/' lab.json | snet apply - --dry-run
! snet: stdin:1:2: ipv6: is the default in the lab, and cannot change while that is up: take it down, and up again
! snet: stdin:2:2: subnet: is the default in the lab, and cannot change while that is up: take it down, and up again
! snet: stdin:2:29: seed: is the default in the lab, and cannot change while that is up: take it down, and up again
! snet: stdin:2:42: durability: is the default in the lab, and cannot change while that is up: take it down, and up again
? 2
$ sed 's/"sleep", "600"/"no-such-program"/' lab.json | snet apply -
! snet: stdin:3:93: nodes[4].command[0]: cannot start 'no-such-program': not found in PATH
? 2
$ touch empty; chmod +x empty; sed 's/"sleep", "600"/".\/empty"/' lab.json | snet apply -
! snet: node 'p': cannot start './empty': no program of this machine, and no script that begins with '#!'
? 1
$ await sh -c "snet status | grep -q '^p .*running'"; snet status | sed 's/pid [0-9]*/pid PID/' | head -n 7
> NODE  KIND       ADDRESS   RELAYER  STATE
> s1    switch     -         -        -
> r0    relayer    10.0.0.1  -        -
> b     button     10.0.0.2  r0       -
> a     actuator   10.0.0.3  r0       1
> p     process    10.0.0.4  r0       running, pid PID
> fn    functions  10.0.0.5  -        -

A node begins anew with its state, or without.
$ sed -i 's/"type": "knock"/"type": "press"/' lab.json; snet apply lab.json | tail -n 1
> lab 'h' has 6 nodes and 5 links now
$ snet restart a
> a has begun anew
$ snet status | grep '^a '
> a     actuator   10.0.0.3  r0       1
$ snet restart a --fresh
> a has begun anew
$ snet status | grep '^a '
> a     actuator   10.0.0.3  r0       0
$ snet restart r0 --json
> {"node":"r0","fresh":false}
$ snet restart p
> p has begun anew
$ [ "$(pid)" != "$before" ] && echo another
> another
$ printf '#!/bin/sh\nexec sleep 600\n' >prog; chmod +x prog
$ sed 's/"sleep", "600"/".\/prog"/' lab.json | snet apply - | tail -n 1; rm prog
> lab 'h' has 6 nodes and 5 links now
$ snet restart p
! snet: cannot restart 'p': node 'p': cannot start './prog': No such file or directory
? 1
$ snet apply lab.json | tail -n 1
> lab 'h' has 6 nodes and 5 links now
$ snet restart s1
! snet: 's1' is a switch: nothing lives in it
? 1
$ snet restart aa
! snet: lab 'h' has no node 'aa'
? 2
$ snet restart slo; snet press bb; snet logs 'r 0'; snet exec '' true
! snet: lab 'h' has no node 'slo'
! snet: lab 'h' has no node 'bb'
! snet: lab 'h' has no node 'r 0', did you mean 'r0'?
! snet: lab 'h' has no node ''
? 2
$ snet press b --wait | head -n 1 | sed 's/  .*//'
> b ─ r0 ─ slow@local ─ r0 ─ a: 0 → 1

What has gone from the disk is needed no more by what runs.
$ mkdir -p here; echo 'def main(args): return {}' >f.py; printf 'time,delay\n0,9ms\n' >t.csv
$ echo '{"nodes": [{"name": "q", "kind": "process", "command": ["sleep", "600"], "cwd": "here"}, {"name": "y", "kind": "host"},' >files.json
$ echo '{"name": "fp", "kind": "functions", "functions": {"f": {"kind": "python:3", "file": "f.py"}}}, {"name": "w", "kind": "host"}],' >>files.json
$ echo '"links": [{"from": "q", "to": "s1"}, {"from": "fp", "to": "s1"}, {"from": "w", "to": "s1", "trace": "t.csv"}, {"from": "y", "to": "s1"}]}' >>files.json
$ snet add files.json | tail -n 1
> lab 'h' has 10 nodes and 9 links now
$ snet save -o files.json --force; rm -r f.py t.csv here
$ snet link set y-s1 delay=1ms | head -n 1
> ~ link y-s1: delay none → 1ms
$ snet add more.json | tail -n 1
> lab 'h' has 13 nodes and 12 links now
$ snet rm x0 x1 x2 | tail -n 1
> lab 'h' has 10 nodes and 9 links now
$ snet apply files.json 2>&1 | sed "s/.*: cannot/cannot/; s/.*nothing can run/nothing can run/; s#'/[^']*/#'#"
> nothing can run in 'here': No such file or directory; make that folder, or leave 'cwd' out to run in the file's own
> cannot read 'f.py': No such file or directory
> cannot read 't.csv': No such file or directory
$ snet rm q | tail -n 1
> lab 'h' has 9 nodes and 8 links now
$ snet apply lab.json | tail -n 1
> lab 'h' has 6 nodes and 5 links now

What it has become is saved, and comes up again.
$ snet add more.json | tail -n 1
> lab 'h' has 9 nodes and 8 links now
$ snet save -o saved.json --states; snet status | sed '/^warning: /d' >status
$ snet down
> lab 'h' is down
$ snet up saved.json | sed 's/in [0-9.]* s$/in TIME/'
> lab 'h' is up: 9 nodes, 8 links in TIME
$ snet apply saved.json --dry-run
> no changes
$ snet status | sed 's/pid [0-9]*//; /^warning: /d' >again; sed 's/pid [0-9]*//' status | diff - again && echo the same
> the same
$ snet press b --wait | head -n 1 | sed 's/  .*//'
> b ─ r0 ─ slow@local ─ r0 ─ a: 1 → 0
$ snet rm x0 x1 x2 | tail -n 1
> lab 'h' has 6 nodes and 5 links now
$ snet save -o saved.json --force; snet down
> lab 'h' is down
$ snet up saved.json --resume | sed 's/in [0-9.]* s$/in TIME/'
> lab 'h' is up: 6 nodes, 5 links in TIME
$ snet status | grep '^a '
> a     actuator   10.0.0.3  r0       0
$ snet down
> lab 'h' is down

A segment that has all of a small subnet makes room for others.
$ echo '{"lab": "sm", "subnet": "10.0.0.0/22", "nodes": [{"name": "s", "kind": "switch"}, {"name": "h", "kind": "host"}],' >small.json
$ echo ' "links": [{"from": "h", "to": "s"}]}' >>small.json
$ echo '{"nodes": [{"name": "t", "kind": "switch"}, {"name": "r", "kind": "router"}, {"name": "k", "kind": "host"}],' >more.json
$ echo ' "links": [{"from": "r", "to": "s"}, {"from": "r", "to": "t"}, {"from": "k", "to": "t"}]}' >>more.json
$ sed 's/}],$/}, {"name": "t", "kind": "switch"}, {"name": "r", "kind": "router"}, {"name": "k", "kind": "host"}],/; s/"s"}]/"s"}, {"from": "r", "to": "s"}, {"from": "r", "to": "t"}, {"from": "k", "to": "t"}]/' small.json >wanted.json
$ snet up small.json | sed 's/in [0-9.]* s$/in TIME/'
> lab 'sm' is up: 2 nodes, 1 link in TIME
$ snet add more.json
! snet: more.json: 'h' would move from 10.0.0.1/22 to 10.0.0.1/24, as the subnet of its segment would change: 'snet apply' a file of the whole lab to see what moves, and accept it
? 2
$ snet apply wanted.json
> + node t (switch)
> + node r (router)
> + node k (host)
> ~ link h-s: subnet 10.0.0.0/22 → 10.0.0.0/24 (made anew)
> + link r-s
> + link r-t
> + link k-t
> 6 added, 1 changed
> lab 'sm' has 5 nodes and 4 links now
$ snet exec k ping -c 1 -W 3 h | grep -o '1 received'
> 1 received
$ snet apply small.json
> - node t (switch)
> - node r (router)
> - node k (host)
> - link r-s
> - link r-t
> - link k-t
> 6 removed
> lab 'sm' has 2 nodes and 1 link now
$ snet down
> lab 'sm' is down

What has come and gone changes no address of the rest, in the file that is saved neither.
$ pair o; snet up <(cat lab.json) | sed 's/in [0-9.]* s$/in TIME/'
> lab 'o' is up: 3 nodes, 2 links in TIME
$ snet rm a | tail -n 1
> lab 'o' has 2 nodes and 1 link now
$ snet save -o without.json; grep '"b"' without.json
>     {"name": "b", "kind": "host", "address": "10.0.0.2"}
>     {"from": "b", "to": "s"}
$ snet apply without.json --dry-run
> no changes
$ snet down
> lab 'o' is down
$ snet status --lab o | grep '^[ab]'
> b     host    10.0.0.2  -        -
> b-s   b     s   no
$ snet up without.json | sed 's/in [0-9.]* s$/in TIME/'
> lab 'o' is up: 2 nodes, 1 link in TIME
$ snet status | grep '^b '
> b     host    10.0.0.2  -        -
$ snet down
> lab 'o' is down
$ snet apply lab.json
! snet: no lab is running; start one with 'snet up FILE'
? 1
