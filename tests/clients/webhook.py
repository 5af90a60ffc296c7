"""The receiver of docs/streams.md prints each event once and in order, while the server is killed and itself is away."""

import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

from server import Server

RECEIVER = pathlib.Path(__file__).resolve().parents[2] / "docs" / "streams" / "webhook_receiver.py"
SECRET = "a-secret-of-the-clients"
ROUNDS, EACH = 3, 20
DEADLINE = 120


def call(server, who, path, body, method="POST"):
    request = urllib.request.Request(
        f"{server.url}/v1{path}", json.dumps(body or {}).encode(),
        {"Authorization": f"Bearer {who}", "Content-Type": "application/json"}, method=method,
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["data"]


class Receiver:
    """The program, at an address that stays."""

    def __init__(self, folder):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.seen = f"{folder}/seen.db"
        self.lines = []
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [sys.executable, RECEIVER, str(self.port), self.seen],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=dict(os.environ, SECRET=SECRET),
        )
        self.reading = threading.Thread(target=self._read, args=(self.process.stdout,), daemon=True)
        self.reading.start()

    def _read(self, pipe):
        for line in pipe:
            self.lines.append(line.strip())

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=30)
        self.reading.join(timeout=30)

    def until(self, count):
        end = time.monotonic() + DEADLINE
        while len(self.lines) < count:
            assert time.monotonic() < end and self.process.poll() is None, f"{len(self.lines)} of {count}"
            time.sleep(0.05)

    def is_refused(self, signature):
        """What is not signed by the server is answered with 403."""
        headers = {"X-Groundnut-Signature": signature, "X-Groundnut-Delivery": "forged"}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/", b"{}", headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status == 403
        except urllib.error.HTTPError as refused:
            return refused.code == 403


def play(server, receiver):
    ada = server.tokens["ada"]
    room = call(server, ada, "/channels", {
        "type": "io.pnut.core.chat",
        "acl": {"read": {"public": True}, "write": {"any_user": True}},
        "raw": {"io.pnut.core.chat-settings": [{"name": "Lounge"}]},
    })["id"]
    call(server, ada, f"/channels/{room}/subscribe", None, "PUT")
    call(server, server.app_token, "/streams", {
        "type": "webhook", "key": "hook", "object_types": ["message"],
        "url": f"http://127.0.0.1:{receiver.port}/", "secret": SECRET,
    })
    sent = []

    def say(words):
        sent.append(call(server, ada, f"/channels/{room}/messages", {"text": words})["id"])

    say("begin")
    receiver.until(1)
    for number in range(ROUNDS):
        for n in range(EACH):
            say(f"{number}.{n}")
        server.restart()
        receiver.until(len(sent))
        receiver.stop()
        for n in range(EACH):
            say(f"{number}.{n}, while it is away")
        receiver.start()
    receiver.until(len(sent))
    for signature in ("", "t=1,v1=00", f"t={int(time.time())},v1={'0' * 64}"):
        assert receiver.is_refused(signature), signature
    heard = [json.loads(line.split(" ", 1)[1])["id"] for line in receiver.lines]
    assert heard == sent, f"sent {sent}\nheard {heard}"
    print(f"{RECEIVER.name}: {len(heard)} messages over {ROUNDS} crashes and absences, each once and in order")


def main():
    # It is away for a second or so, and nothing is given up meanwhile.
    settings = {"WEBHOOKS_ALLOW_PRIVATE": "true", "WEBHOOKS_RETRY_MS": ",".join(["500"] * 24)}
    with tempfile.TemporaryDirectory() as folder, Server(people=("ada",), **settings) as server:
        receiver = Receiver(folder)
        try:
            play(server, receiver)
        finally:
            receiver.stop()


if __name__ == "__main__":
    sys.exit(main())
