"""Every list of a seeded server: its first page, its thousandth page; and GET/s per core.

The time of the server's processor per call is printed too: other work on the machine changes it little.
"""

import json
import re
import selectors
import sys
import time
from urllib.parse import quote

from server import Connection, about, kept, started

SCOPES = "basic,stream,messages,follow,files,polls,presence"
PAGE = 20          # items of a page
DEEP = 1000        # pages before the deep one
MISSING = (403, 404)

# Viewers, by what the seed gives them. {last} is the number of accounts.
VIEWERS = {
    "plain": "person{half}",    # follows a few
    "heavy": "person1",         # follows 5000
    "blocks": "person11",       # blocks 5000
    "popular": "person{last}",  # followed by many
}

# name, path, viewers, milliseconds that p99 may take. {…} is filled in by `places`.
LISTS = [
    ("me", "/posts/streams/me", "plain blocks", 20),
    ("me, 5000 followed", "/posts/streams/me", "heavy", 40),
    ("unified", "/posts/streams/unified", "plain blocks", 20),
    ("unified, 5000 followed", "/posts/streams/unified", "heavy", 40),
    ("global", "/posts/streams/global", "plain heavy blocks popular", 20),
    ("tag", "/posts/tags/{tag}", "plain heavy blocks", 20),
    ("conversations", "/posts/streams/explore/conversations", "plain blocks", 20),
    ("missed", "/posts/streams/explore/missed_conversations", "plain blocks", 20),
    ("trending", "/posts/streams/explore/trending", "plain blocks", 20),
    ("newcomers", "/posts/streams/explore/newcomers", "plain blocks", 20),
    ("user posts", "/users/{popular}/posts", "plain heavy blocks", 20),
    ("mentions", "/users/@person1/mentions", "plain heavy blocks", 20),
    ("bookmarks", "/users/me/bookmarks", "popular", 20),
    ("thread", "/posts/{thread}/thread", "plain blocks", 20),
    ("post interactions", "/posts/{thread}/interactions", "plain", 20),
    ("interactions", "/users/me/interactions", "popular", 20),
    ("post search, common", "/posts/search?q={word}", "plain blocks", 60),
    ("post search, common, by id", "/posts/search?q={word}&order=id", "plain blocks", 60),
    ("post search, two words", "/posts/search?q={word}+{word2}&order=id", "plain", 60),
    ("post search, rare", "/posts/search?q={rare}", "plain", 60),
    ("post search, tag", "/posts/search?tags={tag}&order=id", "plain", 60),
    ("followers", "/users/{popular}/followers", "plain heavy blocks popular", 20),
    ("followers by id", "/users/{popular}/followers?order=id", "plain", 20),
    ("followers by last post", "/users/{popular}/followers?order=last_post_id", "plain", 40),
    ("following", "/users/@person1/following", "plain heavy blocks", 20),
    ("following by last post, 5000", "/users/@person1/following?order=last_post_id", "plain", 40),
    ("blocked", "/users/me/blocked", "blocks", 20),
    ("muted", "/users/me/muted", "plain", 20),
    ("users", "/users/search", "plain blocks", 20),
    ("user search, common", "/users/search?q=person", "plain blocks", 60),
    ("user search, rare", "/users/search?q=person{half}", "plain", 60),
    ("suggested", "/users/suggested", "plain heavy blocks", 60),
    ("messages", "/channels/1/messages", "plain heavy blocks", 20),
    ("messages of a small room", "/channels/{small}/messages", "plain", 20),
    ("subscribers", "/channels/1/subscribers", "plain blocks", 20),
    ("subscriber ids", "/channels/1/subscribers/ids", "plain blocks", 20),
    ("sticky", "/channels/1/sticky_messages", "plain", 20),
    ("own messages", "/users/me/messages", "plain heavy", 20),
    ("own channels", "/users/me/channels", "plain", 20),
    ("inbox", "/users/me/channels/subscribed", "plain blocks", 20),
    ("muted channels", "/users/me/channels/muted", "plain", 20),
    ("unread", "/users/me/channels/num_unread?channel_types=io.pnut.core.chat", "plain blocks", 20),
    ("channel search", "/channels/search", "plain", 60),
    ("channel search, words", "/channels/search?q=room&order=popularity", "plain", 60),
    ("channel search, rare", "/channels/search?q=nowhere", "plain", 60),
    ("channel search, owner", "/channels/search?owner_id=@person1&order=popularity", "plain", 60),
    ("rooms", "/channels/streams/explore/conversations", "plain", 60),
    ("message search, common", "/channels/messages/search?channel_ids=1&q={word}", "plain blocks", 60),
    ("message search, common, by id", "/channels/messages/search?channel_ids=1&q={word}&order=id", "plain blocks", 60),
    ("message search, small room", "/channels/messages/search?channel_ids={small}&q={word}&order=id", "plain", 60),
    ("message search, 50 rooms", "/channels/messages/search?channel_ids={rooms}&q={word}&order=id", "plain", 60),
    ("message search, rare", "/channels/messages/search?channel_ids=1&q={rare_message}", "plain", 60),
    ("message search, author", "/channels/messages/search?channel_ids=1&creator_id=@person1&order=id", "plain", 60),
    ("files", "/users/me/files", "plain", 20),
    ("polls", "/users/me/polls", "plain", 20),
    ("polls of a user", "/users/@person1/polls", "plain", 20),
    ("poll search", "/polls/search", "plain blocks", 60),
    ("presence", "/presence", "plain heavy", 20),
    ("apps", "/users/me/clients", "plain", 20),
    ("feed of a user", "/feed/rss/users/{popular}/posts", "plain", 20),
    ("feed of a search", "/feed/rss/posts/search?q={word}", "plain", 60),
]

