#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Scenarios by the command: the examples come out as they promise, what is wrong is said, a search
finds what a test flag breaks. scenarios.py SNET EXAMPLES PART"""
import itertools
import json
import os
import pty
import shlex
import signal
import subprocess
import sys
import tempfile
import time

snet, examples = (os.path.realpath(path) for path in sys.argv[1:3])
chosen = sys.argv[3]
REPORTS = {"history.jsonl", "report.json", "junit.xml", "report.html"}


def run(*args, code=0, timeout=150, **env):
    result = subprocess.run([snet, *args], capture_output=True, text=True, timeout=timeout,
                            env=os.environ | env)
    assert result.returncode == code, (args, result.returncode, result.stdout, result.stderr)
    return result


def read_report(out):
    with open(f"{out}/report.json", encoding="utf-8") as file:
        return json.load(file)


def run_scenario(path, out, *args, code=0, **env):
    """A machine that is busy with something else may say that it was too slow to be trusted."""
    result = subprocess.run([snet, "run", path, "-o", out, *args], capture_output=True, text=True,
                            timeout=150, env=os.environ | env)
    slow = read_report(out)["machine"].get("too slow") if result.returncode == 3 else None
    assert result.returncode == code or (code == 0 and slow), (
        path, result.returncode, result.stdout, result.stderr)
    return result


def run_example(name):
    """Its report. Only a latency may be missed, where others are busy, and not three times."""
    for attempt in range(3):
        out = f"{folder}/run-{attempt}-{name}"
        try:
            run_scenario(f"{examples}/scenarios/{name}", out,
                         code=1 if name == "no-retries.json" else 0)
        except AssertionError:
            missed = {one["check"] for one in read_report(out)["expectations"]
                      if one["verdict"] == "violated"}
            if missed != {"latency"} or attempt == 2:
                raise
        else:
            assert REPORTS <= set(os.listdir(out)), os.listdir(out)
            return read_report(out)


def replay(out):
    """What is printed of it, from another folder."""
    with tempfile.TemporaryDirectory(dir=folder) as replayed:
        result = subprocess.run([snet, "replay", out, "-o", replayed], cwd="/",
                                capture_output=True, text=True, timeout=150)
    assert result.returncode in (0, 3), result
    return result.stdout


def write(name, content):
    path = f"{folder}/{name}"
    with open(path, "w", encoding="utf-8") as file:
        json.dump(content, file)
    return path


def scenario(**more):
    """One button is pressed once."""
    return {"scenario": "one", "lab": f"{examples}/house.json", "duration": "20ms",
            "settle": "20s", "workload": [{"press": "sw0", "at": "1ms"}],
            "expect": [{"check": "delivery", "guarantee": "exactly-once"}]} | more


def test_examples():
    """Each holds but the one that must not; all of their faults take effect."""
    names = sorted(os.listdir(f"{examples}/scenarios"))
    assert len(names) >= 7, names
    for name in names:
        report = run_example(name)
        assert report["faults"] and all(one["has_effect"] for one in report["faults"]), (name, report)
        lost = [finding for one in report["expectations"] for finding in one.get("findings", [])]
        assert bool(lost) == (name == "no-retries.json"), (name, lost)


def test_wrong():
    """Every error with its place, the lab's too; nothing is created."""
    path = write("wrong.json", scenario(timeline=[{"fault": "down", "links": "cloud-s2", "at": 0}],
                                        expect=[{"check": "latency"}]))
    result = run("run", path, "-o", f"{folder}/never", code=2)
    assert "no link of the lab is called 'cloud-s2', did you mean 'cloud-s1'?" in result.stderr
    assert "expect[0]" in result.stderr and f"{path}:1:" in result.stderr, result.stderr
    assert not os.path.exists(f"{folder}/never")
    run("run", path, "--check", code=2)
    run("run", write("good.json", scenario()), "--check")
    assert "--seed" in run("run", path, "--seed", "x", code=2).stderr
    run("explore", f"{folder}/gone.json", code=2)
    assert f"snet: {path}:1:" in run("explore", path, code=2).stderr


