"""A server that is measured: its process on one core, and connections to it."""

import json
import os
import platform
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from datetime import datetime, timezone

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Connection:
    """One keep-alive connection; requests by hand, so that the client costs little."""

    def __init__(self, address):
        self.address = address
        self.socket = socket.create_connection(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""

    def request(self, path, token):
        host = "%s:%d" % self.address
        return (f"GET /v1{path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n").encode()

    def get(self, path, token):
        """Status, body, seconds."""
        data = self.request(path, token)
        began = time.perf_counter()
        self.socket.sendall(data)
        status, body = self.answer()
        return status, body, time.perf_counter() - began

    def answer(self):
        buffer = self.rest
        while b"\r\n\r\n" not in buffer:
            buffer += self.some()
        head, buffer = buffer.split(b"\r\n\r\n", 1)
        length = int(re.search(rb"(?i)content-length: (\d+)", head).group(1))
        while len(buffer) < length:
            buffer += self.some()
        self.rest = buffer[length:]
        return int(head[9:12]), buffer[:length]

    def some(self):
        data = self.socket.recv(1 << 18)
        if not data:
            sys.exit("the server closed the connection")
        return data

    def json(self, path, token):
        status, body, _ = self.get(path, token)
        if status != 200:
            sys.exit(f"{path}: {status} {body[:300]!r}")
        return json.loads(body)


class Server:
    """`groundnut serve` on one core."""

    def __init__(self, binary, url, core, more=()):
        self.binary, self.url = binary, url
        environment = dict(os.environ, GROUNDNUT_RATE_LIMITS_ENABLED="false", GROUNDNUT_LOG="warn",
                           # Larger than the defaults, for rooms of one account, and for the uploads.
                           GROUNDNUT_STREAMS_USER_CONNECTIONS="100000", GROUNDNUT_SERVER_CONNECTIONS_PER_ADDRESS="0",
                           GROUNDNUT_STREAMS_SESSIONS_PER_USER="10000",
                           GROUNDNUT_FILES_MAX_BYTES="400000000", GROUNDNUT_FILES_QUOTA_BYTES="100000000000")
        pin = (lambda: os.sched_setaffinity(0, {core})) if core is not None else None
        self.process = subprocess.Popen(
            [binary, "serve", "--bind", "127.0.0.1:0", "--database-url", url, *more],
            stdout=subprocess.PIPE, stderr=sys.stderr, text=True, env=environment, preexec_fn=pin)
        for line in self.process.stdout:
            found = re.search(r"listening on http://([\d.]+):(\d+)", line)
            if found:
                self.address = (found.group(1), int(found.group(2)))
                return
        sys.exit("the server did not start")

    def run(self, words, typed=None):
        """What a command prints that works on the server's database."""
        done = subprocess.run([self.binary, *words, "--database-url", self.url],
                              input=typed, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(words)}: {done.stderr.strip()}")
        return done.stdout

    def command(self, *words):
        return json.loads(self.run([*words, "--json"]))

    def cpu(self):
        """Seconds of the processor that the server's threads have used."""
        used, tasks = 0, f"/proc/{self.process.pid}/task"
        for task in os.listdir(tasks):
            with open(f"{tasks}/{task}/schedstat") as stat:
                used += int(stat.read().split()[0])
        return used / 1e9

    def page(self):
        with urllib.request.urlopen("http://%s:%d/metrics" % self.address) as page:
            return page.read().decode()

    def spans(self):
        """Seconds and number of each part of a write."""
        found = re.findall(r'part_seconds_(sum|count)\{part="(\w+)"\} ([\d.]+)', self.page())
        return {(part, what): float(value) for what, part, value in found}

    def frames(self):
        """Frames that were written to sockets."""
        return int(re.search(r"(?m)^groundnut_stream_frames_total (\d+)", self.page()).group(1))

    def memory(self, name="VmHWM"):
        """KiB: `VmHWM` is the peak since `forget_peak`, `VmRSS` what is held now."""
        with open(f"/proc/{self.process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith(name))

    def forget_peak(self):
        with open(f"/proc/{self.process.pid}/clear_refs", "w") as refs:
            refs.write("5")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()

    def token(self, client, user, scopes):
        return self.command("token", "create", f"--client={client}", "--user", user, "--scopes", scopes)["access_token"]

    def client(self):
        return self.command("client", "create", "--name", "measure")["client_id"]


def started(options):
    """The server on the first core; this process moves to the last one."""
    cores = sorted(os.sched_getaffinity(0))
    server = Server(options.binary, options.database_url, cores[0] if len(cores) > 1 else None)
    os.sched_setaffinity(0, {cores[-1]})
    return server


def about(**more):
    """What a figure has to be named with."""
    commit = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True)
    with open("/proc/cpuinfo") as info:
        models = [line.split(":", 1)[1].strip() for line in info if line.startswith("model name")]
    return {
        "at": datetime.now(timezone.utc).isoformat(timespec="seconds"), "commit": commit.stdout.strip(),
        "machine": models[0] if models else platform.machine(), "cores": os.cpu_count(),
        "load": os.getloadavg()[0], **more,
    }


def kept(path, result):
    if path:
        with open(path, "w") as file:
            json.dump(result, file, indent=1)