# name, path, viewer, GET/s per core that are wanted
RATES = [
    ("a page of 20 posts", "/posts/streams/global", "plain", 2000),
    ("a page of 20 messages", "/channels/1/messages", "plain", 5000),
]


def places(connection, token, last):
    """What the paths name: the seed's own, and what a look at the server finds."""
    def rare(path):
        for _ in range(200):
            answer = connection.json(path, token)
            for item in answer["data"]:
                found = re.search(r"\brare\d+\b", (item.get("content") or {}).get("text", ""))
                if found:
                    return found.group(0)
            path = re.sub(r"&before_id=.*", "", path) + f"&before_id={answer['meta']['min_id']}"
        return "rare50"

    newest = connection.json("/posts/streams/global?count=200", token)["data"]
    thread = max(newest, key=lambda post: post["counts"]["replies"])
    channels = connection.json("/channels/search?order=id&count=200", token)["data"]
    return {
        "popular": f"@person{last}",
        "half": last // 2,
        "tag": "bade",
        "word": "bade",
        "word2": "dede",
        "rare": rare("/posts/streams/global?count=200"),
        "rare_message": rare("/channels/1/messages?count=200"),
        "thread": thread["thread_id"],
        "small": channels[0]["id"],
        "rooms": ",".join(channel["id"] for channel in channels[:50]),
    }


def with_query(path, **added):
    parts = [f"{name}={value}" for name, value in added.items() if value is not None]
    return path + ("&" if "?" in path else "?") + "&".join(parts) if parts else path


def next_page(body):
    if not body.startswith(b"{"):
        return None
    meta = json.loads(body)["meta"]
    return meta.get("min_id") if meta.get("more") else None


def deep_page(connection, path, token):
    """The bound of the thousandth page, and how many pages are before it (fewer, if the list is shorter)."""
    before, items = None, 0
    while items < PAGE * DEEP:
        status, body, _ = connection.get(with_query(path, count=200, before_id=before), token)
        if status != 200:
            break
        bound = next_page(body)
        if bound is None:
            break
        before, items = bound, items + 200
    return before, items // PAGE


def percentile(times, share):
    times = sorted(times)
    return times[min(len(times) - 1, int(len(times) * share))] * 1000


def measure(server, connection, path, token, before, count):
    """Status and delays of a page, and the milliseconds of the server's processor for each call. Of a deep page the
    following ones are asked for, so that each is a new one."""
    times, bound, cpu = [], before, server.cpu()
    for _ in range(count):
        status, body, took = connection.get(with_query(path, before_id=bound), token)
        if status != 200:
            return status, times, 0.0
        times.append(took)
        if before is not None:
            bound = next_page(body) or before
    return 200, times, (server.cpu() - cpu) * 1000 / count


