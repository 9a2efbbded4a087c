A lab file is checked before anything is made; all its errors are printed, and the exit code is 2.
$ snet up nothing.json
! snet: cannot open 'nothing.json': No such file or directory
? 2
$ touch empty.json; snet up empty.json
! snet: empty.json:1:1: the file is empty
? 2
$ echo '{"lab": "x", "nodes": [{"name": "s1", "kind": "switch", "dealy": 3}, {"name": "b", "kind": "buton"}]}' >bad.json; snet up bad.json
! snet: bad.json:1:57: nodes[0].dealy: unknown key
! snet: bad.json:1:92: nodes[1].kind: unknown kind 'buton', did you mean 'button'?
? 2
$ snet up - <bad.json
! snet: stdin:1:57: nodes[0].dealy: unknown key
! snet: stdin:1:92: nodes[1].kind: unknown kind 'buton', did you mean 'button'?
? 2
$ snet up - </dev/null
! snet: stdin:1:1: the file is empty
? 2
$ head -c 67108865 /dev/zero | snet up -
! snet: too large for a lab file: over 64 MiB
? 2
$ echo '1 0 ? 0' >log.forth; echo '{"lab": "x", "nodes": [{"name": "a", "kind": "host"}, {"name": "b", "kind": "host"}], "links": [{"from": "a", "to": "b", "replay": "log"}, {"from": "a", "to": "b", "name": "c", "back": {"delay": 1, "replay": "none"}}]}' >replay.json
$ snet up replay.json 2>&1 | sed "s,$PWD,HERE,"; echo ${PIPESTATUS[0]}
> snet: replay.json:1:97: links[0].back.replay: cannot open 'HERE/log.back': No such file or directory
> snet: replay.json:1:132: links[0].replay: HERE/log.forth:1: '1 0 ? 0' is no decision
> snet: replay.json:1:209: links[1].back.replay: cannot open 'HERE/none.back': No such file or directory
> 2
$ n=$(printf n%.0s {1..60}); sed "s/N/$n/g" >long.json <<<'{"nodes": [{"name": "s", "kind": "switch"}, {"name": "Na", "kind": "host"}, {"name": "Nb", "kind": "host"}], "links": [{"from": "Na", "to": "Nb", "decisions": "log"}, {"from": "Nb", "to": "s", "decisions": "log"}]}'
$ snet up long.json 2>&1 | sed "s/$n/N/g"
> snet: long.json:1:502: links[1].decisions: link 'Na-Nb' writes this file too: each needs its own

What netem cannot do is wrong on every machine.
$ nodes='{"name": "s", "kind": "switch"}, {"name": "t", "kind": "switch"}, {"name": "a", "kind": "host"}, {"name": "b", "kind": "host"}'
$ echo '{"lab": "x", "nodes": ['"$nodes"'], "links": [{"from": "a", "to": "s", "shaper": "netem", "decisions": "log", "back": {"limit": "1s"}},' >netem.json
$ echo '{"from": "b", "to": "t", "vlan": 2}, {"from": "s", "to": "t", "loss": 1, "shaper": "netem"}]}' >>netem.json
$ snet up netem.json; snet graph netem.json
! snet: netem.json:1:220: links[0].decisions: netem cannot write what it decides; "shaper": "user" can
! snet: netem.json:1:245: links[0].back.limit: netem cannot limit its queue in time; "shaper": "user" can
! snet: netem.json:2:84: links[2].shaper: netem cannot take several VLANs for one link; "shaper": "user" can
! snet: netem.json:1:220: links[0].decisions: netem cannot write what it decides; "shaper": "user" can
! snet: netem.json:1:245: links[0].back.limit: netem cannot limit its queue in time; "shaper": "user" can
! snet: netem.json:2:84: links[2].shaper: netem cannot take several VLANs for one link; "shaper": "user" can
? 2

What can be read but once is.
$ pair once; mkfifo fifo; cat lab.json >fifo & snet graph fifo | head -n 1; snet graph <(cat lab.json) | head -n 1
> graph "once" {
> graph "once" {
$ snet graph lab.json | head -n 1; sed -i 's/"lab": "once", //' lab.json; snet graph lab.json | head -n 1
> graph "once" {
> graph "lab" {

$ python3 -c 'print("{\"lab\": \"x\", \"nodes\": [" + ",".join("{\"name\": \"n%d\", \"kind\": 3}" % i for i in range(150)) + "]}")' >many.json; snet up many.json 2>&1 | tail -n 2
> snet: many.json:1:2711: nodes[99].kind: expected a string, got a number
> snet: ... and 50 more
$ snet ls
> LAB  PID  NODES  LINKS  SINCE
