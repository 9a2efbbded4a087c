#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Lab files against the schema: validate.py SCHEMA GOOD...; exit 77 without jsonschema."""
import json
import sys

try:
    import jsonschema
except ImportError:
    sys.exit(77)

SWITCH = {"name": "s", "kind": "switch"}
SCENARIO = {"scenario": "x", "lab": "lab.json", "expect": []}
DOWN = {"fault": "down", "links": "l"}

# What the schema by itself must refuse.
BAD = [
    [],
    {},
    {"nodes": [], "sede": 1},
    {"nodes": [{"name": "s"}]},
    {"nodes": [{"name": "a b", "kind": "host"}]},
    {"nodes": [{"name": "LocalHost", "kind": "host"}]},
    {"nodes": [{"name": "{i}", "kind": "host", "count": 2}]},
    {"nodes": [{"name": "10.0.{i+1}.9", "kind": "host", "count": 2}]},
    {"nodes": [{"name": "0x7F.1", "kind": "host"}]},
    {"nodes": [dict(SWITCH, address="10.0.0.1")]},
    {"nodes": [{"name": "a", "kind": "actuator", "every": "1s"}]},
    {"nodes": [{"name": "m", "kind": "sensor", "every": "20 parsecs"}]},
    {"nodes": [{"name": "m", "kind": "sensor", "values": []}]},
    {"nodes": [dict(SWITCH, count=0)]},
    {"nodes": [SWITCH], "links": [{"from": "s"}]},
    {"nodes": [SWITCH], "links": [{"from": "s", "to": "t", "back": {"dealy": 1}}]},
    {"nodes": [SWITCH], "links": [{"from": "s", "to": "t", "profile": "wfii"}]},
    {"nodes": [SWITCH], "links": [{"from": "s", "to": "t", "back": {"profile": "wifi"}}]},
    {"nodes": [SWITCH], "links": [{"from": "s", "to": "t", "loss": {"nth": 0}}]},
    {"nodes": [SWITCH], "links": [{"from": "s", "to": "t", "loss": {"state": []}}]},
    {"nodes": [SWITCH], "links": [{"from": "s", "to": "t", "loss": {"nth": 2, "state": [1]}}]},
    {"nodes": [SWITCH], "links": [{"from": "s", "to": "t", "loss": {}}]},
    {"nodes": [SWITCH], "links": [{"from": "s", "to": "t", "limit": "100"}]},
    {"nodes": [SWITCH], "links": [{"from": "s", "to": "t", "limit": []}]},
    {"nodes": [SWITCH], "links": [{"from": "s", "to": "t", "distribution": "gauss"}]},
    {"nodes": [SWITCH], "links": [{"from": "s", "to": "t", "queue": "red"}]},
    {"nodes": [SWITCH], "links": [{"from": "s", "to": "t", "shaper": "kernel"}]},
    {"nodes": [SWITCH], "links": [{"from": "s", "to": "t", "overhead": 0.5}]},
    {"nodes": [SWITCH], "links": [{"from": "s", "to": "t", "down": "yes"}]},
    {"nodes": [], "backends": {"b": {"kind": "openwhisk"}}},
    {"nodes": [], "backends": {"b": {"kind": "native", "url": "http://h"}}},
    {"nodes": [{"name": "r", "kind": "relayer",
                "routes": [{"function": "f", "exchange": "fanout", "key": "k"}]}]},
    {"nodes": [{"name": "p", "kind": "process"}]},
    {"nodes": [{"name": "p", "kind": "process", "command": []}]},
    {"nodes": [{"name": "p", "kind": "process", "command": ["x"], "rootfs": "/"}]},
    {"nodes": [{"name": "p", "kind": "process", "command": ["x"], "env": {"A": 1}}]},
    {"nodes": [{"name": "p", "kind": "process", "command": ["x"], "restart": "never"}]},
    {"nodes": [{"name": "f", "kind": "functions", "functions": {"f": {}}}]},
    {"nodes": [{"name": "f", "kind": "functions", "functions": {"f": {"code": "x"}}}]},
    SCENARIO | {"workload": [{"press": "b"}]},
    SCENARIO | {"workload": [{"press": "b", "at": 1, "every": 1}]},
    SCENARIO | {"workload": [{"press": "b", "at": 1, "from": 0}]},
    SCENARIO | {"workload": [{"press": "b", "at": 1, "until": 2}]},
    SCENARIO | {"workload": [{"press": "b", "recorded": "history.jsonl"}]},
    SCENARIO | {"workload": [{"burst": 2, "recorded": "history.jsonl"}]},
    SCENARIO | {"workload": [{"data": 1, "recorded": "history.jsonl"}]},
    SCENARIO | {"timeline": [{"fault": "dwon", "links": "l", "at": 1}]},
    SCENARIO | {"timeline": [{"fault": "down", "at": 1}]},
    SCENARIO | {"timeline": [{"fault": "flap", "links": "l", "down": 1, "at": 1}]},
    SCENARIO | {"timeline": [{"fault": "503", "at": 1}]},
    SCENARIO | {"expect": [{"check": "delivry", "guarantee": "exactly-once"}]},
    SCENARIO | {"expect": [{"check": "delivery"}]},
    SCENARIO | {"expect": [{"check": "command", "expression": "lost == 0"}]},
    SCENARIO | {"until": "5s"},
    SCENARIO | {"until": {"event": 2}},
    SCENARIO | {"until": {"step": "acknowledgement"}},
    SCENARIO | {"timeline": [DOWN | {"after": {}}]},
    SCENARIO | {"timeline": [DOWN | {"after": {"step": "sent", "end": True}}]},
    SCENARIO | {"timeline": [DOWN | {"after": {"fault": "x", "event": 2}}]},
    SCENARIO | {"timeline": [DOWN | {"after": {"fault": "x", "step": "sent"}}]},
    SCENARIO | {"timeline": [{"fault": "503", "nodes": "f", "at": 1, "share": 0}]},
    SCENARIO | {"timeline": [{"fault": "503", "nodes": "f", "at": 1, "share": "0.0 %"}]},
]


def main(schema_path, *good_paths):
    with open(schema_path, encoding="utf-8") as file:
        schema = json.load(file)
    validator_class = jsonschema.validators.validator_for(schema)
    validator_class.check_schema(schema)
    validator = validator_class(schema)
    failed = 0
    for path in good_paths:
        with open(path, encoding="utf-8") as file:
            for error in validator.iter_errors(json.load(file)):
                print(f"{path}: {error.json_path}: {error.message}")
                failed += 1
    for lab in BAD:
        if validator.is_valid(lab):
            print(f"accepted: {json.dumps(lab)}")
            failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
