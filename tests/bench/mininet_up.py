#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Bring N hosts up on one Linux-bridge switch with Mininet and print the times as JSON (apt-get install mininet bridge-utils)."""
import json
import sys
import time

from mininet.net import Mininet
from mininet.nodelib import LinuxBridge
from mininet.topo import SingleSwitchTopo

hosts = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
start = time.monotonic()
net = Mininet(topo=SingleSwitchTopo(hosts), switch=LinuxBridge, controller=None)
net.start()
up = time.monotonic()
net.stop()
print(json.dumps({"hosts": hosts, "up_s": round(up - start, 2), "down_s": round(time.monotonic() - up, 2)}))
