# SPDX-License-Identifier: MIT
"""However a lab ends, nothing of it is left, the host is as before, and the next lab of its name
comes up at once. Several labs and users do not meet.

usage: clean.sh SNET CRASH   (as the first process of its namespaces)
"""

import glob
import json
import os
import random
import resource
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time

KILLS = 20
RESUMES = 4
DEADLINE_S = 20

snet, crash = map(os.path.realpath, sys.argv[1:3])
folder = tempfile.mkdtemp(prefix="snet-clean-")
run_folder, state_folder = folder + "/run", folder + "/state"
os.environ |= {"XDG_RUNTIME_DIR": run_folder, "XDG_STATE_HOME": state_folder,
               "TMPDIR": folder + "/tmp", "HOME": folder, "LC_ALL": "C.UTF-8"}
os.mkdir(run_folder, 0o700)
os.mkdir(state_folder, 0o700)
os.mkdir(folder + "/tmp", 0o700)
random.seed(11)

FLIP = "exports.main = (event) => ({ target: event.data.target });"


def describe_lab(name="clean", **changes):
    nodes = [
        {"name": "s", "kind": "switch"}, {"name": "t", "kind": "switch"},
        {"name": "r0", "kind": "relayer", "routes": [{"function": "flip", "backend": "cloud"}]},
        {"name": "b0", "kind": "button", "relayer": "r0", "data": {"target": "a0"}},
        {"name": "a0", "kind": "actuator", "relayer": "r0", "state": 0},
        {"name": "cleaned", "kind": "process", "command": ["sleep", "1000"], "memory": "64MiB",
         "restart": "always"},
        {"name": "q0", "kind": "router"}, {"name": "h0", "kind": "host"},
        {"name": "g0", "kind": "gateway", "forward": [{"port": 9, "to": "127.0.0.1:9"}]},
        {"name": "cloud", "kind": "functions",
         "functions": {"flip": {"code": FLIP, "kind": "nodejs:default"}}},
    ]
    links = [{"from": node, "to": "s"} for node in ("r0", "b0", "a0", "cleaned", "q0", "g0")]
    links += [{"from": "q0", "to": "h0"}, {"from": "s", "to": "t"},
              {"from": "cloud", "to": "t"}]
    if has_containers:
        nodes.append({"name": "boxed", "kind": "container", "rootfs": folder + "/root",
                      "command": ["/bin/busybox", "sleep", "1000"]})
        links.append({"from": "boxed", "to": "s"})
    for node in nodes:
        node.update(changes.get(node["name"], {}))
    lab = {"lab": name, "ipv6": True, "nodes": nodes, "links": links,
           "backends": {"cloud": {"kind": "openwhisk", "node": "cloud"}}}
    path = f"{folder}/{name}-{len(changes)}.json"
    with open(path, "w") as file:
        json.dump(lab, file)
    return path


def make_root():
    """A root file system for containers, where they can be had."""
    busybox = shutil.which("busybox")
    if not busybox or not shutil.which("crun"):
        return False
    for name in "bin", "dev", "etc", "proc", "sys", "tmp":
        os.makedirs(f"{folder}/root/{name}")
    for name in "hosts", "resolv.conf":
        open(f"{folder}/root/etc/{name}", "w").close()
    shutil.copy(busybox, folder + "/root/bin/busybox")
    return True


def run(*args, code=0, **options):
    done = subprocess.run([snet, *args], capture_output=True, text=True, timeout=60, **options)
    if code is not None and done.returncode != code:
        raise SystemExit(f"snet {' '.join(args)}: {done.returncode}: {done.stderr}{done.stdout}")
    return done


def others():
    """Processes that are not this one; those that are only not yet waited for are reaped."""
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                break
        except ChildProcessError:
            break
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as file:
                state = file.read().rpartition(")")[2].split()[0]
            with open(f"/proc/{pid}/cmdline") as file:
                line = file.read().replace("\0", " ")
        except OSError:
            continue
        if int(pid) != os.getpid() and state != "Z":
            found[int(pid)] = line
    return found


def ask(*words):
    if not shutil.which(words[0]):
        return ""
    return subprocess.run(words, capture_output=True, text=True).stdout


