"""The clients of docs/streams.md lose no message and print none twice, while the server is killed and started again."""

import json
import pathlib
import subprocess
import sys
import threading
import time
import urllib.request

from server import Server

CLIENTS = pathlib.Path(__file__).resolve().parents[2] / "docs" / "streams"
ROUNDS, EACH = 3, 40
DEADLINE = 120


def call(server, path, body):
    request = urllib.request.Request(
        f"{server.url}/v1{path}", json.dumps(body).encode(),
        {"Authorization": f"Bearer {server.tokens['ada']}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["data"]


def node():
    """Node with a WebSocket of its own: without a switch from version 22 on."""
    asked = subprocess.run(["node", "-p", "typeof WebSocket"], capture_output=True, text=True, check=True)
    return ["node"] if asked.stdout.strip() == "function" else ["node", "--experimental-websocket", "--no-warnings"]


def drive(command):
    with Server() as server:
        room = call(server, "/channels", {
            "type": "io.pnut.core.chat",
            "acl": {"read": {"public": True}, "write": {"any_user": True}},
            "raw": {"io.pnut.core.chat-settings": [{"name": "Lounge"}]},
        })["id"]
        sent, seen = [], []

        def say(words):
            call(server, f"/channels/{room}/messages", {"text": words})
            sent.append(words)

        def until(count):
            end = time.monotonic() + DEADLINE
            while len(seen) < count:
                assert time.monotonic() < end and client.poll() is None, f"{len(seen)} of {count}: {seen[-3:]}"
                time.sleep(0.05)

        client = subprocess.Popen(
            [*command, server.url, server.tokens["bob"], room], stdout=subprocess.PIPE, text=True,
        )
        reading = threading.Thread(target=lambda: seen.extend(line.strip() for line in client.stdout), daemon=True)
        reading.start()
        try:
            say("begin")
            until(1)
            for number in range(ROUNDS):
                for n in range(EACH):
                    say(f"{number}.{n}")
                server.restart()
                # Before the client is back: nothing of it is on a live stream.
                say(f"{number} is over")
            until(len(sent))
        finally:
            client.kill()
            client.wait()
    assert seen == sent, f"sent {sent}\nseen {seen}"
    print(f"{command[-1].name}: {len(seen)} messages over {ROUNDS} crashes, each once and in order")


drive([sys.executable, CLIENTS / "room_reader.py"])
drive([*node(), CLIENTS / "room_reader.mjs"])
