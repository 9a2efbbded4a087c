Captures, read by tcpdump.
Needs namespaces.
$ pair c '"shaper": "user", "loss": 1, "filter": "icmp[icmptype] = icmp-echo and greater 500"'
$ snet up lab.json | sed 's/in [0-9.]* s$/in TIME/'
> lab 'c' is up: 3 nodes, 2 links in TIME
$ begin() { out=$1; shift; snet capture "$@" -o $out 2>$out.err & pid=$!; await test -s $out; }
$ end() { kill -INT $pid; wait $pid; echo "exit $?"; cat $out.err; }
$ ping_b() { snet exec a -- ping -q -W 1 "$@" b | sed -n 's/^\(.* received\).*/\1/p'; }
$ show() { tcpdump -n -r $1 2>/dev/null | sed 's/^[0-9:.]* //; s/id [0-9]*/id N/'; }

A shaped link, at both of its ends.
$ begin link.pcapng a-s --filter icmp; ping_b -c 2 -i 0.2; ping_b -c 1 -s 1000; end
> 2 packets transmitted, 2 received
> 1 packets transmitted, 0 received
> exit 0
> 9 packets, 1 lost by the link, 0 missed by the capture
$ show link.pcapng
> IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id N, seq 1, length 64
> IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id N, seq 1, length 64
> IP 10.0.0.2 > 10.0.0.1: ICMP echo reply, id N, seq 1, length 64
> IP 10.0.0.2 > 10.0.0.1: ICMP echo reply, id N, seq 1, length 64
> IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id N, seq 2, length 64
> IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id N, seq 2, length 64
> IP 10.0.0.2 > 10.0.0.1: ICMP echo reply, id N, seq 2, length 64
> IP 10.0.0.2 > 10.0.0.1: ICMP echo reply, id N, seq 2, length 64
> IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id N, seq 1, length 1008
$ tcpdump -tt --nano -n -r link.pcapng 2>/dev/null | sort -sc -k1,1n && echo in order
> in order
$ grep -ao 'a-s:[as]\|lost: [a-z]*\|snet [0-9.]*' link.pcapng
> snet 0.1.0
> a-s:a
> a-s:s
> lost: loss

$ snet link set a-s --dir forth loss=0 pmtu=500 | tail -1; begin pmtu.pcapng a-s --filter icmp; ping_b -c 1 -s 1000; end
> 1 changed
> 1 packets transmitted, 0 received
> exit 0
> 1 packet, 1 lost by the link, 0 missed by the capture
$ grep -ao 'lost: [a-zA-Z ]*' pmtu.pcapng
> lost: larger than the path MTU

$ snet link set a-s --dir forth pmtu=0 duplicate=100% delay=200ms limit=2 | tail -1; begin copy.pcapng a-s --filter icmp; ping_b -c 2 -i 0.01 -s 1000; end
> 1 changed
> 2 packets transmitted, 1 received
> exit 0
> 9 packets, 2 lost by the link, 0 missed by the capture
$ grep -ao '[a-z ]*lost: [a-zA-Z ]*' copy.pcapng | sort
> copy lost: queue is full
> lost: queue is full
$ snet link set a-s --dir forth duplicate=0 delay=0 | tail -1
> 1 changed

A plain link, a node, a switch.
$ begin plain.pcapng b-s --filter icmp --snaplen 60; ping_b -c 1; end
> 1 packets transmitted, 1 received
> exit 0
> 2 packets, 0 lost by the link, 0 missed by the capture
$ show plain.pcapng
> IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id N, seq 1, length 64
> IP 10.0.0.2 > 10.0.0.1: ICMP echo reply, id N, seq 1, length 64
$ begin node.pcapng b --filter icmp; ping_b -c 1; end
> 1 packets transmitted, 1 received
> exit 0
> 2 packets, 0 lost by the link, 0 missed by the capture
$ show node.pcapng
> IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id N, seq 1, length 64
> IP 10.0.0.2 > 10.0.0.1: ICMP echo reply, id N, seq 1, length 64
$ begin switch.pcapng s --filter icmp; ping_b -c 1; end
> 1 packets transmitted, 1 received
> exit 0
> 4 packets, 0 lost by the link, 0 missed by the capture
$ show switch.pcapng | sort
> IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id N, seq 1, length 64
> IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id N, seq 1, length 64
> IP 10.0.0.2 > 10.0.0.1: ICMP echo reply, id N, seq 1, length 64
> IP 10.0.0.2 > 10.0.0.1: ICMP echo reply, id N, seq 1, length 64

