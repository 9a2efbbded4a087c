What happens to the packets of links, seen and changed by the command.
Needs namespaces.
$ pair k '"delay": "40ms"'
$ snet up lab.json | sed 's/in [0-9.]* s$/in TIME/'
> lab 'k' is up: 3 nodes, 2 links in TIME
$ round_trip() { snet exec a -- ping -q -c 3 -i 0.2 b | sed -n 's,^rtt.* = \([0-9]*\)\.[0-9/.]* ms.*,\1,p'; }
$ [ $(round_trip) -ge 80 ] && [ $(round_trip) -lt 110 ] && echo as told
> as told
$ snet link show a-s | sed 's/ [0-9][0-9]*$/ N/'
> a-s: shaper user, mtu N
> forth, a to s: delay 40ms
>   in_packets         N
>   in_bytes           N
>   out_packets        N
>   out_bytes          N
>   queue_packets_max  N
>   queue_bytes_max    N
>   delay_p50_ns       N
>   delay_p90_ns       N
>   delay_p99_ns       N
>   delay_max_ns       N
> back, s to a: delay 40ms
>   in_packets         N
>   in_bytes           N
>   out_packets        N
>   out_bytes          N
>   queue_packets_max  N
>   queue_bytes_max    N
>   delay_p50_ns       N
>   delay_p90_ns       N
>   delay_p99_ns       N
>   delay_max_ns       N

