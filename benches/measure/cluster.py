"""Several servers on one PostgreSQL: writes beside pgbench, delay between servers, what a room costs that is spread.

All of it on one machine; nothing is pinned, except for `spread`. Ratios of interleaved rounds count, not the figures
themselves.
"""

import json
import os
import socket
import statistics
import subprocess
import tempfile
import time
from contextlib import contextmanager

from postgres import Postgres
from server import Server, about, kept

PASSWORD = "measured-only-here"
SCOPES = "basic,messages,public_messages"


class Cluster:
    """Servers a, b, c on a database of their own, and accounts with a token each."""

    def __init__(self, options, postgres, count, redis=None, core=None):
        self.url = postgres.create()
        self.binary = options.binary
        more = ["--redis-url", redis] if redis else []
        names = "abc"[:count]
        self.servers = [Server(options.binary, self.url, core, ["--node-name", name, *more]) for name in names]
        first = self.servers[0]
        client, self.tokens = first.client(), []
        # Several: an account has 10 000 sessions at most.
        for name in ("ada", "bob", "eve", "dan"):
            first.run(["user", "create", name, "--password-stdin"], PASSWORD)
            # One word: a token may begin with a dash.
            self.tokens.append("--token=" + first.token(client, name, SCOPES))

    def load(self, *words, servers=None, seconds=4, meanwhile=None):
        """The figures of a run of the load tester, by name. `meanwhile` is called with its process while it runs."""
        with tempfile.NamedTemporaryFile() as result:
            command = [self.binary, "loadtest", *words, "-d", str(seconds), "--no-pin", "--block", "--quiet",
                       *self.tokens, "--json", result.name]
            for server in self.servers if servers is None else servers:
                command += ["--url", "http://%s:%d" % server.address]
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as tester:
                if meanwhile:
                    meanwhile(tester)
                said, _ = tester.communicate()
            if tester.returncode != 0:
                raise SystemExit(f"{' '.join(words)}: {said[-2000:]}")
            return {row["name"]: row["value"] for row in json.load(result)["rows"]}

    def cpu(self):
        return sum(server.cpu() for server in self.servers)

    def frames(self):
        return sum(server.frames() for server in self.servers)

    def per_frame(self, *words, seconds=5):
        """Microseconds of the servers' processors per frame, while frames are delivered: without connecting, and without
        the end."""
        found = []

        def sample(tester):
            before = self.frames()
            while self.frames() < before + 10_000:
                if tester.poll() is not None:
                    return
                time.sleep(0.1)
            # Behind the first messages, which all streams take on the slower path.
            time.sleep(1)
            used, heard = self.cpu(), self.frames()
            time.sleep(seconds)
            found.append((self.cpu() - used) * 1e6 / (self.frames() - heard))

        self.load(*words, seconds=seconds + 2, meanwhile=sample)
        if not found:
            raise SystemExit(f"{' '.join(words)}: it ended before 10 000 frames")
        return found[0]

    def stop(self):
        for server in self.servers:
            server.stop()


@contextmanager
def cluster(options, postgres, count, redis=None, core=None):
    started = Cluster(options, postgres, count, redis, core)
    try:
        yield started
    finally:
        started.stop()


@contextmanager
def redis_server():
    """A Redis of its own, without a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "redis.sock")
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        process = subprocess.Popen(["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--unixsocket", path,
                                    "--save", "", "--dir", folder], stdout=subprocess.DEVNULL)
        try:
            while not os.path.exists(path):
                time.sleep(0.05)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.terminate()
            process.wait()


def writes(options, postgres, redis):
    """Durable messages per second over HTTP, 64 in flight, in all and on each server, beside pgbench with 16 clients and the
    same rows."""
    rounds = []

    def load(servers, of, in_flight):
        return servers.load("rooms", "--rooms", "6", "-n", "1", "-w", str(in_flight), servers=servers.servers[:of])["messages"]

    with cluster(options, postgres, 1, redis) as one, cluster(options, postgres, 3, redis) as three:
        sample = postgres.sample_of(one)
        for _ in range(options.rounds):
            rounds.append({
                "pgbench": postgres.pgbench(sample, head=False),
                "pgbench with a head row": postgres.pgbench(sample, head=True),
                "one server": load(one, 1, 64),
                "two of three servers": load(three, 2, 64),
                "three servers": load(three, 3, 64),
                "two of three servers, 64 on each": load(three, 2, 128),
                "three servers, 64 on each": load(three, 3, 192),
            })
    return rounds


def held(options, postgres, redis):
    """Milliseconds that a group of writes holds the row of the log's head, beside a commit that writes one row."""
    rounds = []
    with cluster(options, postgres, 3, redis) as three:
        sample = postgres.sample_of(three)
        for _ in range(options.rounds):
            found = {"a commit of one row": postgres.empty_commit(sample)}
            for name, servers in (("one server", three.servers[:1]), ("three servers", three.servers)):
                before = [server.spans() for server in servers]
                three.load("rooms", "--rooms", "6", "-n", "1", "-w", "64", servers=servers)
                after = [server.spans() for server in servers]
                for part in ("head_wait", "transact", "commit"):
                    seconds, count = (sum(now[part, what] - then[part, what] for now, then in zip(after, before))
                                      for what in ("sum", "count"))
                    found[f"{name}: {part}"] = seconds * 1000 / count
            rounds.append(found)
    return rounds


