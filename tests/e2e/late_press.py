# SPDX-License-Identifier: MIT
"""A press that is not acknowledged: snet waits longer than a device keeps the event, and then
says that it may still be delivered.

usage: late_press.py SNET
"""

import os
import socket
import subprocess
import sys
import tempfile
import threading
import time

KEPT_S = 60  # how long a device keeps an event, lib/device/outgoing.c

with tempfile.TemporaryDirectory() as folder:
    os.mkdir(folder + "/snet")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(folder + "/snet/house.sock")
    listener.listen(8)
    env = os.environ | {"XDG_RUNTIME_DIR": folder}
    began = time.monotonic()
    done = subprocess.run([sys.argv[1], "press", "sw0"], capture_output=True, text=True,
                          env=env, timeout=110)
    took = time.monotonic() - began
    assert took > KEPT_S, f"gave up after {took} s"
    assert done.returncode == 1, done.returncode
    assert done.stderr == (
        "snet: the lab does not answer: the event of 'sw0' is queued and may still be "
        "delivered; 'snet events' lists it once it is\n"), done.stderr
