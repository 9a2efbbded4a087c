#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A lamp that is no part of libsnet: a program that obeys what its relayer sends it."""
import json

from coap import Device

state, applied = 0, set()


def command(payload):
    """{"id": ID, "set": VALUE} or {"id": ID, "toggle": true}; each id counts once."""
    global state
    wish = json.loads(payload)
    if wish["id"] in applied:
        return json.dumps({"state": state, "again": True}).encode()
    was, state = state, wish["set"] if "set" in wish else int(not state)
    applied.add(wish["id"])
    print("the lamp is", "on" if state else "off", flush=True)
    return json.dumps({"state": state, "was": was}).encode()


lamp = Device()
lamp.register()
print("registered as", lamp.name, flush=True)
lamp.serve(command)
