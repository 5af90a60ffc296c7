"""Receives a webhook: checks its signature, drops what it has already, answers fast.

    SECRET=… python3 webhook_receiver.py 8000
"""

import hashlib, hmac, json, os, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

secret, seen = os.environ["SECRET"].encode(), set()


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        sent = dict(part.split("=", 1) for part in self.headers["X-Groundnut-Signature"].split(","))
        signed = hmac.new(secret, sent["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
        # An old delivery that a stranger repeats has an old time.
        good = hmac.compare_digest(signed, sent["v1"]) and abs(time.time() - int(sent["t"])) < 300
        delivery = self.headers["X-Groundnut-Delivery"]
        if good and delivery not in seen:
            print(delivery, json.dumps(json.loads(body)["meta"]), flush=True)  # keep it before you answer
            seen.add(delivery)
        self.send_response(204 if good else 403)
        self.send_header("Content-Length", "0")
        self.end_headers()


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
