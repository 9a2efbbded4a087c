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
$ python3 -c 'print("{\"lab\": \"x\", \"nodes\": [" + ",".join("{\"name\": \"n%d\", \"kind\": 3}" % i for i in range(150)) + "]}")' >many.json; snet up many.json 2>&1 | tail -n 2
> snet: many.json:1:2711: nodes[99].kind: expected a string, got a number
> snet: ... and 50 more
$ snet ls
> LAB  PID  NODES  LINKS  SINCE
