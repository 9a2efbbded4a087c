# SPDX-License-Identifier: MIT
"""Interrupted start-ups, and programs inside nodes, end when they should.

usage: ends.py SNET
"""

import fcntl
import json
import os
import pty
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time

snet = os.path.realpath(sys.argv[1])
DEADLINE_S = 20


def wait_until(what, is_so):
    until = time.monotonic() + DEADLINE_S
    while not is_so():
        assert time.monotonic() < until, f"never: {what}"
        time.sleep(0.01)


def run(*args, code=0, **options):
    done = subprocess.run([snet, *args], capture_output=True, text=True, timeout=60, **options)
    assert done.returncode == code, (args, done.returncode, done.stdout, done.stderr)
    return done


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def write_lab(folder, name):
    lab = {"lab": name, "nodes": [
        {"name": "s1", "kind": "switch"}, {"name": "r0", "kind": "relayer"},
        {"name": "sw0", "kind": "button", "relayer": "r0"}],
        "links": [{"from": "r0", "to": "s1"}, {"from": "sw0", "to": "s1"}]}
    if name == "never":
        # So many that it takes a while.
        lab["nodes"][2] = {"name": "sw{i}", "kind": "button", "relayer": "r0", "count": 950}
        lab["links"][1] = {"from": "sw{i}", "to": "s1", "count": 950}
    path = f"{folder}/{name}.json"
    with open(path, "w") as file:
        json.dump(lab, file)
    return path


def hosts():
    """The processes whose command line has our lab file."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline") as file:
                if folder in file.read() and is_alive(pid):
                    found.append(int(pid))
        except OSError:
            pass
    return found


def is_sweeper(pid):
    try:
        with open(f"/proc/{pid}/cmdline") as file:
            return file.read().startswith("snet-sweeper\0never\0")
    except OSError:
        return False


def is_starting():
    """The lab's store is open: it is being brought up."""
    return any(map(is_sweeper, hosts()))


def is_gone():
    return not os.path.exists(f"{folder}/state/snet/never")


def start_never(*args):
    up = subprocess.Popen([snet, "up", never, *args], stderr=subprocess.PIPE, text=True)
    wait_until("the lab is being brought up", is_starting)
    return up


def test_interrupt():
    for args in [], ["--foreground"]:
        for number in signal.SIGINT, signal.SIGTERM:
            up = start_never(*args)
            began = time.monotonic()
            up.send_signal(number)
            _, err = up.communicate(timeout=DEADLINE_S)
            assert up.returncode == 128 + number, (args, up.returncode, err)
            assert err == f"snet: interrupted while '{never}' was brought up\n", err
            assert time.monotonic() - began < 5, "the lab went on coming up"
            wait_until("its processes end", lambda: not hosts())
            assert is_gone()
    up = start_never()
    up.kill()
    up.communicate()
    began = time.monotonic()
    wait_until("the background process ends with it", lambda: not hosts())
    assert time.monotonic() - began < 5, "the lab went on coming up"
    assert is_gone()
    up = start_never()
    for pid in hosts():
        if pid != up.pid and not is_sweeper(pid):
            os.kill(pid, signal.SIGKILL)
    assert "the lab's process ended" in up.communicate()[1]
    wait_until("its sweeper ends", lambda: not hosts())
    assert os.listdir(f"{folder}/state/snet/never") == ["lab.log.new"]
    os.remove(f"{folder}/state/snet/never/lab.log.new")


def test_again():
    """The next start-up is not in the way of who removes what the first one has left."""
    for _ in range(5):
        up = start_never()
        up.terminate()
        up.communicate(timeout=DEADLINE_S)
        run("up", plain, "--name", "never")
        assert os.path.exists(f"{folder}/state/snet/never/lab.log")
        run("down", "never")
        subprocess.run(["rm", "-r", f"{folder}/state/snet/never"], check=True)


def test_keep():
    """What a lab had before a start-up that is interrupted is kept."""
    run("up", plain, "--name", "never")
    run("down", "never")
    up = start_never()
    up.terminate()
    up.communicate(timeout=DEADLINE_S)
    assert up.returncode == 128 + signal.SIGTERM, up.returncode
    wait_until("its processes end", lambda: not hosts())
    assert os.path.exists(f"{folder}/state/snet/never/store")
    subprocess.run(["rm", "-r", f"{folder}/state/snet/never"], check=True)


def test_log():
    """A second start-up leaves the first one's log alone."""
    up = start_never()
    path = f"{folder}/state/snet/never/lab.log.new"
    wait_until("a log", lambda: os.path.exists(path))
    with open(path, "a") as log:
        log.write("of the first\n")
    stopped = hosts()  # or it would be up by then
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    err = run("up", never, code=1).stderr
    assert err == "snet: lab 'never' is being brought up already\n", err
    with open(path) as log:
        assert "of the first\n" in log.read()
    up.terminate()
    for pid in stopped:
        os.kill(pid, signal.SIGCONT)
    up.communicate()


