#!/usr/bin/env python3
"""Prints the messages of a room, each once and in order, over lost connections and restarts of the server.

    room_reader.py http://127.0.0.1:8080 TOKEN ROOM      (needs: pip install websockets)
"""

import asyncio
import json
import random
import sys
import urllib.parse
import urllib.request

import websockets

SERVER, TOKEN, ROOM = sys.argv[1:4]
HEADERS = {"Authorization": f"Bearer {TOKEN}"}


class Reader:
    session = cursor = None  # What a client keeps: the id of its stream, and the cursor of the last frame.
    last = 0  # The newest message that was printed.

    def show(self, messages):
        for message in sorted(messages, key=lambda message: int(message["id"])):
            if int(message["id"]) > self.last:
                self.last = int(message["id"])
                print(message.get("content", {}).get("text", "(deleted)"), flush=True)

    async def page(self, **query):
        address = f"{SERVER}/v1/channels/{ROOM}/messages?{urllib.parse.urlencode(query)}"
        request = urllib.request.Request(address, headers=HEADERS)
        answer = await asyncio.to_thread(urllib.request.urlopen, request, timeout=30)
        return json.load(answer)

    async def catch_up(self, **query):
        """What REST has behind the last message; the first page subscribes, if a connection is named."""
        page = await self.page(since_id=self.last, count=200, **query)
        missed = page["data"]
        while page["meta"].get("more"):
            page = await self.page(since_id=self.last, before_id=page["meta"]["min_id"], count=200)
            missed += page["data"]
        self.show(missed)

    async def follow(self):
        query = {"include_cursor": 1, "auto_delete": 0}
        if self.cursor:
            query |= {"connection_id": self.session, "cursor": self.cursor}
        address = f"{SERVER.replace('http', 'ws', 1)}/v1/user?{urllib.parse.urlencode(query)}"
        async with websockets.connect(address, additional_headers=HEADERS) as stream:
            hello = json.loads(await stream.recv())["meta"]
            if not hello["stream"].get("resumed"):
                await self.catch_up(connection_id=hello["connection_id"])
            # Only now: a stream without its subscription is not worth going on with.
            self.session, self.cursor = hello["connection_id"], hello["cursor"]
            beat = asyncio.create_task(self.beat(stream))
            try:
                async for frame in stream:
                    event = json.loads(frame)
                    if "gap" in event["meta"]:
                        await self.catch_up()
                    if event["meta"].get("type") == "message" and "is_deleted" not in event["meta"]:
                        self.show(event["data"])
                    self.cursor = event["meta"].get("cursor", self.cursor)
            finally:
                beat.cancel()

    async def beat(self, stream):
        while True:
            await asyncio.sleep(30)
            await stream.send(".")

    async def run(self):
        pause = 1
        while True:
            try:
                await self.follow()
                pause = 1
            except websockets.InvalidStatus as refused:
                if refused.response.status_code in (401, 403):
                    sys.exit("the token is not valid (any more)")
                if refused.response.status_code == 400:
                    self.cursor = None  # The log is another one: begin anew.
            except (OSError, websockets.WebSocketException):
                pass
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))
            pause = min(pause * 2, 30)


asyncio.run(Reader().run())
