"""The snippets of docs/streams.md read a compressed stream: what they print is what was said."""

import asyncio
import json
import pathlib
import re
import subprocess
import tempfile
import urllib.request

import websockets

from server import Server

HERE = pathlib.Path(__file__).resolve().parent
PAGE = (HERE.parents[1] / "docs" / "streams.md").read_text()
DEADLINE = 60
WORDS = ["hello", "grüße 🥜", "\"quoted\" and \\ more", "x" * 2000]


def snippet(language):
    section = PAGE.split("## Less to carry")[1].split("\n## ")[0]
    return re.search(rf"```{language}\n(.*?)```", section, re.S)[1]


def call(server, who, path, body=None):
    request = urllib.request.Request(
        f"{server.url}/v1{path}", body and json.dumps(body).encode(),
        {"Authorization": f"Bearer {server.tokens[who]}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def say(server, room):
    for words in WORDS:
        call(server, "ada", f"/channels/{room}/messages", {"text": words})


async def in_python(server, room):
    names = {"asyncio": asyncio, "json": json, "urllib": urllib, "websockets": websockets}
    exec(snippet("python"), names)
    heard = []
    async for event in names["events"](server.url, server.tokens["bob"]):
        connection = event["meta"].get("connection_id")
        if connection:
            page = f"/channels/{room}/messages?connection_id={connection}"
            subscribed = await asyncio.to_thread(call, server, "bob", page)
            assert subscribed["meta"]["subscription_id"]
            await asyncio.to_thread(say, server, room)
            continue
        heard.append(event["data"][0]["content"]["text"])
        if len(heard) == len(WORDS):
            return heard


DRIVER = """
globalThis.WebSocket ??= (await import("ws")).WebSocket;
const [server, token, room] = process.argv.slice(2);
const headers = { Authorization: `Bearer ${token}` };
const stream = await events(server, token, async ({ meta, data }) => {
  if (meta.connection_id) {
    await fetch(`${server}/v1/channels/${room}/messages?connection_id=${meta.connection_id}`, { headers });
    console.log("listening");
  } else {
    console.log(JSON.stringify(data[0].content.text));
  }
});
"""


def in_javascript(server, room):
    # Beside node_modules, where imports are looked for.
    with tempfile.NamedTemporaryFile("w", suffix=".mjs", dir=HERE) as script:
        script.write(snippet("js") + DRIVER)
        script.flush()
        command = ["node", script.name, server.url, server.tokens["bob"], room]
        client = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert client.stdout.readline() == "listening\n"
            say(server, room)
            return [json.loads(client.stdout.readline()) for _ in WORDS]
        finally:
            client.kill()
            client.wait()


def main():
    with Server() as server:
        room = call(server, "ada", "/channels", {
            "type": "io.pnut.core.chat",
            "acl": {"read": {"public": True}, "write": {"any_user": True}},
            "raw": {"io.pnut.core.chat-settings": [{"name": "Lounge"}]},
        })["data"]["id"]
        heard = asyncio.run(asyncio.wait_for(in_python(server, room), DEADLINE))
        assert heard == WORDS, heard
        heard = in_javascript(server, room)
        assert heard == WORDS, heard
    print("both snippets read what was said")


main()
