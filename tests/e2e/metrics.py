#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The lab in numbers, read as Prometheus reads them; exit 77 without its client.

usage: metrics.py SNET
"""

import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile

try:
    from prometheus_client.parser import text_string_to_metric_families
except ImportError:
    print("there is no prometheus_client")
    sys.exit(77)

SNET = os.path.realpath(sys.argv[1])
LAB = {
    "lab": "metered",
    "nodes": [{"name": "s", "kind": "switch"}, {"name": "a", "kind": "host"},
              {"name": "b", "kind": "host"}],
    "links": [{"from": "a", "to": "s", "shaper": "user", "delay": "5ms"},
              {"from": "b", "to": "s"}],
}


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("lab", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def read_metrics():
    """The values by name and labels, but for the lab's."""
    connection = UnixConnection(f"{folder}/snet/metered.sock")
    connection.request("GET", "/v1/metrics")
    answer = connection.getresponse()
    text = answer.read().decode()
    assert answer.status == 200, text
    assert answer.getheader("Content-Type").startswith("text/plain; version=0.0.4"), answer.headers
    values = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation and family.type in ("counter", "gauge", "summary"), family
        for sample in family.samples:
            labels = dict(sample.labels)
            assert labels.pop("lab") == "metered", sample
            key = (sample.name, *sorted(labels.items()))
            assert key not in values, key
            values[key] = sample.value
    return values


def link(name, direction, **labels):
    return (name, *sorted((labels | {"link": "a-s", "direction": direction}).items()))


def test():
    values = read_metrics()
    assert values[("snet_nodes",)] == 3
    assert values[link("snet_link_packets_total", "forth", result="in")] == 0, values
    assert not any("quantile" in dict(key[1:]) for key in values), values
    subprocess.run([SNET, "exec", "a", "--", "ping", "-q", "-c", "5", "-i", "0.05", "b"],
                   check=True, stdout=subprocess.DEVNULL)
    subprocess.run([SNET, "link", "set", "a-s", "--dir", "back", "loss=100%"], check=True,
                   stdout=subprocess.DEVNULL)
    subprocess.run([SNET, "exec", "a", "--", "ping", "-q", "-c", "2", "-i", "0.05", "-W", "0.2", "b"],
                   stdout=subprocess.DEVNULL)
    values = read_metrics()
    assert values[("snet_links",)] == 2 and values[("snet_devices",)] == 0, values
    packets = {result: values[link("snet_link_packets_total", "back", result=result)]
               for result in ("in", "out", "lost_loss", "lost_queue")}
    assert packets["in"] == packets["out"] + packets["lost_loss"], packets
    assert packets["out"] >= 5 and packets["lost_loss"] >= 2 and packets["lost_queue"] == 0, packets
    assert values[link("snet_link_packets_total", "forth", result="out")] >= 7, values
    assert values[link("snet_link_bytes_total", "forth", result="out")] >= 7 * 98, values
    assert values[link("snet_link_queue_packets", "forth")] == 0, values
    assert values[link("snet_link_queue_bytes", "forth")] == 0, values
    assert values[link("snet_link_queue_packets_max", "forth")] >= 1, values
    assert values[link("snet_link_queue_bytes_max", "forth")] >= 98, values
    median = values[link("snet_link_delay_seconds", "forth", quantile="0.5")]
    assert 0.0049 < median < 1, median
    assert 0 < values[("snet_shaper_late_seconds", ("quantile", "0.99"))] < 1, values
    # The plain link is not counted at.
    assert not any(("link", "b-s") in key for key in values), values


if subprocess.run([SNET, "doctor"], capture_output=True).returncode != 0:
    print("labs cannot run here")
    sys.exit(77)
with tempfile.TemporaryDirectory() as folder:
    os.environ |= {"XDG_RUNTIME_DIR": folder, "XDG_STATE_HOME": folder + "/state"}
    with open(f"{folder}/lab.json", "w", encoding="utf-8") as file:
        json.dump(LAB, file)
    subprocess.run([SNET, "up", f"{folder}/lab.json"], check=True, stdout=subprocess.DEVNULL)
    try:
        test()
    finally:
        subprocess.run([SNET, "down"], stdout=subprocess.DEVNULL)