def start_exec(*words):
    """Starts a program in sw0 that prints its pid first."""
    program = subprocess.Popen([snet, "--lab", "plain", "exec", "sw0", "--", *words],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    pids = [int(word) for word in program.stdout.readline().split()]
    assert pids, program.communicate()
    return program, pids


STUBBORN = ["sh", "-c", "trap '' HUP TERM; sleep 1000 & echo $$ $!; wait; sleep 1000"]


LEFT = ["sleep 1000 >&- 2>&-", "setsid sh -c 'trap \"\" HUP; sleep 999; sleep 999' >&- 2>&-"]


def test_leftovers():
    """What a program leaves behind ends with it; when snet was killed, with the lab."""
    for left in LEFT:
        program, pids = start_exec("sh", "-c", left + " & echo $! $$; exit 5")
        assert program.wait(DEADLINE_S) == 5, program.returncode
        assert not any(map(is_alive, pids)), pids
        program.communicate()
    for end in "down", "kill":
        program, pids = start_exec("sh", "-c", LEFT[1] + " & echo $! $$; wait")
        program.kill()
        program.communicate()
        wait_until("the program dies with snet", lambda: not is_alive(pids[1]))
        assert is_alive(pids[0])
        # One that is looked after still has its time.
        other, _ = start_exec("sh", "-c", "trap 'sleep 0.3; echo bye; exit' HUP; sleep 999 & "
                              "echo $$; wait")
        if end == "down":
            run("down", "plain")
            assert not is_alive(pids[0]), "what was left outlives the lab"
        else:
            os.kill(json.loads(run("ls", "--json").stdout)[0]["pid"], signal.SIGKILL)
        wait_until("what was left ends with the lab", lambda: not is_alive(pids[0]))
        said = other.communicate(timeout=DEADLINE_S)
        assert said[0] == "bye\n", (end, said, other.returncode)
        run("down", "--all")
        run("up", plain)


def test_exec():
    for end in "down", "kill", "rm":
        run("up", plain)
        program, pids = start_exec(*STUBBORN)
        if end == "down":
            run("down", "plain")
        elif end == "rm":
            run("rm", "sw0")
        else:
            os.kill(json.loads(run("ls", "--json").stdout)[0]["pid"], signal.SIGKILL)
        wait_until("the program ends", lambda: program.poll() is not None)
        assert program.returncode == 1, program.returncode
        assert program.stderr.read() == "snet: node 'sw0' of lab 'plain' has ended, and the program with it\n"
        assert not any(map(is_alive, pids)), pids
        program.communicate()
    run("down", "--all")
    run("up", plain)
    program, pids = start_exec("sh", "-c", "echo $$; exec sleep 1000")
    program.kill()
    wait_until("the program dies with snet", lambda: not is_alive(pids[0]))
    program.communicate()
    program, pids = start_exec("sh", "-c", "echo $$; exec sleep 1000")
    program.terminate()
    program.communicate(timeout=DEADLINE_S)
    assert program.returncode == -signal.SIGTERM, program.returncode
    test_leftovers()
    run("exec", "sw0", "--", "sh", "-c", "exit 3", code=3)
    run("exec", "sw0", "--", "/nonexistent", code=127)
    run("exec", "sw0", "--", "/", code=126)
    # Its parent does not care how children end.
    run("exec", "sw0", "--", "sh", "-c", "exit 3", code=3,
        preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))


def read_until(fd, text):
    seen = b""
    until = time.monotonic() + DEADLINE_S
    while text not in seen:
        left = until - time.monotonic()
        assert left > 0 and select.select([fd], [], [], left)[0], (text, seen)
        seen += os.read(fd, 4096)
    return seen


