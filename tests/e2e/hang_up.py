#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Press, follow and hang up in the middle of it, from many threads at once: hang_up.py SOCKET"""
import random
import socket
import sys
import threading

PRESSES = 150  # of each thread
FOLLOWED = ["/v1/watch", "/v1/events?follow=1", "/v1/nodes/cloud/logs?follow=1"]
answered = []
done = threading.Event()


def connect():
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(30)
    client.connect(sys.argv[1])
    return client


def press(number, choice):
    for _ in range(PRESSES):
        body = '{"target":"a%d","x":"%s"}' % (number % 3, "y" * choice.choice([10, 20000]))
        with connect() as client:
            client.sendall(
                b"POST /v1/nodes/sw%d/press?wait=20000 HTTP/1.0\r\nContent-Length: %d\r\n\r\n%s"
                % (number % 3, len(body), body.encode())
            )
            if choice.random() < 0.2:
                continue
            answer = b""
            while piece := client.recv(65536):
                answer += piece
            answered.append(answer.split(b"\r\n")[0])


def follow(choice):
    while not done.is_set():
        with connect() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.sendall(b"GET %s HTTP/1.0\r\n\r\n" % choice.choice(FOLLOWED).encode())
            for _ in range(choice.randrange(4)):
                client.recv(2000)
            done.wait(choice.random() * 0.05)  # with something unread, sometimes


pressers = [threading.Thread(target=press, args=(n, random.Random(n))) for n in range(6)]
followers = [threading.Thread(target=follow, args=(random.Random(n),)) for n in range(8)]
for thread in pressers + followers:
    thread.start()
for thread in pressers:
    thread.join()
done.set()
for thread in followers:
    thread.join()
good = sum(b" 200 " in line for line in answered)
print(f"{good} of {len(answered)} answers are good")
sys.exit(good != len(answered) or good < PRESSES)
