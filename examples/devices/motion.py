#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A motion detector: sees something every so many seconds, and says so to its relayer."""
import json
import os
import time
import uuid

from coap import Device

detector = Device()
while True:
    event = {"specversion": "1.0", "id": str(uuid.uuid4()), "type": "press",
             "source": f"/{os.environ['SNET_LAB']}/{detector.name}",
             "data": {"target": os.environ["TARGET"]}}
    detector.post("event", payload=json.dumps(event).encode())
    print("somebody moves", flush=True)
    time.sleep(float(os.environ["EVERY"]))
