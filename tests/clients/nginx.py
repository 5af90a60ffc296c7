"""nginx in front, by the snippets of docs/operations.md: names, ports and paths are replaced, nothing else."""

import asyncio
import http.client
import json
import os
import pathlib
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import time

import websockets

from server import Server

OPERATIONS = pathlib.Path(__file__).resolve().parents[2] / "docs" / "operations.md"
NGINX = "/usr/sbin/nginx"
# Seconds after which a test says that something did not happen; only a failing one waits that long.
DEADLINE = 30

# What a private nginx needs besides: where it may write.
AROUND = """
daemon off;
pid {place}/nginx.pid;
error_log {place}/error.log;
{user}
events {{}}
http {{
    access_log off;
    client_body_temp_path {place}/body;
    proxy_temp_path {place}/proxy;
    fastcgi_temp_path {place}/fastcgi;
    uwsgi_temp_path {place}/uwsgi;
    scgi_temp_path {place}/scgi;
    include {place}/snippet.conf;
}}
"""


def snippet(language, mark):
    """The code block of docs/operations.md in this language that holds the mark."""
    blocks = re.findall(rf"```{language}\n(.*?)```", OPERATIONS.read_text(), re.S)
    found = [block for block in blocks if mark in block]
    assert len(found) == 1, f"{len(found)} blocks of {language} with {mark}"
    return found[0]


def replaced(text, changes):
    for old, new in changes.items():
        assert old in text, f"{old} is not in the snippet"
        text = text.replace(old, new)
    return text


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Nginx:
    """`with Nginx(place, port, server) as nginx:` listens on the port of all loopback addresses."""

    def __init__(self, place, port, server):
        self.place, self.port = pathlib.Path(place), port
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
             "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
             "-keyout", f"{place}/key.pem", "-out", f"{place}/cert.pem"],
            check=True, capture_output=True, timeout=60,
        )
        text = replaced(snippet("nginx", "proxy_pass"), {
            "listen 443 ssl;": f"listen {port} ssl;",
            "chat.example.org;": "localhost;",
            "/etc/ssl/chat.example.org/fullchain.pem": f"{place}/cert.pem",
            "/etc/ssl/chat.example.org/privkey.pem": f"{place}/key.pem",
            "http://127.0.0.1:8080": server.url,
        })
        (self.place / "snippet.conf").write_text(text)
        user = "user root;" if os.geteuid() == 0 else ""
        (self.place / "nginx.conf").write_text(AROUND.format(place=place, user=user))
        self.tls = ssl.create_default_context(cafile=f"{place}/cert.pem")

    def __enter__(self):
        command = [NGINX, "-p", str(self.place), "-c", str(self.place / "nginx.conf"), "-e", f"{self.place}/error.log"]
        self.process = subprocess.Popen(command)
        begun = time.monotonic()
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return self
            except OSError:
                assert self.process.poll() is None, (self.place / "error.log").read_text()
                assert time.monotonic() - begun < DEADLINE, "nginx never listened"
                time.sleep(0.02)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=DEADLINE)

    def call(self, method, path, body=None, headers=(), of="127.0.0.1", lines=()):
        """One request over TLS from this loopback address; `lines`: headers that repeat."""
        connection = http.client.HTTPSConnection(
            "localhost", self.port, timeout=DEADLINE, context=self.tls, source_address=(of, 0),
        )
        return exchange(connection, method, path, body, headers, lines)


def exchange(connection, method, path, body=None, headers=(), lines=()):
    """One request on a connection of its own; gives status, headers and body."""
    connection.putrequest(method, path)
    for name, value in [*dict(headers).items(), *lines]:
        connection.putheader(name, value)
    if body is not None:
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    answer = connection.getresponse()
    found = answer.status, answer.headers, answer.read()
    connection.close()
    return found


def bearer(token):
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


def rest(nginx, server):
    status, headers, body = nginx.call("GET", "/v1/token", headers=bearer(server.tokens["ada"]))
    assert status == 200 and json.loads(body)["data"]["user"]["username"] == "ada", body
    assert headers["X-RateLimit-Limit"], headers
    status, _, page = nginx.call("GET", "/")
    assert status == 200 and b"<html" in page, status
    status, headers, _ = nginx.call("HEAD", "/healthz")
    assert status == 200, status
    status, headers, _ = nginx.call("GET", "/v1/user")
    assert status == 426 and headers["Upgrade"] == "websocket", (status, headers)
    status, headers, _ = nginx.call("GET", "/v1/token")
    assert status == 401 and "Bearer" in headers["WWW-Authenticate"], (status, headers)