def files_below(*folders):
    return sorted(os.path.join(at, name) for top in folders
                  for at, names, more in os.walk(top) for name in names + more)


def world():
    """What of the host and the kernel a lab could have changed or left."""
    with open("/proc/self/mountinfo") as file:
        mounts = file.read()
    return {
        "interfaces": ask("ip", "-d", "link"),
        "routes": ask("ip", "route", "show", "table", "all"),
        "IPv6 routes": ask("ip", "-6", "route", "show", "table", "all"),
        "rules": ask("ip", "rule"),
        "firewall": ask("nft", "list", "ruleset"),
        "mounts": mounts,
        "processes": others(),
        "groups": [path for path in files_below("/sys/fs/cgroup")
                   if "-cleaned-" in path and os.path.isdir(path)],
        "sockets": files_below(run_folder),
        "scraps": [path for path in files_below(state_folder)
                   if "/snet.containers" in path or "/function@" in path or "/gone@" in path],
        "temporary files": files_below(folder + "/tmp"),
    }


def skip(what, why):
    """It is no pass: see summary.awk."""
    print(f"skipped: {what}: {why}", file=sys.stderr, flush=True)


def compare(before, what):
    """Wait until the world is as before: the kernel deletes some things later."""
    until = time.monotonic() + DEADLINE_S
    while True:
        after = world()
        left = {key: after[key] for key in after if after[key] != before[key]}
        if not left:
            return
        if time.monotonic() > until:
            raise SystemExit(f"{what}: left behind: {left}, before: "
                             f"{ {key: before[key] for key in left} }")
        time.sleep(0.01)


def hosts():
    """The processes that run our labs."""
    return [pid for pid, line in others().items() if " up " in line and folder in line]


def lab_pid(name="clean"):
    return next(lab["pid"] for lab in json.loads(run("ls", "--json").stdout)
                if lab["lab"] == name)


def press(name="clean"):
    """A press, which has a worker run the function."""
    run("--lab", name, "press", "b0", "--wait")


def state(name="clean"):
    nodes = json.loads(run("--lab", name, "--json", "status").stdout)["nodes"]
    return next(node["state"] for node in nodes if node["name"] == "a0")


def check_again(before, what):
    """The next lab of the name comes up at once, works and leaves nothing, not even of the last."""
    run("up", good)
    press()
    others()  # who is dead but not waited for still has its number
    run("down", "clean")
    compare(before, what)


def test_down(before):
    for _ in range(2):
        check_again(before, "down")


def test_kill(before):
    run("up", good)
    press()
    os.kill(lab_pid(), signal.SIGKILL)
    run("up", good)  # without waiting for anything
    os.kill(lab_pid(), signal.SIGKILL)
    compare(before, "kill -9")
    check_again(before, "kill -9")


def test_resume(before):
    """Who sweeps behind a lab that was killed leaves its state alone, and what the next lab has."""
    run("up", good)
    for i in range(1, RESUMES + 1):
        press()
        os.kill(lab_pid(), signal.SIGKILL)
        if i % 2:
            compare(before, "kill -9 before --resume")
        run("up", good, "--resume")
        assert state() == i % 2, (state(), i)
    others()
    run("down", "clean")
    compare(before, "--resume after kill -9")


def sweepers():
    return [pid for pid, line in others().items() if line.startswith("snet-sweeper clean ")]


def test_race(before):
    """The sweeper of a lab that was killed comes to work when the next one is there."""
    run("up", good)
    for _ in range(RESUMES):
        late, = sweepers()
        os.kill(late, signal.SIGSTOP)
        os.kill(lab_pid(), signal.SIGKILL)
        run("up", good)
        os.kill(late, signal.SIGCONT)
        until = time.monotonic() + DEADLINE_S
        while late in others():
            assert time.monotonic() < until, "the sweeper does not end"
            time.sleep(0.01)
        press()
    others()
    run("down", "clean")
    compare(before, "a late sweeper")


