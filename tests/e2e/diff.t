What differs between two runs. Histories are made by hand.
$ mkdir first second
$ printf '%s\n' '{"at":0,"type":"run","scenario":"outage","lab":"house","seed":7,"began":1}' '{"at":1000000000,"type":"fault","name":"cut","kind":"down","what":"cloud-s1 down","entry":0,"occurrence":0,"optional":true,"planned":1000000000,"begun":1000000000,"planned_end":1500000000,"healed":1500000000,"has_effect":true,"receipt":"5 of 5 echoes lost"}' '{"at":2000000000,"type":"press","event":"sw0-1","node":"sw0","planned":2000000000}' '{"at":2001000000,"type":"acknowledged","event":"sw0-1"}' '{"at":2005000000,"type":"command","node":"a0","command":"sw0-1.0.0","event":"sw0-1","state":1}' '{"at":2006000000,"type":"event","event":"sw0-1","outcome":"done","steps":[]}' '{"at":3000000000,"type":"end","workload_end":3000000000,"healed":1500000000}' >first/history.jsonl
$ snet diff first first/history.jsonl | tail -n 1
> events compared: 1, with another outcome: 0
$ snet diff first first --json | cut -c 1-40
> {"head":{},"counts":{"presses":[1,1],"re
$ sed -e 's/"seed":7/"seed":8/' -e 's/"sw0-1"/"sw0-5"/g' -e 's/sw0-1\.0/sw0-5.0/' -e 's/"has_effect":true,"receipt":"5/"has_effect":false,"receipt":"\\u001b[0/' -e '/"command"/d' -e 's/"done"/"expired"/' first/history.jsonl >second/history.jsonl
$ snet diff first second
> seed: 7, then 8
> COUNT         FIRST  SECOND  CHANGE
> presses       1      1       -
> refused       0      0       -
> acknowledged  1      1       -
> pending       0      0       -
> done          1      0       -1
> expired       0      1       +1
> failed        0      0       -
> dropped       0      0       -
> delivered     1      0       -1
> lost          0      1       +1
> unrouted      0      0       -
> commands      1      0       -1
> repeated      0      0       -
> LATENCY  QUANTILE  FIRST   SECOND  SHIFT
> all      p50       5.0 ms  never   -
>          p90       5.0 ms  never   -
>          p99       5.0 ms  never   -
>          max       5.0 ms  never   -
> after    p50       5.0 ms  never   -
>          p90       5.0 ms  never   -
>          p99       5.0 ms  never   -
>          max       5.0 ms  never   -
> fault cut: took effect (5 of 5 echoes lost), then no effect, optional (�[0 of 5 echoes lost)
> events compared: 1, with another outcome: 1
>   sw0 press 1, expired: sw0-1 delivered in 5.0 ms, then sw0-5 expired
? 1
A phase that had no events in one of them has no latency there.
$ mkdir whole
$ grep -v '"fault"' first/history.jsonl >whole/history.jsonl
$ snet diff first whole | grep -A 12 LATENCY
> LATENCY  QUANTILE  FIRST   SECOND  SHIFT
> all      p50       5.0 ms  5.0 ms  -
>          p90       5.0 ms  5.0 ms  -
>          p99       5.0 ms  5.0 ms  -
>          max       5.0 ms  5.0 ms  -
> before   p50       -       5.0 ms  -
>          p90       -       5.0 ms  -
>          p99       -       5.0 ms  -
>          max       -       5.0 ms  -
> after    p50       5.0 ms  -       -
>          p90       5.0 ms  -       -
>          p99       5.0 ms  -       -
>          max       5.0 ms  -       -
A run that cannot be read is wrong usage.
$ snet diff first third
! snet: cannot open 'third': No such file or directory
? 2
$ echo '{}' >second/history.jsonl
$ snet diff second first
! snet: second/history.jsonl:1: 'type' is missing
? 2
$ snet diff first
! snet: 'diff' needs RUN RUN
! try 'snet help diff'
? 2
