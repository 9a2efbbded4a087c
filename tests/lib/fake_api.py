#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A lab's REST API without a lab: for tests of the snet command, and to look at it.

usage: fake_api.py SOCKET [--devices N] [--traffic SECONDS] [--hang] [--cut] [--shaped]

Answers as snet-api(7) says, with a lab 'house' of N buttons and N actuators. Times are made
up, so that what is printed is the same in each run. Prints a line once it listens; ends with
POST /v1/down. With --traffic it presses buttons by itself; with --hang it never answers, with
--cut it ends in the middle of a status; with --shaped its first link is shaped.
"""
import argparse, array, json, os, queue, socket, socketserver, sys, threading, time
from urllib.parse import parse_qs, unquote, urlsplit

HAPPY = [  # step, node, detail, after how many microseconds
    ("pressed", "{sw}", None, 0), ("received", "r0", None, 2100), ("journaled", "r0", None, 2200),
    ("invoked", "r0", "flip_switch@cloud", 2210), ("started", "cloud", "warm", 24200),
    ("ended", "cloud", None, 24600), ("result", "r0", None, 59900), ("sent", "r0", "{a}", 59910),
    ("applied", "{a}", "{old} \u2192 {new}", 61400), ("acknowledged", "r0", "{a}", 62800),
]
FAILED = HAPPY[:4] + [
    ("retry", "r0", "429 Too Many Requests", 40000), ("invoked", "r0", "flip_switch@cloud", 90000),
    ("failed", "r0", "function 'flip_switch' raised an error", 130000),
]


class Lab:
    def __init__(self, devices):
        self.lock = threading.Lock()
        self.seq, self.events, self.traces, self.watchers = 0, [], {}, []
        self.state = {f"a{i}": 0 for i in range(devices)}
        self.nodes = [{"name": "s1", "kind": "switch", "addresses": [], "state": None}]
        self.add("r0", "relayer", None)
        for i in range(devices):
            self.add(f"sw{i}", "button", None, "r0")
        for i in range(devices):
            self.add(f"a{i}", "actuator", 0, "r0")
        self.add("t0", "sensor", 21.5, "r0")
        self.add("cloud", "functions", None)
        self.links = [{"name": f"{n['name']}-s1", "from": n["name"], "to": "s1", "up": True}
                      for n in self.nodes[1:]]

    def add(self, name, kind, state, relayer=None):
        n = len(self.nodes)
        node = {"name": name, "kind": kind, "addresses": [f"10.0.{n // 256}.{n % 256}"], "state": state}
        self.nodes.append(node | ({"relayer": relayer} if relayer else {}))

    def status(self):
        for node in self.nodes:
            node["state"] = self.state.get(node["name"], node["state"])
        return {"lab": "house", "nodes": self.nodes, "links": self.links}

    def tell(self, line):
        for watcher in self.watchers:
            watcher.put(line)

    def press(self, node, data):
        """An event and its end; returns its trace."""
        with self.lock:
            self.seq += 1
            event_id = f"{node}-{self.seq}"
            target = "a" + node[2:]
            data = {"target": target} if data is None else data
            event = {"specversion": "1.0", "id": event_id, "source": f"/house/{node}", "type": "press", "time":
                     f"2026-11-23T21:09:{self.seq % 60:02}.123456789Z", "data": data, "snetseq": str(self.seq)}
            self.events.append(event)
            self.tell({"event": event})
            bad = isinstance(data, dict) and data.get("fail")
            old = self.state.get(target, 0)
            if not bad and target in self.state:
                self.state[target] = 1 - old
            stretch = 1 + (self.seq * 7 % 10) / 20 if self.seq > 3 else 1
            text = {"sw": node, "a": target, "old": old, "new": 1 - old}
            steps = []
            for step, where, detail, us in FAILED if bad else HAPPY:
                entry = {"step": step, "node": where.format(**text),
                         "at_ns": 1000000000000 + int(us * 1000 * stretch)}
                steps.append(entry | ({"detail": detail.format(**text)} if detail else {}))
            trace = {"id": event_id, "outcome": "failed" if bad else "done", "steps": steps}
            self.traces[event_id] = trace
            if not bad:
                self.tell({"state": {"node": target, "state": 1 - old}})
            self.tell({"trace": trace})
            return trace


class Handler(socketserver.StreamRequestHandler):
    def answer(self, status, value):
        body = json.dumps(value, ensure_ascii=False).encode()
        self.wfile.write(b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"
                         b"Connection: close\r\n\r\n%s" % (status, len(body), body))

    def error(self, status, errno, text):
        self.answer(status, {"error": text, "errno": -errno})

    def begin_stream(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")

    def line(self, value):
        self.wfile.write(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
        self.wfile.flush()

    def follow(self, lab, pick):
        lines = queue.Queue()
        lab.watchers.append(lines)
        while (value := lines.get()) is not None:
            if (value := pick(value)) is not None:
                self.line(value)

    def enter(self):
        names = ("user", "mnt", "net")
        fds = array.array("i", [os.open(f"/proc/self/ns/{name}", os.O_RDONLY) for name in names])
        fds.append(os.eventfd(0))
        self.wfile.write(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
                         b"Upgrade: snet-enter\r\n\r\n")
        self.wfile.flush()
        self.connection.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])

    def node(self, lab, method, parts, query, body):
        if parts[0] not in [node["name"] for node in lab.nodes]:
            return self.error(404, 2, f"lab 'house' has no node '{parts[0]}'")
        if parts[1] == "press" and method == "POST":
            if not parts[0].startswith("sw"):
                return self.error(400, 22, f"node '{parts[0]}' sends no events")
            trace = lab.press(parts[0], json.loads(body) if body else None)
            return self.answer(200, trace if "wait" in query else {"id": trace["id"], "node": parts[0]})
        if parts[1] == "enter":
            return self.enter()
        if parts[1] == "logs":
            self.begin_stream()
            return self.wfile.write(f"first line of {parts[0]}\nlast line".encode())
        return self.error(404, 2, "no such thing")

    def handle(self):
        lab = self.server.lab
        head = self.rfile.readline().decode().split()
        headers = {}
        while (line := self.rfile.readline().decode().strip()):
            key, value = line.split(":", 1)
            headers[key.lower()] = value.strip()
        body = self.rfile.read(int(headers.get("content-length", 0)))
        if len(head) < 2 or self.server.hang:
            return threading.Event().wait()
        url = urlsplit(head[1])
        parts = [unquote(part) for part in url.path.split("/")[2:]]
        query = {key: value[0] for key, value in parse_qs(url.query, keep_blank_values=True).items()}
        try:
            self.route(lab, head[0], parts, query, body)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def route(self, lab, method, parts, query, body):
        if parts == ["lab"]:
            self.answer(200, {"lab": "house", "pid": 4711, "nodes": len(lab.nodes),
                              "links": len(lab.links), "since": "2026-11-23T21:09:00Z"})
        elif parts == ["status"] and "lines" in query:
            self.begin_stream()
            self.line({"lab": "house", "nodes": len(lab.nodes), "links": len(lab.links)})
            for node in lab.status()["nodes"]:
                self.line({"node": node})
            for link in lab.status()["links"][:1 if self.server.cut else None]:
                self.line({"link": link})
        elif parts == ["status"]:
            self.answer(200, lab.status())
        elif parts[0] == "nodes" and len(parts) == 3:
            self.node(lab, method, parts[1:], query, body)
        elif parts == ["events"]:
            self.begin_stream()
            for event in lab.events:
                self.line(event)
            if "follow" in query:
                self.follow(lab, lambda value: value.get("event"))
        elif parts[0] == "traces" and len(parts) == 2:
            if parts[1] in lab.traces:
                self.answer(200, lab.traces[parts[1]])
            else:
                self.error(404, 2, f"no event '{parts[1]}'")
        elif parts == ["watch"]:
            self.begin_stream()
            self.line({"status": lab.status()})
            self.follow(lab, lambda value: value)
        elif parts == ["down"] and method == "POST":
            self.answer(200, {})
            self.wfile.flush()
            lab.tell(None)
            threading.Thread(target=self.server.shutdown).start()
        else:
            self.error(404, 2, "no such thing")


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


def make_traffic(lab, period, devices):
    i = 0
    while True:
        time.sleep(period)
        lab.press(f"sw{i * 7 % devices}", {"fail": True} if i % 23 == 22 else None)
        i += 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("socket")
    parser.add_argument("--devices", type=int, default=3)
    parser.add_argument("--traffic", type=float, default=0)
    parser.add_argument("--hang", action="store_true")
    parser.add_argument("--cut", action="store_true")
    parser.add_argument("--shaped", action="store_true")
    args = parser.parse_args()
    with Server(args.socket, Handler) as server:
        server.lab, server.hang, server.cut = Lab(args.devices), args.hang, args.cut
        if args.shaped:
            server.lab.links[0] |= {"shaper": "user", "forth": {"packets": 1200, "lost": 12, "queued": 3},
                                    "back": {"packets": 1180, "lost": 9, "queued": 0}}
        if args.traffic:
            threading.Thread(target=make_traffic, args=(server.lab, args.traffic, args.devices),
                             daemon=True).start()
        print("ready", flush=True)
        server.serve_forever(0.05)
    os.unlink(args.socket)


if __name__ == "__main__":
    main()
