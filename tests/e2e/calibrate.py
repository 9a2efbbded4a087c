# SPDX-License-Identifier: MIT
"""What this machine achieves is measured, kept, and compared with what a lab asks for.

usage: calibrate.py SNET
"""

import datetime
import json
import os
import pty
import select
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time

snet = os.path.realpath(sys.argv[1])
DELAYS = ("1ms", "10ms", "100ms")
RATES = {"1Mbit": 1e6, "10Mbit": 1e7, "100Mbit": 1e8, "1Gbit": 1e9}


def run(*args, code=0, timeout=60):
    done = subprocess.run([snet, *args], capture_output=True, text=True, timeout=timeout)
    assert done.returncode == code, (args, done.returncode, done.stdout, done.stderr)
    return done


def check_quantiles(value):
    assert set(value) == {"p50", "p99"}, value
    assert 0 <= value["p50"] <= value["p99"] < 10e6, value


def check_way(way, more):
    assert set(way) == {"stream_gbps", "packets_per_s", "latency_us"} | more, way
    assert 0 < way["stream_gbps"] < 1e4, way
    assert 0 < way["packets_per_s"] < 1e9, way
    check_quantiles(way["latency_us"])


def check_shares(value, keys, low, high):
    assert set(value) == set(keys), value
    assert all(low <= value[key] <= high for key in keys), value


def check_shaper(way):
    check_way(way, {"delay_error_us", "rate_error", "loss"})
    assert set(way["delay_error_us"]) == set(DELAYS), way
    for error in way["delay_error_us"].values():
        check_quantiles(error)
    # No more than the rate, and some of it however little the machine has time for.
    check_shares(way["rate_error"], RATES, -1, 0.02)
    # Five standard deviations of 10,000 packets.
    check_shares({"1%": way["loss"]["1%"]}, ["1%"], 0.005, 0.015)
    check_shares({"10%": way["loss"]["10%"]}, ["10%"], 0.085, 0.115)
    assert set(way["loss"]) == {"1%", "10%"}, way


def check(measured, shapers):
    """Every key is there, and no value that cannot be."""
    assert set(measured) == {"date", "kernel", "cpus", "timer", "others", "plain", *shapers}, measured
    datetime.datetime.fromisoformat(measured["date"][:19])
    assert measured["date"].endswith("Z"), measured["date"]
    assert measured["kernel"] == os.uname().release
    assert measured["cpus"] == os.sysconf("SC_NPROCESSORS_ONLN")
    check_quantiles(measured["timer"])
    assert 0 <= measured["others"] <= 1, measured
    check_way(measured["plain"], set())
    for name in shapers:
        if name == "netem" and not has_netem:
            assert measured[name] is None, measured
        else:
            check_shaper(measured[name])


def check_warning(said, measured):
    """When others took much of the processors, the measurement is to be repeated."""
    share = measured["others"]
    assert said == ("" if share <= 0.05 else
                    f"snet: warning: others took {100 * share:.0f} % of the processors' time "
                    "meanwhile: measure again when the machine has nothing else to do\n"), (said, share)


def read_terminal(fd, text):
    """What comes until this text."""
    got, until = b"", time.monotonic() + 20
    while text not in got:
        assert time.monotonic() < until and select.select([fd], [], [], 20)[0], got
        got += os.read(fd, 4096)
    return got