def test_pipe():
    """A scenario is read once: it may come from a pipe."""
    for more, code, text in (({}, 0, ""), ({"seed": "x"}, 2, "seed: ")):
        result = subprocess.run([snet, "run", "--check", "/dev/stdin"], capture_output=True, text=True,
                                input=json.dumps(scenario(**more)), timeout=60)
        assert result.returncode == code and text in result.stderr, result
        assert bool(text) == (result.stderr.startswith("snet: /dev/stdin:1:")), result


def test_no_plan():
    """A schedule that cannot be made is an error of the file, before a lab is made."""
    with open(f"{folder}/garbage.jsonl", "w", encoding="utf-8") as file:
        file.write("garbage\n")
    flap = {"fault": "flap", "links": "cloud-s1", "at": 0, "down": "1ms", "up": "1ms"}
    for more, place in (({"workload": [{"recorded": "garbage.jsonl"}]}, "workload[0]: "),
                        ({"workload": [{"press": "sw0", "every": "1ms", "burst": 100000}],
                          "duration": "24h"}, "workload[0]: the workload has over"),
                        ({"timeline": [flap], "duration": "1h"}, "timeline[0]: the timeline")):
        path = write("no-plan.json", scenario(**more))
        for args in ((), ("--check",)):
            result = run("run", path, "-o", f"{folder}/never", *args, code=2)
            assert f"{path}:1:" in result.stderr and place in result.stderr, result.stderr
    assert not os.path.exists(f"{folder}/never")


def test_from_anywhere():
    """What a scenario names is in its folder, wherever it is run, and replayed, from."""
    files = f"{folder}/someone's files"
    os.mkdir(files)
    with open(f"{files}/slow.csv", "w", encoding="utf-8") as file:
        file.write("time,delay\n0,1ms\n1,2ms\n")
    with open(f"{files}/judge.sh", "w", encoding="utf-8") as file:
        file.write("echo fine\n")
    slow = {"fault": "impair", "links": "cloud-s1", "at": 0, "optional": True,
            "set": {"trace": "slow.csv"}}
    path = write("someone's files/scenario.json", scenario(
        timeline=[slow], expect=[{"check": "command", "command": ["sh", "judge.sh"]}]))
    run_scenario(path, f"{folder}/there")
    report = read_report(f"{folder}/there")
    assert shlex.split(report["command"]) == ["snet", "run", path, "--seed", str(report["seed"])], report
    os.remove(path)
    assert "fine" in replay(f"{folder}/there")


def test_moved():
    """A run is replayed where the folder of its scenario is gone."""
    os.mkdir(f"{folder}/project")
    path = write("project/scenario.json", scenario(expect=[{"check": "command", "command": ["true"]},
                                                           {"check": "command", "command": ["pwd"]}]))
    run_scenario(path, f"{folder}/project/out")
    os.rename(f"{folder}/project", f"{folder}/elsewhere")
    assert f"{folder}/elsewhere/out" in replay(f"{folder}/elsewhere/out")
    os.mkdir(f"{folder}/project")
    assert f"{folder}/project" in replay(f"{folder}/elsewhere/out")