def test_kill_up(before):
    began = time.monotonic()
    run("up", good)
    took = time.monotonic() - began
    run("down", "clean")
    for i in range(KILLS):
        up = subprocess.Popen([snet, "up", good], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
        time.sleep(random.random() * took)  # not a synchronisation: anywhere in the work
        for pid in hosts() if i % 2 else [up.pid]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        up.wait(DEADLINE_S)
        if i % 2 == 0:  # its process goes with "snet up", unless it was done
            run("down", "--all")
            compare(before, f"kill -9 of the {i}th 'snet up'")
        check_again(before, f"kill -9 in the {i}th 'snet up'")


def test_crash(before):
    for check in compare, check_again:
        done = subprocess.run([crash, good, state_folder + "/snet/clean"], capture_output=True, text=True,
                              timeout=60)
        assert done.returncode != 0 and "has not crashed" not in done.stderr, done
        check(before, "crash")


def mount_state(size):
    return subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "none",
                           state_folder]).returncode == 0


def test_full_disk(before):
    if os.geteuid() != 0:
        return  # only root mounts
    for size in "4k", "16k", "64k", "256k":
        assert mount_state(size)
        try:
            done = run("up", good, code=None)
            assert done.returncode in (0, 1), done
            assert done.returncode == 0 or "snet" in done.stderr, done
            if done.returncode == 0:
                run("down", "clean")
            subprocess.run(["mount", "-o", "remount,size=64m", state_folder], check=True)
            run("up", good)
            with open(state_folder + "/fill", "wb") as file:
                try:
                    while True:
                        file.write(bytes(1 << 20))
                except OSError:
                    pass
            # The relayer takes no event that it cannot write; the button tries on.
            pressing = subprocess.Popen([snet, "press", "b0"], stderr=subprocess.DEVNULL)
            run("down", "clean")
            pressing.wait(DEADLINE_S)
        finally:
            subprocess.run(["umount", state_folder], check=True)
        compare(before, f"a disk of {size}")
    check_again(before, "full disk")


def check_fails(before, path, text, **options):
    for check in compare, check_again:
        done = run("up", path, code=1, **options)
        assert text in done.stderr, done.stderr
        check(before, text)


def test_failed_up(before):
    empty = folder + "/empty"
    os.close(os.open(empty, os.O_CREAT, 0o700))
    check_fails(before, describe_lab(cleaned={"command": [empty]}),
                f"node 'cleaned': cannot start '{empty}'")
    os.makedirs(run_folder + "/snet/clean.sock/full")
    done = run("up", good, code=1)
    assert "clean.sock" in done.stderr, done.stderr
    shutil.rmtree(run_folder + "/snet/clean.sock")
    compare(before, "a socket that cannot be made")
    for count in range(8, 80, 9):
        def limit(files=count):
            resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
        done = run("up", good, code=1, preexec_fn=limit)
        assert done.stderr.startswith("snet: "), done.stderr
        compare(before, f"{count} descriptors")
    check_again(before, "descriptors")


def test_several(before):
    names = "one", "two", "three"
    for name in names:
        run("up", good, "--name", name)
    press("one")
    press("one")
    press("two")
    assert [state(name) for name in names] == [0, 1, 0], [state(name) for name in names]
    for name in names:
        run("--lab", name, "exec", "h0", "--", "ping", "-c", "1", "-W", "3", "r0")
    err = run("up", good, "--name", "two", code=1).stderr
    assert "lab 'two' is running already" in err, err
    os.kill(lab_pid("one"), signal.SIGKILL)
    press("two")
    press("three")
    assert [state(name) for name in names[1:]] == [0, 1]
    others()
    run("down", "--all")
    compare(before, "several labs")


def is_private(path):
    return stat.S_IMODE(os.stat(path).st_mode) & 0o077 == 0


def test_private(before):
    run("up", good)
    for path in run_folder + "/snet", run_folder + "/snet/clean.sock", state_folder + "/snet/clean":
        assert is_private(path), path
    run("down", "clean")
    compare(before, "private")


def as_nobody(*words, **options):
    return subprocess.run(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
                           *words], capture_output=True, text=True, timeout=60, **options)