def test_interrupted():
    """On a terminal it shows at once what is measured; Ctrl-C ends it, and nothing is kept."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execv(snet, [snet, "calibrate", "--shaper", "user"])
    assert b"throughput" not in read_terminal(fd, b"]   0 %  timer")
    read_terminal(fd, b" %  throughput")
    os.write(fd, b"\x03")
    read_terminal(fd, b"\r\x1b[Ksnet: interrupted: nothing was kept\r\n")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 130
    os.close(fd)  # not before: that is a SIGHUP
    assert not os.path.exists(stored)
    for number in (signal.SIGINT, signal.SIGTERM):
        with subprocess.Popen([snet, "calibrate", "--shaper", "user"], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as program:
            # It has no word to say when it begins.
            status = f"/proc/{program.pid}/status"
            until = time.monotonic() + 20
            while not any(line.startswith("SigCgt:") and int(line.split()[1], 16) >> (number - 1) & 1
                          for line in open(status)):
                assert time.monotonic() < until
                time.sleep(0.01)
            program.send_signal(number)
            said = program.communicate(timeout=20)
        assert said == ("", "snet: interrupted: nothing was kept\n"), said
        assert program.returncode == 128 + number
    assert not os.path.exists(stored)


def test_refused():
    """What cannot be measured is said, and nothing is kept."""
    wrong = {"nettem": "unknown shaper 'nettem', did you mean 'netem'?",
             "auto": "unknown shaper 'auto': there are netem and user"}
    if not has_netem:
        wrong["netem"] = "cannot calibrate 'netem': this kernel has no sch_netem"
    for name, text in wrong.items():
        done = run("calibrate", "--shaper", name, code=2)
        assert done.stdout == "", done
        assert done.stderr == f"snet: {text}\ntry 'snet help calibrate'\n", done
    assert not os.path.exists(stored)


def test_json():
    """One shaper is measured, and nothing is known of another."""
    done = run("calibrate", "--shaper", "user", "--json", timeout=200)
    check(json.loads(done.stdout), ["user"])
    check_warning(done.stderr, json.loads(done.stdout))
    with open(stored) as file:
        assert json.load(file) == json.loads(done.stdout)
    # It is nobody else's, whatever its folder is.
    assert stat.S_IMODE(os.stat(stored).st_mode) == 0o600
    assert os.stat(stored).st_uid == os.geteuid()


def bring_up(links, *args):
    lab = {"lab": "asks", "nodes": [{"name": n, "kind": "host"} for n in "abcd"],
           "links": [{"from": "a", "to": "b"} | links[0], {"from": "c", "to": "d"} | links[1]]}
    with open(folder + "/lab.json", "w") as file:
        json.dump(lab, file)
    return run("up", folder + "/lab.json", *args)


def test_demands():
    """What is asked for beyond it is told by whatever shows the lab, and what is not is not."""
    with open(stored) as file:
        measured = json.load(file)
    best = max(rate * (1 + measured["user"]["rate_error"][key]) for key, rate in RATES.items())
    much = {"shaper": "user", "rate": "90Gbit"}
    said = bring_up([much, {"shaper": "user", "rate": "1kbit"}]).stderr.splitlines()
    assert len(said) == 2, said
    words = said[0].split(", this machine's user shaper was measured at ")
    assert words[0] == "snet: warning: link 'a-b' asks for 90Gbit", said
    number, unit = words[1][:-4], {"G": 1e9, "M": 1e6, "k": 1e3}[words[1][-4]]
    assert abs(float(number) * unit / best - 1) < 0.01, (said, best)
    assert said[1].startswith("snet: warning: the rates of 2 links are those of "), said
    texts = [line.removeprefix("snet: ") for line in said]

    shown = json.loads(run("status", "--json").stdout)["calibration"]
    assert shown["date"] == measured["date"], shown
    assert ["warning: " + one["text"] for one in shown["exceeded"]] == texts, shown
    assert [one.get("link") for one in shown["exceeded"]] == ["a-b", None], shown
    assert set(shown["late"]) == {"than_us", "packets", "late", "starved"}, shown
    assert shown["late"]["than_us"] > 0 and shown["late"]["starved"] is None, shown
    for command in (["status"], ["link", "show"]):
        assert run(*command).stdout.splitlines()[-2:] == texts, command
    assert run("link", "show", "a-b").stdout.splitlines()[-1] == texts[0]
    assert "warning" not in run("link", "show", "c-d").stdout
    assert json.loads(run("link", "show", "--json").stdout)["calibration"] == shown
    # What is changed is judged as it is then.
    run("link", "set", "a-b", "rate=1kbit")
    assert "warning" not in run("status").stdout
    run("down")


def run_asking(link, **more):
    """What is printed of a run with this link, and what its report has of the calibration."""
    lab = {"lab": "asks", "nodes": [{"name": n, "kind": "host"} for n in "ab"],
           "links": [{"from": "a", "to": "b"} | link]}
    scenario = {"scenario": "asks", "lab": lab, "duration": "100ms",
                "expect": [{"check": "expression", "expression": "lost == 0"}]}
    with open(folder + "/asks.json", "w") as file:
        json.dump(scenario | more, file)
    shutil.rmtree(folder + "/asks", ignore_errors=True)
    said = run("run", folder + "/asks.json", "-o", folder + "/asks").stdout
    with open(folder + "/asks/report.json") as file:
        return said, json.load(file)["calibration"]


def test_report():
    """A run whose links ask for more says so, in report.json and report.html as well."""
    said, told = run_asking({"shaper": "user", "rate": "90Gbit"})
    assert [line for line in said.splitlines() if line.startswith("! ")] == \
        ["! " + one["text"] for one in told["exceeded"]], said
    with open(stored) as file:
        assert told["date"] == json.load(file)["date"], told
    assert [one.get("link") for one in told["exceeded"]] == ["a-b", None], told
    assert told["exceeded"][0]["text"].startswith("link 'a-b' asks for 90Gbit"), told
    with open(folder + "/asks/report.html") as file:
        assert "asks for 90Gbit" in file.read()


def test_other_shaper():
    """A run is compared with the shaper that its links have, and that was not measured here."""
    with open(stored) as file:
        measured = json.load(file)
    measured["netem"] = measured.pop("user")
    with open(stored, "w") as file:
        json.dump(measured, file)
    # A plain link, but for a fault that has our thread shape it.
    _, told = run_asking({}, timeline=[{"fault": "drop", "links": "a-b", "at": "10ms",
                                        "for": "10ms", "optional": True}])
    assert told["exceeded"] == [{"text": "1 link has this machine's user shaper, which "
                                         "'snet calibrate' has not measured"}], told
    assert run_asking({})[1]["exceeded"] == []


def spoil(measured, **members):
    """Where it is kept is what was measured, with these members."""
    with open(stored, "w") as file:
        json.dump(measured | members, file)


def test_unusable():
    """What is damaged, or another machine's, is not used, and that is told with what to do."""
    with open(stored) as file:
        measured = json.load(file)
    kernel, cpus = measured["kernel"], measured["cpus"]
    this = f"and this is kernel {kernel} with {cpus}"
    for damage, why in (
            (lambda: open(stored, "w").write("{bad"), "1:3: not JSON near 'ad'"),
            (lambda: spoil(measured, plain=measured["plain"] | {"stream_gbps": -5}),
             "'plain.stream_gbps' is no number from 0 to 1e+12"),
            (lambda: spoil(measured, kernel="5.4.0-other"),
             f"it was measured on kernel 5.4.0-other with {cpus} processors, {this}"),
            (lambda: spoil(measured, cpus=cpus + 62),
             f"it was measured on kernel {kernel} with {cpus + 62} processors, {this}")):
        damage()
        told = f"'{stored}' is not used: {why}; run 'snet calibrate' again"
        done = bring_up([{"shaper": "user", "rate": "90Gbit"}, {}])
        assert done.stderr == f"snet: warning: {told}\n", done
        shown = json.loads(run("status", "--json").stdout)["calibration"]
        assert shown["date"] is None and shown["exceeded"] == [], shown
        assert shown["unusable"] == told and shown["late"]["than_us"] == 1000, shown
        for command in (["status"], ["link", "show"]):
            assert run(*command).stdout.splitlines()[-1] == f"warning: {told}", command
        run("down")
    shutil.rmtree(folder + "/asks")
    done = run("run", folder + "/asks.json", "-o", folder + "/asks")
    assert done.stderr == f"snet: warning: {told}\n", done
    with open(folder + "/asks/report.json") as file:
        assert json.load(file)["calibration"] is None


