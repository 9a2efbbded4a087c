# SPDX-License-Identifier: MIT
"""A run on a lossy link with faults at random, replayed: the same is done at the same times, and
the link decides the same.

usage: replay.py SNET
"""

import json
import os
import subprocess
import sys
import tempfile

SNET = os.path.realpath(sys.argv[1])
LAB = {
    "lab": "replay",
    "nodes": [
        {"name": "s", "kind": "switch"},
        {"name": "r", "kind": "relayer"},
        {"name": "b{i}", "kind": "button", "count": 2, "relayer": "r"},
        {"name": "a", "kind": "actuator", "relayer": "r"},
    ],
    "links": [
        {"from": "r", "to": "s"},
        {"from": "b0", "to": "s", "loss": "10%", "shaper": "user", "decisions": "b0"},
        {"from": "b1", "to": "s", "delay": "2ms", "jitter": "1ms", "duplicate": "20%", "corrupt": "5%",
         "shaper": "user", "decisions": "b1"},
        {"from": "a", "to": "s"},
    ],
}
SCENARIO = {
    "scenario": "lossy",
    "lab": "lab.json",
    "seed": 4,
    "duration": "3s",
    "settle": "20s",
    "workload": [{"press": "b*", "poisson": "200ms"}],
    "timeline": [
        {"name": "cut", "fault": "down", "links": "b1-s", "between": ["1s", "2s"], "for": "200ms",
         "optional": True},
        {"name": "behind", "fault": "down", "links": "a-s", "after": {"fault": "cut", "end": True},
         "at": "50ms", "for": "100ms", "optional": True},
        {"name": "step", "fault": "down", "links": "a-s", "after": {"step": "pressed", "event": 2},
         "for": "50ms", "optional": True},
    ],
    "expect": [{"check": "delivery", "guarantee": "at-most-once"}],
}


def snet(*args):
    done = subprocess.run([SNET, *args], capture_output=True, text=True, timeout=100)
    print(args, done.returncode, done.stdout, done.stderr)
    return done


def read(run):
    """The presses, the faults and the first line of a run."""
    with open(run + "/history.jsonl", encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    presses = sorted((line["planned"], line["node"], json.dumps(line.get("data")))
                     for line in lines if line["type"] == "press")
    faults = sorted((line["name"], line["occurrence"], line["planned"], line["planned_end"])
                    for line in lines if line["type"] == "fault")
    return presses, faults, lines[0]


LOGS = "b0.forth", "b0.back", "b1.forth", "b1.back"


def decisions():
    """Of each link and direction."""
    found = {}
    for name in LOGS:
        with open(name, encoding="utf-8") as file:
            found[name] = [line for line in file if line[0].isdigit()]
    return found


if subprocess.run([SNET, "doctor"], capture_output=True).returncode:
    print("labs cannot run here")
    sys.exit(77)
with tempfile.TemporaryDirectory() as folder:
    os.environ["XDG_RUNTIME_DIR"] = os.environ["XDG_STATE_HOME"] = folder
    os.chdir(folder)
    with open("lab.json", "w", encoding="utf-8") as file:
        json.dump(LAB, file)
    with open("scenario.json", "w", encoding="utf-8") as file:
        json.dump(SCENARIO, file)
    assert snet("run", "-o", "first", "--seed", "9", "scenario.json").returncode in (0, 3)
    first, decided = read("first"), decisions()
    # What was run is in its folder, the lab as well.
    os.remove("scenario.json")
    os.remove("lab.json")
    assert snet("replay", "-o", "again", "first").returncode in (0, 3)
    again = read("again")

    presses, faults, head = first
    assert len(presses) > 5, presses
    assert [fault[0] for fault in faults] == ["behind", "cut", "step"], faults
    assert again[0] == presses, (presses, again[0])
    assert again[1] == faults, (faults, again[1])
    assert head["seed"] == again[2]["seed"] == 9
    # As many packets as there were in both.
    once_more = decisions()
    common = {name: list(zip(decided[name], once_more[name])) for name in LOGS}
    assert any("l" in a for a, _ in common["b0.forth"]), "nothing was lost: choose another seed"
    assert len({a for a, _ in common["b1.forth"]}) > 5, common["b1.forth"]
    for name in LOGS:
        assert len(common[name]) > 5, (name, common[name])
        assert all(a == b for a, b in common[name]), (name, common[name])
    with open("again/report.json", encoding="utf-8") as file:
        command = json.load(file)["command"]
    assert command == f"snet replay {os.path.realpath('first')}", command

    compared = json.loads(snet("diff", "--json", "first", "again").stdout)
    assert compared["head"] == {}, compared
    assert compared["events"]["compared"] == len(presses), compared
    # A replay is a run.
    assert snet("replay", "-o", "third", "again").returncode in (0, 3)
    assert read("third")[:2] == first[:2]
    assert snet("replay", "nowhere").returncode == 2