def test_users(before):
    """Labs of one name of root and of nobody, in the places that both have without a word."""
    if os.geteuid() != 0:
        return  # root's run has it
    if as_nobody("unshare", "--user", "true").returncode != 0:
        skip("users", "nobody may make no user namespace")
        return
    home = folder + "/nobody"
    os.makedirs(home + "/run", 0o700)
    for path in home, home + "/run":
        os.chown(path, 65534, 65534)
    os.chmod(folder, 0o711)
    os.chmod(good, 0o644)
    if has_containers:
        subprocess.run(["chmod", "-R", "a+rX", folder + "/root"], check=True)
    env = os.environ | {"HOME": home, "XDG_STATE_HOME": home, "XDG_RUNTIME_DIR": home + "/run",
                        "TMPDIR": home}
    run("up", good)
    done = as_nobody(snet, "up", good, env=env)
    assert done.returncode == 0, done.stderr
    press()
    done = as_nobody(snet, "status", "--json", env=env)
    nodes = json.loads(done.stdout)["nodes"]
    assert next(node["state"] for node in nodes if node["name"] == "a0") == 0
    assert state() == 1
    # Who knows the place of another user's socket cannot open it.
    os.chmod(run_folder, 0o755)
    done = as_nobody(snet, "status", env=env | {"XDG_RUNTIME_DIR": run_folder})
    assert done.returncode == 1 and "Permission denied" in done.stderr, done
    done = as_nobody("python3", "-c", "import socket, sys\n"
                     "socket.socket(socket.AF_UNIX).connect(sys.argv[1])",
                     run_folder + "/snet/clean.sock")
    assert "PermissionError" in done.stderr, done
    run("down", "clean")
    done = as_nobody(snet, "down", "clean", env=env)
    assert done.returncode == 0, done.stderr
    compare(before, "two users")


def test_nested(before):
    """A user namespace with one id, in which the lab makes one of its own."""
    ids = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
    if os.geteuid() == 0:
        return  # root's files are root's
    if subprocess.run([*ids, "true"], capture_output=True).returncode != 0:
        skip("nested", "no user namespace can be made")
        return
    script = f"{snet} up {good} && {snet} press b0 --wait && {snet} down clean"
    done = subprocess.run([*ids, "sh", "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    compare(before, "nested")


def test_forbidden(before):
    """Where user namespaces are forbidden the setting is named; those of other systems stand in a folder over
    that of this one's."""
    for setting, bad, wanted in (("user.max_user_namespaces", 0, 10000),
                                 ("kernel.unprivileged_userns_clone", 0, 1),
                                 ("kernel.apparmor_restrict_unprivileged_userns", 1, 0)):
        of = setting.partition(".")[2]
        script = "echo 0 >/proc/sys/user/max_user_namespaces &&"
        if setting.startswith("kernel."):
            script += ("mount -t tmpfs none /proc/sys/user && mount -t tmpfs none /proc/sys/kernel &&"
                       f"echo {bad} >/proc/sys/kernel/{of} &&")
        script += "exec setpriv --bounding-set=-all --inh-caps=-all \"$@\""
        done = subprocess.run(["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh",
                               snet, "up", good], capture_output=True, text=True, timeout=60)
        if "max_user_namespaces: " in done.stderr or done.stderr.startswith(("unshare", "mount")):
            skip("forbidden", done.stderr.strip())
            return
        assert done.returncode == 1, done
        assert (f"user namespaces are forbidden by {setting}={bad} (as root: 'sysctl -w {setting}={wanted}', "
                "or run this as root)") in done.stderr, done.stderr
        compare(before, setting)


if subprocess.run([snet, "doctor"], capture_output=True).returncode != 0:
    print("labs cannot run here")
    sys.exit(77)
try:
    has_containers = make_root()
    good = describe_lab()
    run("up", good)  # makes the folders that stay
    run("down", "clean")
    start = world()
    for test in (test_down, test_kill, test_resume, test_race, test_kill_up, test_crash, test_full_disk, test_failed_up,
                 test_several, test_private, test_users, test_nested, test_forbidden):
        began = time.monotonic()
        test(start)
        print(f"{test.__name__}: {time.monotonic() - began:.1f} s", flush=True)
finally:
    run("down", "--all", code=None)
    shutil.rmtree(folder)