def test_uncalibrated():
    """Without a calibration nothing is said, but that there is none."""
    os.remove(stored)
    done = bring_up([{"shaper": "user", "rate": "90Gbit"}, {}], "--json")
    shown = json.loads(done.stdout)["calibration"]
    assert done.stderr == "" and shown["date"] is None and shown["exceeded"] == [], done
    assert shown["unusable"] is None and shown["late"]["than_us"] == 1000, shown
    run("down")


def test_text():
    """As people read it, of all shapers; when we are root, as somebody who is not."""
    place, program = folder + "/nobody", folder + "/snet"
    os.mkdir(place)
    as_nobody = []
    if os.geteuid() == 0:
        shutil.copy(snet, program)
        os.chmod(folder, 0o755)
        os.chown(place, 65534, 65534)
        as_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    env = os.environ | {"XDG_STATE_HOME": place, "HOME": place, "XDG_RUNTIME_DIR": place}
    # The processors are taken while the first is measured, which is how late a thread wakes.
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"])
            for _ in range(os.sysconf("SC_NPROCESSORS_ONLN"))]
    over = threading.Timer(6, lambda: [one.kill() for one in busy])
    over.start()
    done = subprocess.run([*as_nobody, program if as_nobody else snet, "calibrate"],
                          capture_output=True, text=True, timeout=200, env=env)
    over.join()
    for one in busy:
        one.wait()
    assert done.returncode == 0, done
    lines = done.stdout.splitlines()
    way = ["  one TCP stream ", "  packets of 64 bytes ", "  latency p50 "]
    shaped = [*way, *(f"  error of a delay of {delay}: p50 " for delay in DELAYS),
              *(f"  error of a rate of {rate}: " for rate in RATES), "  loss of 1%: ", "  loss of 10%: "]
    netem = ["shaped by 'netem'", *shaped] if has_netem else ["'netem' is not there, see 'snet doctor'"]
    heads = ["plain link", *way, *netem, "shaped by 'user'", *shaped,
             "this machine wakes a sleeping thread late by p50 "]
    assert len(lines) == len(heads), lines
    assert all(line.startswith(head) for line, head in zip(lines, heads)), lines
    with open(place + "/snet/@calibration.json") as file:
        measured = json.load(file)
    check(measured, ["netem", "user"])
    assert measured["others"] > 0.05, measured
    check_warning(done.stderr, measured)
    assert stat.S_IMODE(os.stat(place + "/snet").st_mode) == 0o700


if subprocess.run([snet, "doctor"], capture_output=True).returncode != 0:
    print("skipped: labs cannot run here")
    sys.exit(77)
has_netem = any(one["what"] == "netem" and one["level"] == "ok"
                for one in json.loads(run("doctor", "--json").stdout))
with tempfile.TemporaryDirectory() as folder:
    os.environ |= {"XDG_RUNTIME_DIR": folder + "/run", "XDG_STATE_HOME": folder + "/state",
                   "HOME": folder, "LC_ALL": "C.UTF-8"}
    os.mkdir(folder + "/run", 0o700)
    os.umask(0o022)
    os.makedirs(folder + "/state/snet")
    stored = folder + "/state/snet/@calibration.json"
    try:
        for test in (test_interrupted, test_refused, test_json, test_demands, test_report, test_other_shaper,
                     test_unusable, test_uncalibrated, test_text):
            print(test.__name__, flush=True)
            test()
    finally:
        subprocess.run([snet, "down", "--all"], capture_output=True)