def test_terminal():
    """A shell with job control, in a node, in a terminal: it reads, is interrupted, ends."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execv(snet, [snet, "exec", "sw0", "--", "bash", "--norc", "--noprofile", "-i"])
    os.write(fd, b"echo one$((1+1))\n")
    read_until(fd, b"one2")
    os.write(fd, b"sh -c 'echo be\"\"gun; exec sleep 1000'\n")
    read_until(fd, b"begun")
    os.write(fd, b"\x03")
    os.write(fd, b"echo code=$?.\n")
    read_until(fd, b"code=130.")
    os.write(fd, b"exit 4\n")
    try:
        while os.read(fd, 4096):
            pass
    except OSError:
        pass  # what a terminal says at its end
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 4


def test_closed():
    """Closed descriptors do no harm, and the lab that is up says so."""
    done = subprocess.run(["sh", "-c", 'exec "$0" up "$1" <&- >&- 2>&-', snet, plain], timeout=60)
    assert done.returncode == 0, done.returncode
    assert [lab["lab"] for lab in json.loads(run("ls", "--json").stdout)] == ["plain"]
    run("down", "plain")


def test_status():
    """What is saved of a lab is replaced whole, and is what it was in the end."""
    saved = f"{folder}/state/snet/plain/status.json"
    run("up", plain)
    wait_until("status.json", lambda: os.path.exists(saved))
    run("down", "plain")
    with open(saved) as old:
        text = old.read()
        run("up", plain, "--resume")
        wait_until("another one", lambda: os.stat(saved).st_ino != os.fstat(old.fileno()).st_ino)
        old.seek(0)
        assert old.read() == text
    run("rm", "sw0")
    pid = json.loads(run("ls", "--json").stdout)[0]["pid"]
    os.kill(pid, signal.SIGTERM)
    wait_until("the lab ends", lambda: not is_alive(pid))
    assert "sw0" not in run("status", "--lab", "plain").stdout


def test_hang():
    """A lab that does not answer is named, with the way to be rid of it, and waited for."""
    run("down", "--all")
    hang([], "; 'kill -9 {pid}' has it swept away instead")
    if subprocess.run([*elsewhere, "true"], capture_output=True).returncode == 0:
        hang(elsewhere, "")


def test_elsewhere():
    """Who cannot see the lab's process waits until all is gone, too."""
    if subprocess.run([*elsewhere, "true"], capture_output=True).returncode != 0:
        return
    run("up", never)
    subprocess.run([*elsewhere, snet, "down", "never"], check=True, capture_output=True, timeout=60)
    with open(f"{folder}/state/snet/never/snet.lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_waiting():
    """A lab goes down whoever waits for something in it, and they are told."""
    run("up", plain)
    run("link", "down", "r0-s1")
    press = subprocess.Popen([snet, "press", "sw0", "--wait"], stderr=subprocess.PIPE, text=True)
    wait_until("the press is under way", lambda: any(
        link["name"] == "r0-s1" and link["back"]["lost"]
        for link in json.loads(run("status", "--json").stdout)["links"]))
    with socket.socket(socket.AF_UNIX) as watcher:
        watcher.settimeout(DEADLINE_S)
        watcher.connect(f"{folder}/run/snet/plain.sock")
        watcher.sendall(b"GET /v1/watch HTTP/1.1\r\nHost: lab\r\n\r\n")
        assert watcher.recv(8) == b"HTTP/1.1"
        run("down", "plain")
        while watcher.recv(4096):
            pass
    assert press.communicate(timeout=DEADLINE_S)[1] == "snet: lab 'plain' goes down\n"
    assert press.returncode == 1


# There a lab's process has no number.
elsewhere = ["unshare", "--user", "--map-root-user", "--pid", "--fork"]


def hang(prefix, remedy):
    run("up", plain)
    pid = json.loads(run("ls", "--json").stdout)[0]["pid"]
    os.kill(pid, signal.SIGSTOP)
    with subprocess.Popen([*prefix, snet, "down", "plain"], stderr=subprocess.PIPE,
                          stdout=subprocess.DEVNULL, text=True) as down:
        try:
            assert select.select([down.stderr], [], [], DEADLINE_S)[0], "nothing is said"
            expected = "snet: waiting for lab 'plain' to take down what it has made"
            line = down.stderr.readline()
            assert line == f"{expected}{remedy.format(pid=pid)}\n", line
        finally:
            os.kill(pid, signal.SIGCONT)
        assert down.wait(DEADLINE_S) == 0


# It may have been begun by nohup(1); a shell does not trap what it ignores from the start.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
if subprocess.run([snet, "doctor"], capture_output=True).returncode != 0:
    print("labs cannot run here")
    sys.exit(77)
with tempfile.TemporaryDirectory() as folder:
    os.environ |= {"XDG_RUNTIME_DIR": folder + "/run", "XDG_STATE_HOME": folder + "/state",
                   "HOME": folder, "LC_ALL": "C.UTF-8"}
    os.mkdir(folder + "/run", 0o700)
    never, plain = write_lab(folder, "never"), write_lab(folder, "plain")
    try:
        for test in (test_closed, test_status, test_interrupt, test_again, test_keep,
                     test_log, test_exec, test_terminal, test_hang, test_elsewhere,
                     test_waiting):
            print(test.__name__, flush=True)
            test()
    finally:
        subprocess.run([snet, "down", "--all"], capture_output=True)