The status shows them in short, both directions.
$ snet status | sed -n 's,[1-9][0-9]*/[1-9][0-9]*,N/N,; /^LINK\|^[ab]-s/p' | sed 's/  */ /g'
> LINK FROM TO UP SHAPER PACKETS LOST QUEUED
> a-s a s yes user N/N 0/0 0/0
> b-s b s yes - - - -
$ snet status --json | grep -o '"forth": *{[^}]*"impairments"' | tr -d ' ' | sed 's/:[1-9][0-9]*/:N/'
> "forth":{"packets":N,"lost":0,"queued":0,"impairments"

In JSON there is all that is counted of each.
$ counts() { grep -o '"counts":{[^}]*}' | sed 's/:[0-9]*/:N/g' >$1; grep -c queue_bytes_max $1; }
$ snet status --json | counts status.counts
> 2
$ snet link show a-s --json | counts link.counts
> 2
$ cmp status.counts link.counts

Changes hold at once, and are saved.
$ snet link set a-s --dir back delay=0s
> ~ link a-s: back.delay 40ms → none
> 1 changed
$ [ $(round_trip) -ge 40 ] && [ $(round_trip) -lt 70 ] && echo as told
> as told
$ snet link set a-s delay=1ms loss=1% --dry-run
> ~ link a-s: forth.delay 40ms → 1ms, loss none → 1%, back.delay none → 1ms
> 1 would change
$ snet link set a-s delay=0s
> ~ link a-s: shaper auto → user, forth.delay 40ms → none
> 1 changed
$ snet link set a-s delay=0s
> 'a-s' is so already
$ snet save | grep a-s
? 1
$ snet save | grep -o '"shaper": *"user"'
> "shaper": "user"

A plain link as well.
$ snet link show b-s
> b-s: shaper none, mtu 1500
> forth, b to s: -
> back, s to b: -
$ snet link down b-s
> ~ link b-s: down none → true
> 1 changed
$ is_up() { snet status | awk -v link=$1 '$1 == link { print $4 }'; }
$ is_up b-s
> no
$ snet exec a -- ping -q -c 2 -i 0.2 -W 1 b | grep -o '[0-9]* received'
> 0 received
$ snet link up b-s
> ~ link b-s: shaper auto → user, down true → none
> 1 changed
$ is_up b-s
> yes
$ snet link down a-s --dir back >/dev/null; is_up a-s; snet link up a-s >/dev/null; is_up a-s
> no
> yes
$ snet exec a -- ping -q -c 2 -i 0.2 b | grep -o '[0-9]* received'
> 2 received
$ snet link flap b-s --down 200ms --count 1
> ~ link b-s: down none → true
> 1 changed
> ~ link b-s: down true → none
> 1 changed
$ snet link flap b-s --down 10ms --up 10ms --count 2 --dir forth --json
> {"text":"~ link b-s: forth.down none → true\n1 changed\n"}
> {"text":"~ link b-s: forth.down true → none\n1 changed\n"}
> {"text":"~ link b-s: forth.down none → true\n1 changed\n"}
> {"text":"~ link b-s: forth.down true → none\n1 changed\n"}
$ snet link flap b-s --down 0s
! snet: --down '0s' is no duration above 0, such as 500ms
! try 'snet help link'
? 2
$ snet link flap b-s --count 1000001
! snet: --count is a number from 1 to 1000000, not '1000001'
! try 'snet help link'
? 2
$ snet link flap b-x
! snet: lab 'k' has no link 'b-x', did you mean 'b-s'?
? 2
$ snet link down 'b s'; snet link show ''
! snet: lab 'k' has no link 'b s', did you mean 'b-s'?
! snet: lab 'k' has no link ''
? 2

The lab takes it up when the command has gone, whatever ended that.
$ down() { snet link show b-s | grep -c 'down true'; }
$ wait_for() { for i in $(seq 200); do [ "$(down)" = $1 ] && return; sleep 0.02; done; false; }
$ (snet link flap b-s --down 1000s >flapped & echo $! >flapping)
$ wait_for 2; await grep -q changed flapped; kill -KILL $(cat flapping); wait_for 0 && cat flapped
> ~ link b-s: down none → true
> 1 changed
$ snet link flap b-s --down 1000s >flapped & await grep -q changed flapped; kill -TERM $!; wait $!
? 1
$ cat flapped
> ~ link b-s: down none → true
> 1 changed
> ~ link b-s: down true → none
> 1 changed
$ down
> 0
? 1

$ snet link show | sed 's/  */ /g' | cut -d' ' -f1,2 | head -n 5
> LINK DIR
> a-s forth
> a-s back
> b-s forth
> b-s back

One direction, where only that is of interest.
$ snet link show b-s --dir back | grep ' to '; snet link show --dir back | sed '/^warning: /d' | cut -c 1-10
> back, s to b: -
> LINK  DIR 
> a-s   back
> b-s   back
> 
> packets le
$ snet link show b-s --dir forth --json | grep -o '"forth"\|"back"'; snet link show --dir forth --json | grep -o '"forth"\|"back"'
> "forth"
> "forth"
> "forth"
$ snet link show b-s --count 3; snet link set b-s delay=1ms --up 1s; snet link flap b-s --dry-run
! snet: 'link show' has no option '--count'
! try 'snet help link'
! snet: 'link set' has no option '--up'
! try 'snet help link'
! snet: 'link flap' has no option '--dry-run'
! try 'snet help link'
? 2

Files are named as they are seen from where one is.
$ mkdir there && printf 'time,delay\n0,9ms\n' >there/trace
$ (cd there && snet link set a-s trace=trace) | sed 's,[^ ]*/there,THERE,'
> ~ link a-s: trace none → THERE/trace
> 1 changed

What a trace says now is told where it has begun.
$ snet exec a -- ping -q -c 1 -W 2 b | grep -o '[01] received'
> 1 received
$ snet link show a-s | grep trace | sed 's,[^ ]*/there,THERE,'
> forth, a to s: trace THERE/trace; trace now: delay 9ms
> back, s to a: trace THERE/trace; trace now: delay 9ms
$ snet link show | grep -c 'trace now: delay 9ms'
> 2
$ now() { grep -o '"trace_now": *{[^}]*}' | tr -d ' '; }
$ snet link show a-s --json | now; snet status --json | now
> "trace_now":{"delay":"9ms"}
> "trace_now":{"delay":"9ms"}
> "trace_now":{"delay":"9ms"}
> "trace_now":{"delay":"9ms"}
$ echo 1 >there/ticks; snet link set a-s trace=there/ticks | grep changed
> 1 changed
$ snet exec a -- ping -q -c 1 -W 2 b | grep -o '[01] received'; snet link show a-s --json | now
> 1 received
> "trace_now":{"rate":"12032kbit"}
> "trace_now":{"rate":"12032kbit"}
$ snet link set a-s trace_once=true | grep changed; snet link show a-s --json | now
> 1 changed
$ snet link set a-s trace=there/trace trace_once=false | grep changed
> 1 changed

What is not named stays as it was read, whatever becomes of its file; what is named is read again.
$ seq 9 >there/table.dist; snet link set a-s jitter=1us distribution=there/table.dist | grep changed
> 1 changed
$ printf 'time,delay\n0,1h\n' >there/trace; rm there/table.dist
$ snet link down a-s; snet link up a-s
> ~ link a-s: down none → true
> 1 changed
> ~ link a-s: down true → none
> 1 changed
$ (cd there && snet link set a-s trace=../there/trace) | sed 's,/.*/there,THERE,'
> ~ link a-s: trace THERE/trace (another text)
> 1 changed
$ snet link set a-s trace=there/trace
> 'a-s' is so already
$ snet link set a-s distribution=there/table.dist 2>&1 | sed 's,/.*/there,THERE,'
> snet: a-s: distribution: cannot read 'THERE/table.dist': No such file or directory
$ echo end | tee r.forth >r.back; snet link set b-s replay=r | grep changed; rm r.forth r.back
> 1 changed
$ snet link down b-s; snet link set b-s replay=null down=false | grep changed
> ~ link b-s: down none → true
> 1 changed
> 1 changed
$ snet link set a-s trace=null jitter=0s decisions=log | grep changed
> 1 changed

A profile sets what profiles are about; the rest stays.
$ snet link set a-s loss=5% loss_correlation=25% duplicate=1% down=true | grep changed
> 1 changed
$ snet link set a-s profile=dsl
> ~ link a-s: profile none → dsl, loss 5% → none, loss_correlation 25% → none, delay none → 25ms, forth.rate none → 384kbit, back.rate none → 1500kbit
> 1 changed
$ snet link set a-s --dir back profile=lte
> ~ link a-s: profile dsl → lte, back.delay 25ms → 35ms, back.rate 1500kbit → 12Mbit, back.loss none → 0.0001%
> 1 changed
$ snet link show a-s | grep ' to ' | sed "s,$PWD,HERE,"
> forth, a to s: delay 25ms, duplicate 1%, rate 384kbit, decisions HERE/log, down true
> back, s to a: delay 35ms, loss 0.0001%, duplicate 1%, rate 12Mbit, decisions HERE/log, down true
$ snet link set a-s profile=none down=false duplicate=0
> ~ link a-s: profile lte → none, forth.delay 25ms → none, duplicate 1% → none, forth.rate 384kbit → none, down true → none, back.delay 35ms → none, back.loss 0.0001% → none, back.rate 12Mbit → none
> 1 changed
$ snet link set a-s profile=wan delay=5ms | grep changed
> 1 changed
$ snet link set a-s profile=null
> ~ link a-s: profile wan → none, delay 5ms → none, jitter 1ms → none, distribution normal → none, loss 0.1% → none, rate 100Mbit → none
> 1 changed
$ snet link set a-s profile=non
! snet: a-s: profile: unknown profile 'non': there are ethernet, fibre, wan, wifi, ble, zigbee, thread, lora-sf7, lora-sf8, lora-sf9, lora-sf10, lora-sf11, lora-sf12, nb-iot, lte-m, 3g, lte, 5g, dsl, leo, geo
? 2

The MTU changes while the link is there, of a shaped one and of a plain one.
$ biggest() { snet exec $1 -- ping -c 1 -W 2 -M do -s $(($3 - 28)) $2 2>&1 | grep -o '[01] received\|mtu=[0-9]*'; }
$ snet link set a-s mtu=9000; snet link set b-s mtu=9000
> ~ link a-s: mtu none → 9000
> 1 changed
> ~ link b-s: mtu none → 9000
> 1 changed
$ biggest a b 9000; biggest b a 9000; biggest a b 9001; biggest b a 9001
> 1 received
> 1 received
> mtu=9000
> 0 received
> mtu=9000
> 0 received
$ snet link set b-s mtu=1400 --dir back; biggest b a 1400; biggest b a 1401; biggest a b 1400
> ~ link b-s: mtu 9000 → 1400
> 1 changed
> 1 received
> mtu=1400
> 0 received
> 1 received

A path MTU is of one direction, and nobody is told.
$ snet link set a-s --dir forth pmtu=1300
> ~ link a-s: forth.pmtu none → 1300
> 1 changed
$ biggest a b 1300; biggest a b 1301; snet exec b -- ping -q -c 1 -W 2 -s 1273 a | grep -o '[01] received'
> 1 received
> 0 received
> 0 received
$ snet link show a-s | grep pmtu | sed 's/, decisions.*//'
> forth, a to s: pmtu 1300
>   lost_pmtu          2
$ snet link set a-s pmtu=none
! snet: a-s: pmtu: expected a whole number, got a string
? 2
$ snet link show b-s | head -1; snet link set a-s pmtu=0 mtu=0; snet link set b-s mtu=0
> b-s: shaper user, mtu 1400
> ~ link a-s: mtu 9000 → none, forth.pmtu 1300 → none
> 1 changed
> ~ link b-s: mtu 1400 → none
> 1 changed
$ biggest a b 1500
> 1 received

What is wrong is said, and changes nothing.
$ snet link set b-s decisions=log; (cd there && snet link set b-s decisions=../log)
! snet: link b-s.decisions: link 'a-s' writes this file too: each needs its own
! snet: link b-s.decisions: link 'a-s' writes this file too: each needs its own
? 2
$ snet link set b-s decisions=nowhere/log 2>&1 | sed 's,/.*/nowhere,NOWHERE,'
> snet: b-s: decisions: nothing can be written in 'NOWHERE': No such file or directory: make that folder
$ snet link set a-s vlan=2 name=zz
! snet: a-s: vlan: cannot be set by itself: change it in the lab's file, and 'snet apply' that
! snet: a-s: name: cannot be set by itself: change it in the lab's file, and 'snet apply' that
? 2
$ snet link set a-s dealy=1ms
! snet: a-s: dealy: unknown key, did you mean 'delay'?
? 2
$ snet link set a-s loss=200%
! snet: a-s: loss: out of range: 0% to 100%
? 2
$ snet link set b-s shaper=netem limit=1s
! snet: link b-s.limit: netem cannot limit its queue in time; "shaper": "user" can
? 2
$ snet link set nobody delay=1ms
! snet: lab 'k' has no link 'nobody'
? 2
$ snet link flap a-s --up soon
! snet: --up 'soon' is no duration above 0, such as 500ms
! try 'snet help link'
? 2
$ snet link set a-s
! snet: what is to be set? KEY=VALUE, such as delay=20ms
! try 'snet help link'
? 2
$ snet link set a-s delay
! snet: 'delay' is no KEY=VALUE such as delay=20ms
! try 'snet help link'
? 2
$ snet link sow
! snet: unknown action 'sow', did you mean 'show'?
! try 'snet help link'
? 2
$ snet link show a-s --json | grep -o '"shaper":"user"'
> "shaper":"user"
$ snet down
> lab 'k' is down

A cable from a device is up until it is set down.
$ printf '{"lab": "d", "nodes": [{"name": "b", "kind": "button"}, {"name": "r", "kind": "relayer"}], "links": [{"from": "b", "to": "r"}]}' >lab.json
$ snet up lab.json >/dev/null
$ is_up b-r; snet link down b-r >/dev/null; is_up b-r
> yes
> no
$ snet down
> lab 'd' is down