A plain link that is broken while it is captured.
$ begin broken.pcapng b-s --filter icmp; ping_b -c 2 -i 0.2; snet link set b-s loss=1 filter=icmp | tail -1; ping_b -c 2 -i 0.2; end
> 2 packets transmitted, 2 received
> 1 changed
> 2 packets transmitted, 0 received
> exit 0
> 6 packets, 2 lost by the link, 0 missed by the capture
$ show broken.pcapng
> IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id N, seq 1, length 64
> IP 10.0.0.2 > 10.0.0.1: ICMP echo reply, id N, seq 1, length 64
> IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id N, seq 2, length 64
> IP 10.0.0.2 > 10.0.0.1: ICMP echo reply, id N, seq 2, length 64
> IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id N, seq 1, length 64
> IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id N, seq 2, length 64
$ grep -ao 'b-s:[bs]\|lost: [a-z]*' broken.pcapng
> b-s:s
> b-s:b
> b-s:s
> lost: loss
> lost: loss
$ snet link set b-s loss=0 | tail -1
> 1 changed

Through a pipe, and until there are enough.
$ (await test -e piped; ping_b -c 3 -i 0.2 >/dev/null) & snet capture a --filter icmp --count 3 -o - | tee piped | tcpdump -n -r - 2>/dev/null | wc -l; wait
> 3
! 3 packets, 0 lost by the link, 0 missed by the capture
$ begin enough.pcapng a --filter icmp --count 2; ping_b -c 1 >/dev/null; wait $pid; cat enough.pcapng.err
> 2 packets, 0 lost by the link, 0 missed by the capture

Any client can do it.
$ ask() { curl -sN -o $1 -w '%{http_code} %{content_type}\n' --unix-socket $XDG_RUNTIME_DIR/snet/c.sock "http://lab/v1/$2"; }
$ ask asked.pcapng 'nodes/a/capture?filter=icmp&count=2' & pid=$!; await test -s asked.pcapng; ping_b -c 1 >/dev/null; wait $pid; show asked.pcapng
> 200 application/x-pcapng
> IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id N, seq 1, length 64
> IP 10.0.0.2 > 10.0.0.1: ICMP echo reply, id N, seq 1, length 64
$ ask refused 'links/a-s/capture?filter=udp%20prt%207'; cat refused; echo
> 400 application/json
> {"error":"no filter 'udp prt 7': can't parse filter expression: syntax error","errno":-22}
$ ask refused 'links/b/capture'; ask refused 'links/a-s/capture?count=many'
> 404 application/json
> 400 application/json
$ ask refused 'links/a-s/capture?snaplen=4294967296'; cat refused; echo
> 400 application/json
> {"error":"'snaplen' is at most 4294967295","errno":-22}

The end of the lab is that of the capture.
$ begin last.pcapng a-s --filter icmp; ping_b -c 1; snet down; wait $pid; cat last.pcapng.err; show last.pcapng
> 1 packets transmitted, 1 received
> lab 'c' is down
> 4 packets, 0 lost by the link, 0 missed by the capture
> IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id N, seq 1, length 64
> IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id N, seq 1, length 64
> IP 10.0.0.2 > 10.0.0.1: ICMP echo reply, id N, seq 1, length 64
> IP 10.0.0.2 > 10.0.0.1: ICMP echo reply, id N, seq 1, length 64

What cannot be.
$ snet up lab.json >/dev/null
$ snet capture a-s -o link.pcapng
! snet: 'link.pcapng' exists already; --force replaces it
? 1
$ mkdir captures; snet capture a-s -o captures
! snet: cannot write 'captures': Is a directory
? 1
$ snet capture a-s -o link.pcapng --force --filter 'udp prt 7'
! snet: --filter: no filter 'udp prt 7': can't parse filter expression: syntax error
! try 'snet help capture'
? 2
$ snet capture nowhere -o nowhere.pcapng; test -e nowhere.pcapng
! snet: no link or node 'nowhere' in lab 'c'
? 1
$ snet capture a-t -o nowhere.pcapng
! snet: no link or node 'a-t' in lab 'c', did you mean 'a-s'?
? 2
$ snet capture a-s -o nowhere/c.pcapng
! snet: cannot write 'nowhere/c.pcapng': No such file or directory
? 1
$ snet capture sw -o nowhere.pcapng --count none
! snet: --count 'none' is no number from 1 on
! try 'snet help capture'
? 2
$ snet capture a-s -o nowhere.pcapng --snaplen 99999999999
! snet: --snaplen is at most 4294967295
! try 'snet help capture'
? 2
$ script -qec 'snet capture a-s' /dev/null </dev/null | tr -d '\r'
> snet: a capture is nothing to read: -o FILE, or 'snet capture a-s | tcpdump -r -'
> try 'snet help capture'
$ snet link set a-s filter='udp prt 7'
! snet: link a-s.filter: no filter 'udp prt 7': can't parse filter expression: syntax error
? 2
$ sed -i 's/greater 500/greater than 500/' lab.json; snet down >/dev/null; snet up lab.json
! snet: lab.json:2:75: links[0].filter: no filter 'icmp[icmptype] = icmp-echo and greater than 500': can't parse filter expression: syntax error
? 2
