"""A chat over real websockets, by a library that has never heard of us: a user stream and an app stream."""

import asyncio
import json
import sys
import urllib.error
import urllib.request

import websockets

from server import Server

# Seconds after which a test says that something did not happen; only a failing one waits that long.
DEADLINE = 30


def call(server, who, method, path, body=None, status=(200, 201)):
    """One REST call; gives the whole answer."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {who}", "Content-Type": "application/json"}
    request = urllib.request.Request(server.url + "/v1" + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=DEADLINE) as answer:
            code, text = answer.status, answer.read()
    except urllib.error.HTTPError as error:
        code, text = error.code, error.read()
    assert code in status, f"{method} {path}: {code} {text}"
    return json.loads(text) if text else None


async def hears(stream, kind, first=False):
    """The next event, pongs aside, which must be of this kind. What was written before a stream was opened may still
    be on its way to it: `first` lets that pass."""
    while True:
        event = json.loads(await asyncio.wait_for(stream.recv(), DEADLINE))
        if "pong" in event["meta"] or (first and event["meta"]["type"] != kind):
            continue
        assert event["meta"]["type"] == kind, event
        return event


async def play(server):
    ada, bob = server.tokens["ada"], server.tokens["bob"]
    room = call(server, ada, "POST", "/channels", {
        "type": "io.pnut.core.chat",
        "acl": {"write": {"any_user": True}, "read": {"public": True}},
        "raw": {"io.pnut.core.chat-settings": [{"name": "Lounge"}]},
    })["data"]["id"]
    call(server, server.app_token, "POST", "/streams", {
        "type": "long_poll", "key": "butterball",
        "object_types": ["message", "channel", "channel_subscription", "user_presence", "user_channel_presence"],
    })
    firehose = await websockets.connect(f"{server.sockets}/app?access_token={server.app_token}&key=butterball")
    hello = json.loads(await firehose.recv())
    assert hello["meta"]["stream"]["key"] == "butterball", hello

    header = {"Authorization": f"Bearer {bob}"}
    stream = await websockets.connect(f"{server.sockets}/user", additional_headers=header)
    connection = json.loads(await stream.recv())["meta"]["connection_id"]
    followed = {}
    for path in (f"/channels/{room}/messages", "/users/me/channels/subscribed", f"/channels/{room}/presence?include_not_followed=1"):
        page = call(server, bob, "GET", f"{path}{'&' if '?' in path else '?'}connection_id={connection}")
        followed[path] = page["meta"]["subscription_id"]

    call(server, bob, "PUT", f"/channels/{room}/subscribe")
    assert (await hears(stream, "channel_subscription", first=True))["data"]["id"] == room
    heard = await hears(firehose, "channel_subscription", first=True)
    assert heard["data"]["user"]["username"] == "bob" and heard["data"]["channel"]["id"] == room

    call(server, ada, "PUT", f"/users/me/presence/channels/{room}", {"presence": "typing"})
    assert (await hears(stream, "user_channel_presence"))["data"][0]["presence"] == "typing"
    assert (await hears(firehose, "user_channel_presence"))["meta"]["id"] == room

    for who, text in ((ada, "hello"), (bob, "hello yourself"), (ada, "nice weather")):
        said = call(server, who, "POST", f"/channels/{room}/messages", {"text": text})["data"]
        event = await hears(stream, "message")
        assert event["data"][0]["content"]["text"] == text and event["meta"]["id"] == said["id"]
        assert set(event["meta"]["subscription_ids"]) == {
            followed[f"/channels/{room}/messages"], followed["/users/me/channels/subscribed"]}
        event = await hears(firehose, "message")
        assert event["data"][0]["content"]["text"] == text
        assert event["meta"]["channel_name"] == "Lounge"
        assert event["meta"]["subscribed_user_ids"] == ["2"] and event["meta"]["suppress_notifications"] == []

    call(server, ada, "DELETE", f"/channels/{room}/messages/{said['id']}")
    for listener in (stream, firehose):
        event = await hears(listener, "message")
        assert event["meta"]["is_deleted"] is True and "content" not in event["data"][0]

    await stream.send(".")
    assert "pong" in json.loads(await asyncio.wait_for(stream.recv(), DEADLINE))["meta"]
    await (await stream.ping())
    call(server, bob, "DELETE", f"/users/me/streams/{connection}", status=(204,))
    try:
        await asyncio.wait_for(stream.recv(), DEADLINE)
        raise AssertionError("the stream is still open")
    except websockets.ConnectionClosed:
        assert stream.close_code == 1000, stream.close_code

    second = await websockets.connect(f"{server.sockets}/app?access_token={server.app_token}&key=butterball")
    try:
        await websockets.connect(f"{server.sockets}/app?access_token={server.app_token}&key=butterball")
        raise AssertionError("a third app stream was let in")
    except websockets.InvalidStatus as refused:
        assert refused.response.status_code == 429, refused
    await second.close()
    await firehose.close()


def main():
    with Server(people=("ada", "bob")) as server:
        asyncio.run(play(server))
    print("websockets: a user stream and an app stream heard the whole chat")


if __name__ == "__main__":
    sys.exit(main())