def delay(options, postgres, redis):
    """Milliseconds from a write on one server to a socket of another, 100 messages per second."""
    rounds = []
    with cluster(options, postgres, 2, redis) as on_bus, cluster(options, postgres, 2) as asking:
        for _ in range(options.rounds):
            found = {}
            for name, servers in (("with Redis", on_bus), ("without", asking)):
                rows = servers.load("room", "-n", "20", "-r", "100", "--timing")
                found.update((f"{name}: {key}", value) for key, value in rows.items()
                             if key.startswith("commit to arrival across nodes p"))
            rounds.append(found)
    return rounds


@contextmanager
def apart(postgres):
    """The core for the servers; the tester, PostgreSQL and Redis share the last one meanwhile. Otherwise what a frame costs
    a server depends on when the tester has the core in between, which is more often with three servers."""
    cores = sorted(os.sched_getaffinity(0))
    postgres.pin({cores[-1]})
    os.sched_setaffinity(0, {cores[-1]})
    try:
        yield cores[0]
    finally:
        os.sched_setaffinity(0, cores)
        postgres.pin(cores)


def spread(options, postgres, _redis):
    """Microseconds of the servers' processors per delivered frame: a room of 1000 on one server, and on three."""
    rounds = []
    with (apart(postgres) as core, redis_server() as redis, cluster(options, postgres, 1, redis, core) as one,
          cluster(options, postgres, 3, redis, core) as three):
        for _ in range(options.rounds):
            found = {}
            for name, servers in (("one server", one), ("three servers", three)):
                found[name] = servers.per_frame("room", "-n", "1000", "-r", "50")
            found["three / one"] = found["three servers"] / found["one server"]
            rounds.append(found)
    return rounds


def unheard(options, postgres, redis):
    """Microseconds that a server without listeners spends on an event of another one."""
    rounds = []
    with cluster(options, postgres, 2, redis) as pair:
        writer, other = pair.servers
        for _ in range(options.rounds):
            idle, began = other.cpu(), time.monotonic()
            time.sleep(4)
            per_second = (other.cpu() - idle) / (time.monotonic() - began)
            head = postgres.head(pair)
            used, began = other.cpu(), time.monotonic()
            pair.load("room", "-n", "1", "-w", "16", servers=[writer])
            time.sleep(0.5)
            events = postgres.head(pair) - head
            spent = other.cpu() - used - per_second * (time.monotonic() - began)
            rounds.append({"microseconds": spent * 1e6 / events, "events": events})
    return rounds


def failover(three, rate, sockets, names):
    """Kills the last server, which has as many shares of the sockets as names; the figures of the run."""
    addresses = ["http://%s:%d" % server.address for server in three.servers]
    # To the tester each name is a server, so the last one has the sockets of as many.
    addresses += ["http://%s:%d" % (name, three.servers[-1].address[1]) for name in names]
    urls = [word for url in addresses for word in ("--url", url)]
    with tempfile.NamedTemporaryFile() as result:
        tester = subprocess.Popen(
            [three.binary, "loadtest", "failover", "-n", str(sockets), "-r", str(rate), "--no-pin", "--block", "--quiet",
             *three.tokens, "--json", result.name, *urls],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        print(tester.stderr.readline().strip(), flush=True)
        three.servers.pop().process.kill()
        said, _ = tester.communicate()
        if tester.returncode != 0:
            raise SystemExit(f"failover: {said}")
        return {row["name"]: row["value"] for row in json.load(result)["rows"]}


# Messages per second in the room, sockets in all, and further names of the server that is killed. (A process of the machine
# that was measured has 20 000 descriptors.)
KILLED = {"6500, 10 messages/s": (10, 19500, []), "6500, 1 message/s": (1, 19500, []),
          "10 200, 1 message/s": (1, 17000, ["localhost", "LOCALHOST"])}


def killed(options, postgres, redis):
    """Seconds until the streams of a killed server are back at the other two."""
    rounds = []
    for _ in range(options.rounds):
        found = {}
        for name, run in KILLED.items():
            with cluster(options, postgres, 3, redis) as three:
                found[name] = failover(three, *run)["all reconnected after"]
        rounds.append(found)
    return rounds


PARTS = {"writes": writes, "held": held, "delay": delay, "spread": spread, "unheard": unheard,
         "killed": killed}


def medians(rounds):
    return {name: round(statistics.median(each[name] for each in rounds), 2) for name in rounds[0]}


def run(options):
    postgres = Postgres(options.database_url)
    result = about()
    try:
        with redis_server() as redis:
            for name in options.only.split(",") if options.only else PARTS:
                rounds = PARTS[name](options, postgres, redis)
                result[name] = {"rounds": rounds, "median": medians(rounds)}
                print(name, json.dumps(result[name], indent=1), flush=True)
    finally:
        postgres.close()
    kept(options.json, result)