def private_pages(nginx):
    for path in ("/metrics", "/v1/sys/actors", "/sys/actors", "/v1/sys/actors/", "/v1//sys/actors", "/v1/sys/%61ctors",
                 "/sys/actors?kind=channel", "//metrics", "/metrics/"):
        status, _, body = nginx.call("GET", path)
        assert status in (403, 404), f"{path}: {status} {body[:200]}"


def large_bodies(nginx, server):
    """The server's own answer arrives each time, through nginx and without it."""
    body = b"x" * 3_000_000
    host, port = server.url.removeprefix("http://").split(":")
    for path, headers, code in (
        ("/v1/channels", bearer(server.tokens["ada"]), 413),
        ("/v1/channels", bearer("wrong"), 401),
        ("/v1/channels", {"Content-Type": "application/json"}, 401),
    ):
        for _ in range(30):
            status, _, answer = nginx.call("POST", path, body, headers)
            assert status == code and json.loads(answer)["meta"]["code"] == code, (status, answer[:300])
            direct = http.client.HTTPConnection(host, int(port), timeout=DEADLINE)
            status, _, answer = exchange(direct, "POST", path, body, headers)
            assert status == code and json.loads(answer)["meta"]["code"] == code, (status, answer[:300])


async def streams(nginx, server):
    ada, bob = server.tokens["ada"], server.tokens["bob"]
    new = json.dumps({"type": "org.example.room", "acl": {"write": {"any_user": True}, "read": {"public": True}}})
    status, _, body = nginx.call("POST", "/v1/channels", new.encode(), bearer(ada))
    assert status in (200, 201), body
    room = json.loads(body)["data"]["id"]
    address = f"wss://localhost:{nginx.port}/v1/user"
    stream = await websockets.connect(address, additional_headers={"Authorization": f"Bearer {bob}"}, ssl=nginx.tls)
    hello = json.loads(await asyncio.wait_for(stream.recv(), DEADLINE))
    connection = hello["meta"]["connection_id"]
    assert f"wss://localhost:{nginx.port}" in json.dumps(hello), hello
    path = f"/v1/channels/{room}/messages"
    status, _, body = nginx.call("GET", f"{path}?connection_id={connection}", headers=bearer(bob))
    assert status == 200 and json.loads(body)["meta"]["subscription_id"], body
    for text in ("hello", "x" * 2000):
        status, _, body = nginx.call("POST", path, json.dumps({"text": text}).encode(), bearer(ada))
        assert status in (200, 201), body
        event = json.loads(await asyncio.wait_for(stream.recv(), DEADLINE))
        assert event["data"][0]["content"]["text"] == text, event
    await stream.send(".")
    assert "pong" in json.loads(await asyncio.wait_for(stream.recv(), DEADLINE))["meta"]
    await stream.close()
    assert stream.close_code == 1000, stream.close_code


def idle_streams():
    """A stream is silent for a minute at most; nginx waits longer."""
    wait = int(re.search(r"proxy_read_timeout (\d+)s;", snippet("nginx", "proxy_pass")).group(1))
    assert wait > 65, wait


def addresses(nginx):
    """Whatever a client writes, its limits are those of its own address."""
    tries = []
    for number in range(8):
        lines = [("X-Forwarded-For", f"198.51.100.{number}"), ("X-Forwarded-For", f"203.0.113.{number}, 127.0.0.1")]
        tries.append(nginx.call("GET", "/v1/users/1", of="127.0.0.2", lines=lines)[0])
    assert tries == [200] * 5 + [429] * 3, tries
    assert nginx.call("GET", "/v1/users/1", of="127.0.0.3")[0] == 200


def play(**settings):
    port = free_port()
    with tempfile.TemporaryDirectory() as place:
        config = pathlib.Path(place) / "groundnut.toml"
        config.write_text(replaced(snippet("toml", "public_url"), {
            "https://chat.example.org": f"https://localhost:{port}",
            "sqlite:///var/lib/groundnut/groundnut.db": f"sqlite://{place}/unused.db",
        }))
        with Server(people=("ada", "bob"), config=str(config), **settings) as server, \
                Nginx(place, port, server) as nginx:
            assert "trusted_proxies" not in "".join(server.log), server.log
            yield server, nginx


def main():
    for server, nginx in play():
        rest(nginx, server)
        private_pages(nginx)
        asyncio.run(streams(nginx, server))
        large_bodies(nginx, server)
        idle_streams()
    for _, nginx in play(RATE_LIMITS_ENABLED="true", RATE_LIMITS_ANONYMOUS_READS="5"):
        addresses(nginx)
    print("nginx: REST, streams, refusals and addresses, by the documented snippets")


if __name__ == "__main__":
    sys.exit(main())