def test_cut():
    """What a recorded run has pressed later than this one lasts is left out, and said."""
    run_scenario(write("long.json", scenario(duration="120ms", workload=[
        {"press": "sw0", "at": ["1ms", "100ms"]}])), f"{folder}/long")
    path = write("cut.json", scenario(duration="50ms",
                                      workload=[{"recorded": "long/history.jsonl"}]))
    text = ("workload[0].recorded: 1 of its 2 presses come when the run has ended, and are left "
            "out: a 'duration' of '0.100s' has them all")
    for result in (run("run", path, "--check"), run_scenario(path, f"{folder}/cut")):
        assert f"snet: warning: {path}:1:" in result.stderr and text in result.stderr, result
    process = subprocess.Popen([snet, "explore", path], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    said = process.stderr.readline()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert said.startswith(f"snet: warning: {path}:1:") and said.endswith(f": {text}\n"), said
    report = read_report(f"{folder}/cut")
    assert report["warnings"] == [text] and report["counts"]["presses"] == 1, report
    result = run_scenario(write("cut.json", scenario(duration="100ms", workload=[
        {"recorded": "long/history.jsonl"}])), f"{folder}/uncut")
    report = read_report(f"{folder}/uncut")
    assert not report["warnings"] and report["counts"]["presses"] == 2, report
    assert "warning" not in result.stderr, result


def test_no_effect():
    """A fault that breaks nothing fails a run, unless it is optional."""
    down = {"fault": "429", "nodes": "cloud", "at": "15ms", "for": "1ms"}
    late = scenario(duration="500ms", workload=[{"press": "sw0", "at": "300ms"}])
    result = run_scenario(write("none.json", late | {"timeline": [down]}), f"{folder}/n1", code=1)
    assert "had no effect" in result.stdout, result.stdout
    run_scenario(write("none.json", late | {"timeline": [down | {"optional": True}]}),
                 f"{folder}/n2")


def test_end():
    """What was lost shortly before the end of a run is known."""
    down = {"fault": "down", "links": "sw0-s1", "at": "300ms", "for": "300ms"}
    path = write("end.json", scenario(duration="600ms", timeline=[down]))
    result = run_scenario(path, f"{folder}/end")
    assert "during all lost" in result.stdout, result.stdout
    receipt = read_report(f"{folder}/end")["faults"][0]
    assert receipt["effect_ns"] is not None, receipt


def test_until():
    """A run ends as soon as so many events have come to a step, or has failed when they do not."""
    press = {"press": "sw0", "every": "20ms"}
    path = write("until.json", scenario(
        workload=[press], duration="10min", until={"step": "acknowledged", "event": 40},
        timeline=[{"fault": "down", "links": "sw1-s1", "at": 0},
                  {"fault": "late", "nodes": "cloud", "delay": "30ms", "every": "300ms", "for": "100ms"}]))
    run_scenario(path, f"{folder}/until")
    report = read_report(f"{folder}/until")
    assert 40 <= report["counts"]["presses"] < 2000, report["counts"]
    down, late = (one for one in report["faults"] if one["occurrence"] == 0)
    assert down["healed_ns"] >= report["workload_end_ns"] > 700e6, report
    # What came again and again came before the end, and no more is told of it.
    assert late["has_effect"] and 1 < len(report["faults"]) < 200, report["faults"]
    assert all(one["begun_ns"] <= report["workload_end_ns"] for one in report["faults"]), report
    printed = replay(f"{folder}/until")
    assert "held" in printed or "too slow" in printed, printed
    assert "'until'" in run("explore", path, code=2).stderr
    # Who presses as fast as it goes is late with it, hears of the end, and does not make up for it.
    path = write("flood.json", scenario(
        workload=[{"press": "kind:button", "every": "1ms", "burst": 20}], duration="1min",
        until={"step": "received", "event": 1000}, expect=[]))
    process = subprocess.Popen([snet, "run", path, "-o", f"{folder}/flood"], stdout=subprocess.DEVNULL)
    assert process.wait(timeout=120) in (0, 3), process
    report = read_report(f"{folder}/flood")
    planned = 20 * 3 * report["workload_end_ns"] / 1e6
    assert 1000 <= report["counts"]["presses"] < planned / 2, report
    path = write("until.json", scenario(duration="2s", until={"step": "acknowledged", "event": 2}))
    result = run_scenario(path, f"{folder}/not-until", code=1)
    assert ("until: 1 of 2 events had come to 'acknowledged' when the duration of 2.00 s was over"
            in result.stdout), result.stdout


def test_segments():
    """A fault that loses or counts packets does so to those of the wire, as a lab's own loss."""
    lab = {"lab": "segments", "nodes": [
        {"name": "s", "kind": "switch"}, {"name": "h", "kind": "host"},
        {"name": "p", "kind": "process", "command": [
            "sh", "-c", "while :; do ip -d link show eth0 | grep -o 'gso_max_segs [0-9]*' "
            f"| sort -u >>{folder}/segments; sleep 0.02; done"]}],
        "links": [{"from": "p", "to": "s"}, {"from": "h", "to": "s"}]}
    for fault in ({"fault": "impair", "links": "p-s", "set": {"loss": "30%"}},
                  {"fault": "drop", "links": "p-s", "first": 2}):
        path = write("segments.json", {
            "scenario": "segments", "lab": lab, "duration": "1500ms",
            "expect": [{"check": "expression", "expression": "lost == 0"}],
            "timeline": [fault | {"at": "500ms", "for": "500ms", "optional": True}]})
        run_scenario(path, f"{folder}/segments-{fault['fault']}")
        with open(f"{folder}/segments", encoding="utf-8") as file:
            seen = [key for key, _ in itertools.groupby(file.read().splitlines())]
        os.remove(f"{folder}/segments")
        assert len(seen) == 3 and seen[0] == seen[2] and seen[1].endswith(" 1"), (fault, seen)


def test_repeat():
    """With seeds in a row, in labs that do not meet; equal seeds press at equal times."""
    path = write("many.json", scenario(duration="300ms", workload=[
        {"press": "kind:button", "poisson": "20ms"}]))
    result = subprocess.run([snet, "run", path, "--repeat", "4", "--parallel", "2", "--seed", "7",
                             "-o", f"{folder}/many"], capture_output=True, text=True, timeout=150)
    assert "4 runs: " in result.stdout and ", 0 violated, " in result.stdout, result
    assert result.returncode == (0 if ", 0 untrusted" in result.stdout else 3), result
    assert sorted(os.listdir(f"{folder}/many")) == ["10", "7", "8", "9"]
    run_scenario(path, f"{folder}/again", "--seed", "7")
    assert presses(f"{folder}/many/7") == presses(f"{folder}/again")
    assert presses(f"{folder}/many/7") != presses(f"{folder}/many/8")
    result = subprocess.run([snet, "run", path, "--repeat", "2", "--json", "-o", f"{folder}/list"],
                            capture_output=True, text=True, timeout=150)
    assert [one["scenario"] for one in json.loads(result.stdout)] == ["one", "one"], result
    result = subprocess.run([snet, "run", path, "--repeat", "2", "--json", "-o", path],
                            capture_output=True, text=True, timeout=150)
    assert not result.stdout and result.returncode == 2, result


def test_names():
    """Labs of runs at the same time are called as the lab is to be, and by a number; one is called so."""
    long = "n" * 63
    path = write("named.json", scenario(scenario=long))
    for args, expected in ((["--name", "k", "--repeat", "2"], ["k-0", "k-1"]),
                           (["--repeat", "2"], [long[:61] + "-0", long[:61] + "-1"]),
                           (["--name", "k"], ["k"])):
        result = subprocess.run([snet, "run", path, "--parallel", "2", "--json", "-o",
                                 f"{folder}/{'-'.join(['named', *args])}", *args],
                                capture_output=True, text=True, timeout=150)
        assert result.returncode in (0, 3), (args, result)
        reports = json.loads(result.stdout)
        reports = reports if "--repeat" in args else [reports]
        assert sorted(one["lab"] for one in reports) == expected, (args, reports)


def presses(out):
    with open(f"{out}/history.jsonl", encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    return sorted((line["planned"], line["node"]) for line in lines if line["type"] == "press")


def ignore_hangup():
    """As nohup(1) does."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def start(name, duration="60s", **more):
    """A run that goes on until it is ended, once its lab is there."""
    path = write("long.json", scenario(duration=duration,
                                       workload=[{"press": "sw0", "every": "50ms"}]))
    process = subprocess.Popen([snet, "run", path, "--name", name, "-o", f"{folder}/{name}"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)
    deadline = time.monotonic() + 60
    while name not in run("ls").stdout:
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.05)
    return process


def test_reserved():
    """Nobody changes the lab of a run; who takes it down ends it."""
    process = start("reserved")
    deadline = time.monotonic() + 60
    while "stays as it is" not in run("rm", "a2", "--lab", "reserved", code=1).stderr:
        assert time.monotonic() < deadline
    run("down", "reserved")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1 and "taken down during the run" in err, (process.returncode, err)


def test_link_show():
    """Links are shown as they are, and which faults have made them so, and only while they do."""
    hosts = ("a", "b", "c")
    path = write("show.json", {
        "scenario": "show", "duration": "10min",
        "lab": {"lab": "show", "nodes": [{"name": "s", "kind": "switch"}] + [
                    {"name": name, "kind": "host"} for name in hosts],
                "links": [{"from": name, "to": "s", "loss": "1%"} for name in hosts]},
        "timeline": [
            {"name": "slow", "fault": "impair", "links": "a-s", "at": 0, "direction": "forth",
             "set": {"delay": "20ms"}},
            {"name": "more", "fault": "impair", "links": "a-s", "at": "1ms", "set": {"loss": "2%"}},
            {"name": "cut", "fault": "drop", "links": "b-s", "at": 0, "direction": "back"},
            {"name": "away", "fault": "flap", "links": "c-s", "at": 0, "down": "1s", "up": "1s"}],
        "expect": [{"check": "availability", "share": 0}]})
    process = subprocess.Popen([snet, "run", path, "-o", f"{folder}/show"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def wait_for(link, way, impairments, faults):
        deadline = time.monotonic() + 60
        wanted = impairments, faults
        shown = None
        while shown != wanted:
            assert time.monotonic() < deadline and process.poll() is None, (shown, wanted)
            result = subprocess.run([snet, "link", "show", link, "--lab", "show", "--json"],
                                    capture_output=True, text=True, timeout=60)
            if result.returncode == 0:
                shown = json.loads(result.stdout)[way]
                shown = shown["impairments"], shown.get("faults")

    slow = {"name": "slow", "kind": "impair", "impairments": {"delay": "20ms"}}
    more = {"name": "more", "kind": "impair", "impairments": {"loss": "2%"}}
    wait_for("a-s", "forth", {"delay": "20ms", "loss": "2%"}, [slow, more])
    wait_for("a-s", "back", {"loss": "2%"}, [more])
    wait_for("b-s", "back", {"loss": "1%"}, [{"name": "cut", "kind": "drop", "impairments": {}}])
    wait_for("b-s", "forth", {"loss": "1%"}, None)
    wait_for("c-s", "forth", {"loss": "1%", "down": True},
             [{"name": "away", "kind": "flap", "impairments": {"down": True}}])
    wait_for("c-s", "forth", {"loss": "1%"}, None)
    for is_up in False, True:
        deadline = time.monotonic() + 60
        up = None
        while up != {"a-s": True, "b-s": True, "c-s": is_up}:
            assert time.monotonic() < deadline, (up, is_up)
            links = json.loads(run("status", "--lab", "show", "--json").stdout)["links"]
            up = {link["name"]: link["up"] for link in links}
    text = run("link", "show", "--lab", "show").stdout
    assert "delay 20ms, loss 2%; fault slow: delay 20ms; fault more: loss 2%" in text, text
    assert "loss 1%; fault cut: drop" in text, text
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGINT, process


def test_never():
    """A fault that waits in vain has no effect."""
    never = {"fault": "kill", "nodes": "r0", "after": {"step": "applied", "event": 9}}
    result = run_scenario(write("never.json", scenario(timeline=[never])), f"{folder}/never", code=1)
    assert "did not begin" in result.stdout, result.stdout


def test_interrupt():
    """Ctrl-C takes the lab down, and says so; the end of a terminal does nothing with nohup."""
    process = start("broken-off", preexec_fn=ignore_hangup)
    deadline = time.monotonic() + 60
    while not run("events", "--lab", "broken-off", "--json").stdout:
        assert time.monotonic() < deadline and process.poll() is None
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGINT, (process.returncode, err)
    assert "interrupted" in err
    assert "broken-off" not in run("ls").stdout
    # What had happened by then is there, and nothing is said of it.
    out = f"{folder}/broken-off"
    assert f"is in {out}" in err, err
    assert REPORTS <= set(os.listdir(out)), os.listdir(out)
    report = read_report(out)
    assert report["verdict"] == "untrusted" and report["reason"] == "interrupted", report
    assert report["expectations"][0]["verdict"] == "untrusted", report
    assert presses(out), "nothing was recorded"


def test_interrupt_judge():
    """So does a signal while a program judges, which is ended."""
    out, judging = f"{folder}/judged", f"{folder}/judging"
    judge = {"check": "command", "command": ["sh", "-c", f"touch {judging}; exec sleep 1000"]}
    path = write("judged.json", scenario(expect=[judge]))
    process = subprocess.Popen([snet, "run", path, "-o", out], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not os.path.exists(judging):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    printed, err = process.communicate(timeout=30)
    assert process.returncode == 128 + signal.SIGTERM, (process.returncode, err)
    assert not printed and f"is in {out}" in err, (printed, err)
    report = read_report(out)
    assert report["verdict"] == "untrusted" and report["reason"] == "interrupted", report
    assert report["expectations"][0]["verdict"] == "untrusted", report


def test_interrupt_many():
    """Of several runs it is said where those are that have ended."""
    out = f"{folder}/some"
    process = subprocess.Popen([snet, "run", write("some.json", scenario()), "--repeat", "1000",
                                "--seed", "5", "-o", out],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline().startswith("seed 5: ") and process.poll() is None
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGINT and f"is in {out}" in err, (process, err)
    assert REPORTS <= set(os.listdir(f"{out}/5")), os.listdir(out)


def test_interrupt_twice():
    """A second Ctrl-C does not wait for the first; of a run that had not begun nothing is left."""
    out = f"{folder}/twice"
    lab = {"nodes": [{"name": "s", "kind": "switch"}, {"name": "h{i}", "kind": "host", "count": 1000}],
           "links": [{"from": "h{i}", "to": "s", "count": 1000}]}
    path = write("twice.json", scenario(lab=write("large.json", lab), workload=[], expect=[]))
    process = subprocess.Popen([snet, "run", path, "-o", out], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    for _ in range(2):
        caught = 0
        while not caught >> signal.SIGINT - 1 & 1 or not os.path.exists(out):
            assert time.monotonic() < deadline and process.poll() is None
            with open(f"/proc/{process.pid}/status", encoding="utf-8") as file:
                status = dict(line.split(":", 1) for line in file)
            # What is still pending is one with what comes.
            pending = int(status["SigPnd"], 16) | int(status["ShdPnd"], 16)
            caught = int(status["SigCgt"], 16) & ~pending
        process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == -signal.SIGINT, process
    assert not os.path.exists(out), os.listdir(out)


def test_reports_refused():
    """That reports can be written is known before a run, and what it has come to said in any case."""
    path = write("file", scenario())
    for args, text in ((("-o", path), f"'{path}', which is no folder"),
                       (("-o", "/proc/x"), "cannot make folder '/proc/x'"),
                       (("--name", "a/b", "-o", f"{folder}/named"), "'a/b' is no name for a lab")):
        result = run("run", path, *args, code=2)
        assert text in result.stderr and "try 'snet help run'" in result.stderr, result
        assert not result.stdout, result
    assert not os.path.exists(f"{folder}/named")
    process = start("gone", duration="2s")
    os.rmdir(f"{folder}/gone")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1 and "not all reports of 'one' could be written" in err, err
    assert "exactly-once" in out and "report:" not in out, out


def test_folders():
    """Runs of the same second do not meet."""
    os.mkdir(f"{folder}/where")
    path = write("here.json", scenario())
    processes = [subprocess.Popen([snet, "run", path], cwd=f"{folder}/where",
                                  stdout=subprocess.DEVNULL) for _ in range(3)]
    for process in processes:
        assert process.wait(timeout=150) in (0, 3)
    runs = os.listdir(f"{folder}/where/runs")
    assert len(runs) == 3, runs
    for one in runs:
        assert REPORTS <= set(os.listdir(f"{folder}/where/runs/{one}")), runs


def search(path, code, **env):
    result = run("explore", path, "--json", "-o", f"{folder}/found/here", code=code, timeout=400,
                 **env)
    return json.loads(result.stdout)


def test_explore():
    """Nothing is found in the house; without idempotence it is, made small, and found again."""
    found = search(f"{examples}/house.json", 0)
    assert found["violations"] == 0 and found["single"] > 80, found
    assert not any(found["left_out"].values()), found["left_out"]
    # What nothing is known of, or was not hit, has not held. A busy machine may have some of these.
    assert found["untrusted"] < found["single"] / 2, found
    assert found["no_effect"] < found["single"] / 4, found
    assert not os.path.exists(f"{folder}/found/here")
    path = write("one.json", scenario(workload=[{"press": ["sw0", "sw1"], "at": "1ms"}]))
    found = search(path, 1, SNET_TEST_WITHOUT="idempotence")
    shrunk = found["findings"][0]["scenario"]
    others = found["findings"][0]["others"]
    assert found["findings"][0]["faults"].startswith("kill r0 at "), found
    assert all(one["faults"].startswith("kill r0 at ") for one in others), found
    assert found["violations"] == sum(1 + len(one["others"]) for one in found["findings"]), found
    assert "applied 2 times" in found["findings"][0]["summary"], found
    assert len(shrunk["timeline"]) == 1 and shrunk["timeline"][0]["fault"] == "kill", shrunk
    assert isinstance(shrunk["workload"][0]["press"], str), shrunk
    assert os.stat(f"{folder}/found/here/violation-1.json").st_mode & 0o777 == 0o600
    run_scenario(f"{folder}/found/here/violation-1.json", f"{folder}/v1", code=1,
                 SNET_TEST_WITHOUT="idempotence")
    run_scenario(f"{folder}/found/here/violation-1.json", f"{folder}/v2")


def test_old_run():
    """The reports of a run are not written over those of another, nor into what else is there."""
    path = write("one.json", scenario())
    out = f"{folder}/old"
    os.mkdir(out)
    run_scenario(path, out)
    before = {name: os.stat(f"{out}/{name}").st_mtime_ns for name in os.listdir(out)}
    for args in (("run", path), ("run", path, "--repeat", "2"), ("replay", out)):
        result = run(*args, "-o", out, code=2)
        assert f"'{out}' is not empty: remove it, or choose another folder" in result.stderr, result
    assert before == {name: os.stat(f"{out}/{name}").st_mtime_ns for name in os.listdir(out)}


def test_explore_refused():
    """That findings can be written is known before a search; each that cannot be is named."""
    path = write("file", scenario())
    result = run("explore", path, "-o", path, code=2)
    assert "'" + path + "', which is no folder" in result.stderr and not result.stdout, result
    out = f"{folder}/removed"
    path = write("remover.json", scenario(workload=[], expect=[
        {"check": "command", "command": ["sh", "-c", f"rm -rf {out}; exit 1"]}]))
    result = run("explore", path, "-o", out, code=1)
    assert f"cannot write '{out}/violation-1.json'" in result.stderr, result
    assert "violated what is expected" in result.stdout, result


def test_explore_interrupt():
    """What is found is told at once, and after Ctrl-C there is what was found until then."""
    out = f"{folder}/interrupted"
    os.mkdir(out)
    path = write("judge.json", scenario(expect=[{"check": "command", "command": ["false"]}]))
    process = subprocess.Popen([snet, "explore", path, "--parallel", "1", "-o", out],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    told = process.stdout.readline()
    assert told.startswith("no fault: ") and process.poll() is None, (told, process)
    process.send_signal(signal.SIGINT)
    text, err = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGINT and "interrupted" in err, (process, err)
    assert "more were to be tried" in text and "violated what is expected" in text, text
    assert "violation-1.json" in os.listdir(out) and f"{out}/violation-1.json" in text, text


def test_explore_failure():
    """What was found before a run fails is written, and why it failed is said."""
    out, tmp = f"{folder}/failed", f"{folder}/tmp"
    os.mkdir(tmp)
    path = write("breaker.json", scenario(expect=[
        {"check": "command", "command": ["sh", "-c", f"rm -rf {tmp}; exit 1"]}]))
    result = run("explore", path, "--parallel", "1", "-o", out, code=1, TMPDIR=tmp)
    assert result.stderr.startswith(f"snet: {path}: ") and tmp in result.stderr, result
    assert "more were to be tried" in result.stdout, result
    assert os.listdir(out) == ["violation-1.json"], result


def test_explore_outbox():
    """Without the outbox, what the relayer had acknowledged is lost; one fault shows it, again and again."""
    path = write("short.json", scenario(settle="5s"))
    out = f"{folder}/outbox"
    result = run("explore", path, "--json", "-o", out, code=1, timeout=400, SNET_TEST_WITHOUT="outbox")
    found = {number: one for number, one in enumerate(json.loads(result.stdout)["findings"], 1)
             if "lost" in one["summary"] and one["faults"].startswith("kill r0 ")}
    assert found, result.stdout
    for number, one in found.items():
        assert one["smallest"] and len(one["scenario"]["timeline"]) == 1, one
        run_scenario(f"{out}/violation-{number}.json", f"{out}/{number}-with-outbox")
    # Some come only now and then.
    assert any(subprocess.run([snet, "run", f"{out}/violation-{number}.json", "-o", f"{out}/{number}-{i}"],
                              stdout=subprocess.DEVNULL, timeout=150,
                              env=os.environ | {"SNET_TEST_WITHOUT": "outbox"}).returncode == 1
               for number in found for i in range(4)), found


def on_terminal(*args, code):
    """What the command shows there while it works, and what it prints."""
    own, its = pty.openpty()
    process = subprocess.Popen([snet, *args], stdout=subprocess.PIPE, stderr=its, text=True)
    os.close(its)
    shown = b""
    while True:
        try:
            part = os.read(own, 65536)
        except OSError:  # it has ended
            break
        if not part:
            break
        shown += part
    os.close(own)
    printed, _ = process.communicate(timeout=60)
    assert process.returncode in code, (shown, printed, process)
    return shown.decode(), printed


def test_progress():
    """On a terminal there is a bar that grows, and nothing of it stays."""
    path = write("bar.json", scenario(duration="1s", workload=[{"press": "sw0", "every": "100ms"}]))
    shown, _ = on_terminal("run", path, "-o", f"{folder}/bar", code=(0, 3))
    lengths = [part.count("#") for part in shown.split("\r") if "] run " in part]
    assert lengths and lengths == sorted(lengths) and lengths[-1] > 12, shown
    assert " pressed, " in shown and shown.endswith("\r\33[K"), shown


def test_untrusted():
    """What nothing can be said of is neither: exit code 3, of most runs of a search, too."""
    path = write("unknown.json", scenario(expect=[
        {"check": "command", "command": ["sh", "-c", "exit 127"]}]))
    result = run("run", path, "-o", f"{folder}/unknown", code=3)
    assert "untrusted" in result.stdout, result.stdout
    assert read_report(f"{folder}/unknown")["verdict"] == "untrusted"
    shown, printed = on_terminal("explore", path, "--json", "--pairs", "4", "--random", "3", code=(3,))
    assert "single faults: " in shown and "pairs: 4 of 4" in shown, shown
    assert "random sets: 3 of 3" in shown and shown.endswith("\r\33[K"), shown
    found = json.loads(printed)
    assert (found["pairs"], found["random"]) == (4, 3), found
    assert found["untrusted"] == found["runs"] == 1 + found["single"] + 4 + 3, found


PARTS = {
    "runs": (test_wrong, test_pipe, test_no_plan, test_from_anywhere, test_moved, test_cut, test_no_effect,
             test_end, test_until, test_segments, test_repeat, test_names, test_reserved, test_link_show,
             test_never, test_interrupt, test_interrupt_judge, test_interrupt_many, test_interrupt_twice,
             test_reports_refused, test_old_run, test_folders, test_progress),
    "examples": (test_examples,),
    "explore": (test_explore, test_explore_refused, test_explore_interrupt, test_explore_failure,
                test_explore_outbox, test_untrusted),
}
if subprocess.run([snet, "doctor"], capture_output=True).returncode != 0:
    print("labs cannot run here")
    sys.exit(77)
with tempfile.TemporaryDirectory() as folder:
    os.environ |= {"XDG_RUNTIME_DIR": folder + "/rt", "XDG_STATE_HOME": folder + "/state",
                   "HOME": folder, "LC_ALL": "C.UTF-8"}
    os.mkdir(folder + "/rt", 0o700)
    for test in PARTS[chosen]:
        print(test.__name__, flush=True)
        test()
