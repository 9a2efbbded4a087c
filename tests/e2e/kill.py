# SPDX-License-Identifier: MIT
"""A lab is killed again and again while its buttons are pressed, and resumed: each event that
was journaled reaches its actuator exactly once, and in the end nothing is left.

usage: kill.sh SNET   (as the first process of its namespaces)
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

ROUNDS = 24
DEVICES = 4
DEADLINE_S = 20

SLOW = """
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
exports.main = async (event) => {
  await sleep(Math.random() * 30);
  return { target: event.data.target };
};
"""

snet = os.path.realpath(sys.argv[1])
folder = tempfile.mkdtemp(prefix="snet-kill-")
os.environ["XDG_RUNTIME_DIR"] = folder + "/run"
os.environ["XDG_STATE_HOME"] = folder + "/state"
os.mkdir(folder + "/run", 0o700)
random.seed(7)


def run(*args, check=True):
    done = subprocess.run([snet, *args], capture_output=True, text=True, timeout=60)
    if check and done.returncode != 0:
        raise SystemExit(f"snet {' '.join(args)}: {done.returncode}: {done.stderr}")
    return done


def write_lab():
    nodes = [
        {"name": "s1", "kind": "switch"},
        {"name": "r0", "kind": "relayer",
         "routes": [{"function": "slow", "backend": "cloud"}]},
        {"name": "sw{i}", "kind": "button", "count": DEVICES, "relayer": "r0",
         "data": {"target": "a{i}"}},
        {"name": "a{i}", "kind": "actuator", "count": DEVICES, "relayer": "r0", "state": 0},
        {"name": "cloud", "kind": "functions", "functions": {"slow": {"file": "slow.js"}}},
    ]
    links = [{"from": "r0", "to": "s1"}, {"from": "cloud", "to": "s1"},
             {"from": "sw{i}", "to": "s1", "count": DEVICES},
             {"from": "a{i}", "to": "s1", "count": DEVICES}]
    lab = {"lab": "killed", "nodes": nodes, "links": links,
           "backends": {"cloud": {"kind": "openwhisk", "node": "cloud"}}}
    with open(folder + "/lab.json", "w") as file:
        json.dump(lab, file)
    with open(folder + "/slow.js", "w") as file:
        file.write(SLOW)


def others():
    """Processes that are not this one, without those that are only not yet waited for."""
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                break
        except ChildProcessError:
            break
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as file:
                state = file.read().rpartition(")")[2].split()[0]
            with open(f"/proc/{pid}/cmdline") as file:
                line = file.read().replace("\0", " ")
        except OSError:
            continue
        if int(pid) != os.getpid() and state != "Z":
            found.append((int(pid), line))
    return found


def world():
    """What of the kernel could be left behind."""
    links = subprocess.run(["ip", "-o", "link"], capture_output=True, text=True).stdout
    with open("/proc/self/mounts") as file:
        mounts = file.read()
    spaces = {os.readlink(f"/proc/{pid}/ns/net") for pid, _ in others()}
    return links, mounts, spaces, sockets()


def sockets():
    return [name for _, _, names in os.walk(folder + "/run") for name in names]


def wait_alone():
    """Until all processes of the lab have ended; the last of them has swept by then."""
    until = time.monotonic() + DEADLINE_S
    while others():
        if time.monotonic() > until:
            raise SystemExit(f"these processes outlive their lab: {others()}")
        time.sleep(0.01)
    if sockets():
        raise SystemExit(f"left behind: {sockets()}")


class Presser(threading.Thread):
    """Presses one button until the lab is gone; remembers what was acknowledged."""

    def __init__(self, number, acknowledged, enough):
        super().__init__()
        self.number, self.acknowledged, self.enough = number, acknowledged, enough

    def run(self):
        while True:
            done = run("--lab", "killed", "--json", "press", f"sw{self.number}", check=False)
            if done.returncode != 0:
                return
            self.acknowledged.append(json.loads(done.stdout)["id"])
            if len(self.acknowledged) % 5 == 0:
                self.enough.set()


def kill_once(acknowledged):
    pid = json.loads(run("ls", "--json").stdout)[0]["pid"]
    enough = threading.Event()
    pressers = [Presser(i, acknowledged, enough) for i in range(DEVICES)]
    for presser in pressers:
        presser.start()
    if not enough.wait(DEADLINE_S):
        raise SystemExit("no event was acknowledged")
    time.sleep(random.random() * 0.02)  # not a synchronisation: anywhere in the work
    os.kill(pid, signal.SIGKILL)
    for presser in pressers:
        presser.join()
    wait_alone()


def read_events():
    lines = run("--lab", "killed", "events", "--json").stdout.splitlines()
    return [json.loads(line) for line in lines]


def read_trace(event):
    """The trace once it is no longer pending."""
    until = time.monotonic() + DEADLINE_S
    while True:
        trace = json.loads(run("--lab", "killed", "--json", "trace", event["id"]).stdout)
        if trace["outcome"] != "pending" or time.monotonic() > until:
            return trace
        time.sleep(0.02)


def check(acknowledged):
    events = read_events()
    missing = set(acknowledged) - {event["id"] for event in events}
    if missing:
        raise SystemExit(f"acknowledged and not in the journal: {missing}")
    parity = dict.fromkeys((f"a{i}" for i in range(DEVICES)), 0)
    for event in events:
        trace = read_trace(event)
        if trace["outcome"] != "done":
            raise SystemExit(f"not done: {trace}")
        parity[event["data"]["target"]] ^= 1
    nodes = json.loads(run("--lab", "killed", "--json", "status").stdout)["nodes"]
    states = {node["name"]: node["state"] for node in nodes if node["kind"] == "actuator"}
    if states != parity:
        raise SystemExit(f"not each event was applied once: {states}, want {parity}")
    return len(events)


def main():
    write_lab()
    before = world()
    acknowledged = []
    run("up", folder + "/lab.json")
    for _ in range(ROUNDS):
        kill_once(acknowledged)
        run("up", folder + "/lab.json", "--resume")
    count = check(acknowledged)
    run("down", "killed")
    wait_alone()
    after = world()
    if before != after:
        raise SystemExit(f"left behind: {after}, before: {before}")
    print(f"{ROUNDS} kills, {len(acknowledged)} acknowledged, {count} journaled and applied")


try:
    main()
finally:
    shutil.rmtree(folder)
