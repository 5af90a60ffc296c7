"""Receives a webhook: checks its signature, prints each delivery once, answers fast.

    SECRET=… python3 webhook_receiver.py 8000 seen.db
"""

import hashlib, hmac, json, os, sqlite3, sys, time
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

secret, path = os.environ["SECRET"].encode(), sys.argv[2]


def keep(delivery, body):
    """In one transaction: the id, and what the event is for. A second request with the id waits for the first."""
    now = int(time.time())
    with closing(sqlite3.connect(path, timeout=5)) as db, db:
        if db.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (delivery, now)).rowcount:
            print(delivery, json.dumps(json.loads(body)["meta"]), flush=True)
        # The log of the server reaches back for less than that: nothing comes again.
        db.execute("DELETE FROM seen WHERE at < ?", (now - 30 * 86400,))


def is_signed(header, body):
    sent = dict(part.partition("=")[::2] for part in header.split(","))
    signed = hmac.new(secret, sent.get("t", "").encode() + b"." + body, hashlib.sha256).hexdigest()
    # An old delivery that a stranger repeats has an old time.
    return hmac.compare_digest(signed.encode(), sent.get("v1", "").encode()) and abs(time.time() - int(sent["t"])) < 300


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        good = is_signed(self.headers.get("X-Groundnut-Signature", ""), body)
        if good:
            keep(self.headers["X-Groundnut-Delivery"], body)
        self.send_response(204 if good else 403)
        self.send_header("Content-Length", "0")
        self.end_headers()


with closing(sqlite3.connect(path)) as db, db:
    db.execute("CREATE TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY, at INTEGER)")
ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
