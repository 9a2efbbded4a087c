# SPDX-License-Identifier: MIT
"""As much of CoAP (RFC 7252) as a small device needs: a socket, requests that are repeated until
they are answered, and answers to requests of others."""
import os
import socket
import struct

CONFIRMABLE, ACKNOWLEDGEMENT = 0, 2
POST, PUT, CHANGED, NOT_FOUND = 0x02, 0x03, 0x44, 0x84
URI_PATH, CONTENT_FORMAT, URI_QUERY, JSON = 11, 12, 15, 50
PORT = 5683


def pack_option(delta, value):
    """One option: number as the distance to the one before it (section 3.1)."""
    short = min(len(value), 13)
    return bytes([delta << 4 | short]) + (bytes([len(value) - 13]) if short == 13 else b"") + value


def unpack_options(data):
    """The path of a request, and its payload."""
    number, at, path = 0, 0, []
    while at < len(data) and data[at] != 0xFF:
        delta, length = data[at] >> 4, data[at] & 15
        at += 1
        if delta == 13:
            delta, at = 13 + data[at], at + 1
        if length == 13:
            length, at = 13 + data[at], at + 1
        number += delta
        if number == URI_PATH:
            path.append(data[at:at + length].decode())
        at += length
    return "/".join(path), data[at + 1:]


class Device:
    """A device at its relayer; what both are called is in the environment."""

    def __init__(self):
        self.name = os.environ["SNET_NODE"]
        self.relayer = (os.environ["SNET_RELAYER_ADDRESS"], PORT)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("", PORT))
        self.number = int.from_bytes(os.urandom(2), "big")

    def post(self, path, query=None, payload=b""):
        """Ask the relayer until it answers."""
        self.number = (self.number + 1) & 0xFFFF
        packet = struct.pack("!BBH", 0x40 | CONFIRMABLE << 4, POST, self.number)
        packet += pack_option(URI_PATH, path.encode())
        if payload:
            packet += pack_option(CONTENT_FORMAT - URI_PATH, bytes([JSON])) + b"\xff" + payload
        elif query:
            packet += pack_option(URI_QUERY - URI_PATH, query.encode())
        self.socket.settimeout(2)
        while True:
            self.socket.sendto(packet, self.relayer)
            try:
                answer = self.socket.recv(2048)
            except TimeoutError:
                continue
            if struct.unpack("!H", answer[2:4])[0] == self.number and answer[1] >> 5 == 2:
                return

    def register(self):
        """So that commands find it (RFC 9176)."""
        self.post("rd", query="ep=" + self.name)

    def serve(self, command):
        """Answer each PUT of /state with what command() makes of its payload."""
        self.socket.settimeout(None)
        while True:
            request, sender = self.socket.recvfrom(2048)
            token = 4 + (request[0] & 15)
            path, payload = unpack_options(request[token:])
            answer = command(payload) if request[1] == PUT and path == "state" else None
            head = bytes([0x40 | ACKNOWLEDGEMENT << 4 | request[0] & 15,
                          NOT_FOUND if answer is None else CHANGED])
            body = b"" if answer is None else \
                pack_option(CONTENT_FORMAT, bytes([JSON])) + b"\xff" + answer
            self.socket.sendto(head + request[2:token] + body, sender)
