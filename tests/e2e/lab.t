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
$ snet up $examples/house.json --name two --json | sed 's/"pid":[0-9]*/"pid":PID/; s/"since":".*"/"since":TIME/'
> {"lab":"two","pid":PID,"nodes":9,"links":8,"since":TIME}
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
$ kill -9 $(snet ls --json | sed 's/.*"pid":\([0-9]*\).*/\1/') && await sh -c '! snet status'
$ snet ls
> LAB  PID  NODES  LINKS  SINCE
$ snet down
> lab 'house' had ended without 'snet down'; its socket is removed
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
