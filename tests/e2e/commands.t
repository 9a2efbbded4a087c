The commands against a lab's API (tests/lib/fake_api.py).
$ fake_lab house
$ snet ls
> LAB    PID   NODES  LINKS  SINCE
> house  4711  10     9      2026-11-23T21:09:00Z
$ snet ls --json
> [{"lab":"house","pid":4711,"nodes":10,"links":9,"since":"2026-11-23T21:09:00Z"}]
$ snet status
> NODE   KIND       ADDRESS   RELAYER  STATE
> s1     switch     -         -        -
> r0     relayer    10.0.0.1  -        -
> sw0    button     10.0.0.2  r0       -
> sw1    button     10.0.0.3  r0       -
> sw2    button     10.0.0.4  r0       -
> a0     actuator   10.0.0.5  r0       0
> a1     actuator   10.0.0.6  r0       0
> a2     actuator   10.0.0.7  r0       0
> t0     sensor     10.0.0.8  r0       21.5
> cloud  functions  10.0.0.9  -        -
> 
> LINK      FROM   TO  UP
> r0-s1     r0     s1  yes
> sw0-s1    sw0    s1  yes
> sw1-s1    sw1    s1  yes
> sw2-s1    sw2    s1  yes
> a0-s1     a0     s1  yes
> a1-s1     a1     s1  yes
> a2-s1     a2     s1  yes
> t0-s1     t0     s1  yes
> cloud-s1  cloud  s1  yes
$ snet status --json | cut -c 1-160
> {"lab":"house","nodes":[{"name":"s1","kind":"switch","addresses":[],"state":null},{"name":"r0","kind":"relayer","addresses":["10.0.0.1"],"state":null},{"name":"
$ snet press sw0
> sw0 pressed, event sw0-1
$ snet press sw1 --json
> {"id": "sw1-2", "node": "sw1"}
$ snet press sw1 --wait
> sw1 ─ r0 ─ flip_switch@cloud ─ r0 ─ a1: 1 → 0                        61.4 ms
>   sw1 → r0               2.1 ms  █▎
>   journal                0.1 ms  ▏
>   r0 → cloud            22.0 ms  █████████████▎
>   flip_switch            0.4 ms  ▎  warm
>   cloud → r0            35.3 ms  █████████████████████▎
>   r0 → a1                1.5 ms  ▉
$ snet press sw2 --wait --data '{"fail": true}'
> sw2 ─ r0 ─ flip_switch@cloud                                        182.0 ms  failed
>   sw2 → r0               2.9 ms  ▍
>   journal                0.1 ms  ▏
>   retry                 52.9 ms  ██████▏  429 Too Many Requests
>   back-off              70.0 ms  ████████▏
>   failed                56.0 ms  ██████▌  function 'flip_switch' raised an error
? 1
$ snet press sw2 --wait --json | cut -c 1-80
> {"id": "sw2-5", "outcome": "done", "steps": [{"step": "pressed", "node": "sw2", 
$ snet press sw9
! snet: lab 'house' has no node 'sw9'
? 2
$ snet press a0
! snet: node 'a0' sends no events
? 1
$ snet press 'a b'
! snet: lab 'house' has no node 'a b'
? 2
$ snet trace sw0-1
> sw0 ─ r0 ─ flip_switch@cloud ─ r0 ─ a0: 0 → 1                        61.4 ms
>   sw0 → r0               2.1 ms  █▎
>   journal                0.1 ms  ▏
>   r0 → cloud            22.0 ms  █████████████▎
>   flip_switch            0.4 ms  ▎  warm
>   cloud → r0            35.3 ms  █████████████████████▎
>   r0 → a0                1.5 ms  ▉
$ snet trace 'sw0/1 ?'
! snet: no event 'sw0/1 ?'
? 1
$ snet events
> 2026-11-23T21:09:01.123  sw0           press     sw0-1  {"target":"a0"}
> 2026-11-23T21:09:02.123  sw1           press     sw1-2  {"target":"a1"}
> 2026-11-23T21:09:03.123  sw1           press     sw1-3  {"target":"a1"}
> 2026-11-23T21:09:04.123  sw2           press     sw2-4  {"fail":true}
> 2026-11-23T21:09:05.123  sw2           press     sw2-5  {"target":"a2"}
$ snet events --json
> {"specversion":"1.0","id":"sw0-1","source":"/house/sw0","type":"press","time":"2026-11-23T21:09:01.123456789Z","data":{"target":"a0"},"snetseq":"1"}
> {"specversion":"1.0","id":"sw1-2","source":"/house/sw1","type":"press","time":"2026-11-23T21:09:02.123456789Z","data":{"target":"a1"},"snetseq":"2"}
> {"specversion":"1.0","id":"sw1-3","source":"/house/sw1","type":"press","time":"2026-11-23T21:09:03.123456789Z","data":{"target":"a1"},"snetseq":"3"}
> {"specversion":"1.0","id":"sw2-4","source":"/house/sw2","type":"press","time":"2026-11-23T21:09:04.123456789Z","data":{"fail":true},"snetseq":"4"}
> {"specversion":"1.0","id":"sw2-5","source":"/house/sw2","type":"press","time":"2026-11-23T21:09:05.123456789Z","data":{"target":"a2"},"snetseq":"5"}
$ snet logs r0
> first line of r0
> last line
$ snet logs r9
! snet: lab 'house' has no node 'r9'
? 2
$ snet exec sw0 sh -c 'echo out; echo err >&2; exit 7'
> out
! err
? 7
$ snet exec sw0 -- no-such-program
! snet: cannot run 'no-such-program': No such file or directory
? 127
$ snet exec sw9 -- true
! snet: lab 'house' has no node 'sw9'
? 2
$ snet watch --once
>  house  10 nodes  9 links
>  ○ s1 switch   ○ r0 relayer   ○ cloud functions
> 
>  ○ sw0 ──▶ ● a0 1     ○ sw1 ──▶ ○ a1 0     ○ sw2 ──▶ ● a2 1
>  ● t0 21.5
> ─ events ───────────────────────────────────────────────────────────────────────
>  ✓ 21:09:05.123  sw2          press    a2: 0 → 1                        76.8 ms
>  ✗ 21:09:04.123  sw2          press    failed: function 'flip_switch…  182.0 ms
>  ✓ 21:09:03.123  sw1          press    a1: 1 → 0                        61.4 ms
>  ✓ 21:09:02.123  sw1          press    a1: 0 → 1                        61.4 ms
>  ✓ 21:09:01.123  sw0          press    a0: 0 → 1                        61.4 ms
> 
> 
> 
>  latency  p50 61.4 ms  p99 76.8 ms
>  rate  0.0/s  4 done  1 failed
$ snet watch
! snet: the dashboard needs a terminal; '--once' prints one frame
? 1

--lab stands anywhere.
$ snet --lab house status | head -n 2
> NODE   KIND       ADDRESS   RELAYER  STATE
> s1     switch     -         -        -
$ snet status --lab=house | head -n 2
> NODE   KIND       ADDRESS   RELAYER  STATE
> s1     switch     -         -        -
$ snet --lab hose status
! snet: no lab 'hose' is running; running: 'house'
? 1

Two labs: say which.
$ fake_lab plant
$ snet status
! snet: several labs are running, say which with --lab LAB: 'house', 'plant'
? 1
$ snet press sw0 --lab plant
> sw0 pressed, event sw0-1
$ snet down plant
> lab 'plant' is down
$ snet down
> lab 'house' is down
$ snet ls
> LAB  PID  NODES  LINKS  SINCE

A lab that ends while it says how it is leaves no half of a status.
$ fake_lab half --cut
$ snet status
! snet: the lab has ended
? 1
$ snet down
> lab 'half' is down

Of shaped links both directions are told.
$ fake_lab shaped --shaped
$ snet status | grep -A 2 ^LINK
> LINK      FROM   TO  UP   SHAPER  PACKETS    LOST  QUEUED
> r0-s1     r0     s1  yes  user    1200/1180  12/9  3/0
> sw0-s1    sw0    s1  yes  -       -          -     -
$ snet down
> lab 'shaped' is down

A lab that hangs is said to.
$ fake_lab stuck --hang
$ snet ls
> LAB  PID  NODES  LINKS  SINCE
! snet: lab 'stuck' does not answer
? 1
