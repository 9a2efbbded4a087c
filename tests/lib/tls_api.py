# SPDX-License-Identifier: MIT
"""An OpenWhisk of one function over TLS: whatever is invoked, a0 toggles. Prints its port.

usage: tls_api.py CERTIFICATE KEY
"""
import http.server
import json
import ssl
import sys

RECORD = {
    "activationId": "0123456789abcdef0123456789abcdef",
    "response": {"success": True, "status": "success", "result": {"target": "a0"}},
}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps(RECORD).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        pass  # a client that does not trust us


server = Server(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
server.socket = context.wrap_socket(
    server.socket, server_side=True, do_handshake_on_connect=False
)
print(server.server_address[1], flush=True)
server.serve_forever()