def walk(server, connection, tokens, named, options):
    rows = []
    for name, template, viewers, bound in LISTS:
        path = template.format(**{key: quote(str(value), safe="@,") for key, value in named.items()})
        for viewer in viewers.split():
            label = f"{name} ({viewer})"
            if options.only and options.only not in label:
                continue
            status, first, first_cpu = measure(server, connection, path, tokens[viewer], None, options.requests)
            if status in MISSING or not first:
                print(f"{label:42} {status}", flush=True)
                continue
            before, depth = deep_page(connection, path, tokens[viewer])
            deep, deep_cpu = [], None
            if depth:
                _, deep, deep_cpu = measure(server, connection, path, tokens[viewer], before, options.requests)
            row = {
                "list": name, "viewer": viewer, "path": path, "bound_ms": bound, "depth_pages": depth,
                "first_p50_ms": percentile(first, 0.5), "first_p99_ms": percentile(first, 0.99),
                "first_cpu_ms": first_cpu, "deep_cpu_ms": deep_cpu,
                "deep_p50_ms": percentile(deep, 0.5) if deep else None,
                "deep_p99_ms": percentile(deep, 0.99) if deep else None,
            }
            worst = max(row["first_p99_ms"], row["deep_p99_ms"] or 0)
            row["is_within"] = worst < bound
            rows.append(row)
            later = f"{row['deep_p50_ms']:8.2f} {row['deep_p99_ms']:8.2f} {deep_cpu:6.2f}" if deep else " " * 24
            print(f"{label:42} {row['first_p50_ms']:8.2f} {row['first_p99_ms']:8.2f} {first_cpu:6.2f}   page {depth:5} {later}"
                  f"   {bound:3} {'' if row['is_within'] else 'ABOVE'}", flush=True)
    return rows


def rate(server, path, token, seconds):
    """GETs, and how many of them one second of the server's processor carries."""
    selector = selectors.DefaultSelector()
    for _ in range(16):
        connection = Connection(server.address)
        request = connection.request(path, token)
        connection.socket.sendall(request)
        selector.register(connection.socket, selectors.EVENT_READ, (connection, request))
    done, cpu, began = 0, server.cpu(), time.perf_counter()
    while time.perf_counter() - began < seconds:
        for key, _ in selector.select():
            connection, request = key.data
            status, _ = connection.answer()
            if status != 200:
                sys.exit(f"{path}: {status}")
            done += 1
            connection.socket.sendall(request)
    took, cpu = time.perf_counter() - began, server.cpu() - cpu
    return done / took, done / cpu


def run(options):
    server = started(options)
    try:
        client, connection = server.client(), Connection(server.address)
        first = server.token(client, "person1", SCOPES)
        last = int(connection.json("/users/search?count=1", first)["data"][0]["id"])
        tokens = {viewer: server.token(client, name.format(half=last // 2, last=last), SCOPES)
                  for viewer, name in VIEWERS.items()}
        named = places(connection, first, last)
        before = about(users=last)
        print(before, named, "", sep="\n")
        print(f"{'list (viewer)':42} {'first p50':>8} {'p99':>7} {'cpu':>6}   {'':10} {'deep p50':>8} {'p99':>8} {'cpu':>6}   ms",
              flush=True)
        rows, rates = walk(server, connection, tokens, named, options), []
        for name, path, viewer, wanted in [] if options.only else RATES:
            by_clock, by_cpu = rate(server, path, tokens[viewer], options.seconds)
            rates.append({"what": name, "per_second": by_clock, "per_cpu_second": by_cpu, "wanted": wanted})
            print(f"{name:42} {by_clock:8.0f} GET/s, {by_cpu:8.0f} per second of the server's processor, wanted {wanted}")
        after = about()
        print(f"load {before['load']:.1f} to {after['load']:.1f}, server peak {server.memory() // 1024} MiB")
        kept(options.json, {**before, "load_after": after["load"], "peak_kib": server.memory(), "lists": rows, "rates": rates})
    finally:
        server.stop()
