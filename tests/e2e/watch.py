# SPDX-License-Identifier: MIT
"""The dashboard on a terminal: its page of links, by its keys.

usage: watch.py SNET
"""

import fcntl
import json
import os
import pty
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time

snet = os.path.realpath(sys.argv[1])
DEADLINE_S = 20
REDRAW = b"\x0c"


def run(*args):
    done = subprocess.run([snet, *args], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, (args, done)
    return done.stdout


def read_until(fd, *texts):
    """What ncurses paints: all of the screen when that was asked for, else what has changed."""
    got, until = b"", time.monotonic() + DEADLINE_S
    while not all(text.encode() in got for text in texts):
        assert time.monotonic() < until, (texts, got[-2000:])
        if select.select([fd], [], [], 0.5)[0]:
            got += os.read(fd, 65536)
        else:
            os.write(fd, REDRAW)


def test_keys(columns, rows):
    """The arrows choose a direction, and the foot tells of it; one that is down is seen to be."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execve(snet, [snet, "watch"], os.environ | {"TERM": "xterm"})
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    read_until(fd, "3 nodes  2 links", "live")
    os.write(fd, b"s")
    read_until(fd, " a-b forth ", "packets", "lost", "0 in all", "changed", "duplicated")
    for key, told in ((b"\x1bOB", " a-b back "), (b"\x1bOC", " b-c back is down "),
                      (b"k", " b-c forth is down "), (b"\t\t", " a-b forth ")):
        os.write(fd, key)
        read_until(fd, told)
    os.write(fd, b"s")
    read_until(fd, "events", "none yet")
    os.write(fd, b"q")
    try:
        while os.read(fd, 65536):
            pass
    except OSError:
        pass  # what a terminal says at its end
    os.close(fd)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_once():
    """As wide as a terminal without one is taken to be."""
    title = run("watch", "--once").splitlines()[0]
    assert title.startswith(" w  3 nodes  2 links  ") and title.endswith(" on their way"), title
    assert " packets shaped, " in title and len(title) <= 80, title


if subprocess.run([snet, "doctor"], capture_output=True).returncode != 0:
    print("skipped: labs cannot run here")
    sys.exit(77)
with tempfile.TemporaryDirectory() as folder:
    os.environ |= {"XDG_RUNTIME_DIR": folder + "/run", "XDG_STATE_HOME": folder + "/state",
                   "HOME": folder, "LC_ALL": "C.UTF-8"}
    os.environ.pop("COLUMNS", None)
    os.mkdir(folder + "/run", 0o700)
    with open(folder + "/lab.json", "w") as file:
        json.dump({"lab": "w", "nodes": [{"name": n, "kind": "host"} for n in "abc"],
                   "links": [{"from": "a", "to": "b", "shaper": "user", "back": {"delay": "1ms"}},
                             {"from": "b", "to": "c"}]}, file)
    try:
        run("up", folder + "/lab.json")
        run("link", "down", "b-c")
        test_once()
        test_keys(80, 24)
        test_keys(40, 16)
    finally:
        subprocess.run([snet, "down", "--all"], capture_output=True)
