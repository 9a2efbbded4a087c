Programs in nodes, by the commands.
Needs namespaces.
$ echo '{"lab": "p", "nodes": [{"name": "s1", "kind": "switch"}, {"name": "r0", "kind": "relayer"},' >lab.json
$ echo '{"name": "hello{i}", "count": 2, "kind": "process", "env": {"N": "{i}"},' >>lab.json
$ echo ' "command": ["sh", "-c", "echo \"$SNET_NODE of $SNET_LAB: $N\"; exec sleep 600"]},' >>lab.json
$ echo '{"name": "broken", "kind": "process", "command": ["sh", "-c", "echo oh >&2; exit 3"]},' >>lab.json
$ echo '{"name": "again", "kind": "process", "command": ["false"], "restart": "on-failure"}],' >>lab.json
$ echo '"links": [{"from": "r0", "to": "s1"}, {"from": "hello{i}", "to": "s1", "count": 2},' >>lab.json
$ echo '{"from": "broken", "to": "s1"}, {"from": "again", "to": "s1"}]}' >>lab.json
$ snet up lab.json | sed 's/in [0-9.]* s$/in TIME/'
> lab 'p' is up: 6 nodes, 5 links in TIME
$ await sh -c "snet status | grep -q 'exited 3'"; await sh -c "snet status | grep -q restarting"
$ snet status | sed 's/pid [0-9]*/pid PID/; s/1, .* restarts*/1/' | head -n 7
> NODE    KIND     ADDRESS   RELAYER  STATE
> s1      switch   -         -        -
> r0      relayer  10.0.0.1  -        -
> hello0  process  10.0.0.2  r0       running, pid PID
> hello1  process  10.0.0.3  r0       running, pid PID
> broken  process  10.0.0.4  r0       exited 3
> again   process  10.0.0.5  r0       restarting, exited 1
$ snet status --json | grep -o '{"name":"broken".*' | sed 's/}}.*/}}/'
> {"name":"broken","kind":"process","addresses":["10.0.0.4"],"relayer":"r0","state":"exited","program":{"exit_code":3,"restarts":0}}
$ await sh -c "snet logs hello1 | grep -q ."; snet logs hello1
> hello1 of p: 1
$ snet logs broken
> oh
> snet: exited 3
$ snet logs again | head -n 1
> snet: exited 1, starts again in 1 s
$ snet watch --once | sed -n 4p
>  ● hello0 running     ● hello1 running     ● broken exited
$ snet press hello0
! snet: 'hello0' is a process, not a device
? 1
$ kill -9 $(snet status | sed -n 's/^hello0 .*pid //p'); await sh -c "snet status | grep -q SIGKILL"
$ snet status | grep hello0
> hello0  process  10.0.0.2  r0       killed by SIGKILL
> hello0-s1  hello0  s1  yes
$ snet logs hello0
> hello0 of p: 0
> snet: killed by SIGKILL
$ kill -9 $(snet ls --json | sed 's/.*"pid":\([0-9]*\).*/\1/') && await sh -c '! test -e $XDG_RUNTIME_DIR/snet/p.sock'
$ snet status --lab p | sed -n 3,7p; snet status --lab p --json | grep -c program
> NODE    KIND     ADDRESS   RELAYER  STATE
> s1      switch   -         -        -
> r0      relayer  10.0.0.1  -        -
> hello0  process  10.0.0.2  r0       -
> hello1  process  10.0.0.3  r0       -
> 0
? 1

What cannot be started is told before the lab is up, and all that is known of it before anything is made.
$ touch empty; chmod +x empty; sed 's/"false"/".\/empty"/' lab.json >empty.json; snet up empty.json
! snet: cannot bring up lab 'p': node 'again': cannot start './empty': no program of this machine, and no script that begins with '#!'
? 1

What had not been up before leaves nothing, what had keeps what it left.
$ ls $XDG_STATE_HOME/snet; snet up empty.json --name new || snet up empty.json --name new --foreground || ls $XDG_STATE_HOME/snet
> p
> p
! snet: cannot bring up lab 'new': node 'again': cannot start './empty': no program of this machine, and no script that begins with '#!'
! snet: cannot bring up lab 'new': node 'again': cannot start './empty': no program of this machine, and no script that begins with '#!'
$ sed -i 's/"false"/"no-such-program"/' lab.json; sed 's/"sh"/"no-shell"/' lab.json | snet up -
! snet: stdin:3:14: nodes[2].command[0]: cannot start 'no-shell': not found in PATH
! snet: stdin:4:51: nodes[3].command[0]: cannot start 'no-shell': not found in PATH
! snet: stdin:5:50: nodes[4].command[0]: cannot start 'no-such-program': not found in PATH
? 2
$ snet ls
> LAB  PID  NODES  LINKS  SINCE
$ sed -i 's/"no-such-program"/7/; s/"on-failure"/"never"/' lab.json; snet up lab.json
! snet: lab.json:5:49: nodes[4].command: expected strings only, but [0] is a number
! snet: lab.json:5:65: nodes[4].restart: expected 'no', 'on-failure' or 'always', got 'never'
? 2
