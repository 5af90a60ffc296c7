"""Uploads: how long an avatar of 12 megapixels takes, and what memory uploads need."""

import os
import socket
import struct
import time
import zlib

from server import Connection, about, kept, started

WIDTH, HEIGHT = 4000, 3000
FILE, SMALL = 200 * 1024 * 1024, 16 * 1024
USERS, AT_ONCE = 4, 4  # a user may have four uploads at one time
BOUNDARY = "groundnut-measure"


def picture():
    """A PNG of 12 megapixels, less than 2 MiB: bands of colour, with a filter as encoders use it."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = bytearray()
    for y in range(HEIGHT):
        rows += b"\x01" + bytes((y % 256, y // 12 % 256, 90)) + bytes((1, 0, 2)) * (WIDTH - 1)
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 6)) + chunk(b"IEND", b"")


def parts(*named):
    """A form: pairs of the head of a part and its bytes."""
    body = b""
    for head, data in named:
        body += f"--{BOUNDARY}\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + data + b"\r\n"
    return body


def head_of(path, token, length):
    return (f"POST /v1{path} HTTP/1.1\r\nHost: measure\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {length}\r\n\r\n").encode()


def avatar(server, token, times):
    body = parts(('name="avatar"; filename="a.png"', picture())) + f"--{BOUNDARY}--\r\n".encode()
    took, grown, cpu = [], [], []
    for _ in range(times):
        connection = Connection(server.address)
        server.forget_peak()
        used, before, began = server.cpu(), server.memory("VmRSS"), time.perf_counter()
        connection.socket.sendall(head_of("/users/me/avatar", token, len(body)) + body)
        status, answer = connection.answer()
        took.append((time.perf_counter() - began) * 1000)
        cpu.append((server.cpu() - used) * 1000)
        grown.append((server.memory() - before) / 1024)
        assert status == 200, (status, answer[:200])
    return sorted(took), sorted(cpu), sorted(grown)


def files(server, tokens, size):
    """A file of so many bytes for each token, all at once: growth of the server's memory in KiB per upload."""
    form = parts(('name="type"', b"com.example.measure"), ('name="name"', b"large"))
    form += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="content"; filename="large"\r\n'.encode()
    form += b"Content-Type: application/octet-stream\r\n\r\n"
    end = f"\r\n--{BOUNDARY}--\r\n".encode()
    piece = os.urandom(min(size, 1 << 20))
    connections = [(Connection(server.address), token) for token in tokens]
    server.forget_peak()
    before = server.memory("VmRSS")
    for connection, token in connections:
        connection.socket.sendall(head_of("/files", token, len(form) + size + len(end)) + form)
    for _ in range(size // len(piece)):
        for connection, _ in connections:
            connection.socket.sendall(piece)
    for connection, _ in connections:
        connection.socket.sendall(end)
        status, answer = connection.answer()
        assert status in (200, 201), (status, answer[:300])
    return (server.memory() - before) / len(tokens)


def run(options):
    server = started(options)
    try:
        client = server.client()
        tokens = [server.token(client, f"person{n + 1}", "basic,files,update_profile") for n in range(USERS)]
        about_it = about()
        # Once before with little: the pages of the program and its threads are no memory of an upload. Avatars come behind, for
        # what they leave free would hide what uploads need.
        files(server, tokens * AT_ONCE, SMALL)
        per_upload = files(server, tokens * AT_ONCE, FILE)
        print(f"{USERS * AT_ONCE} files of 200 MB at once: memory grew by {per_upload:.0f} KiB per upload (wanted 256)")
        took, cpu, grown = avatar(server, tokens[0], 10)
        print(f"avatar of 12 megapixels: median {took[5]:.0f} ms, most {took[-1]:.0f} ms (wanted 500), "
              f"processor {cpu[5]:.0f} ms; memory grew by {grown[5]:.0f} MiB, at most {grown[-1]:.0f} (wanted 64)", flush=True)
        kept(options.json, {**about_it, "avatar_ms": took, "avatar_cpu_ms": cpu, "avatar_mib": grown, "file_kib_per_upload": per_upload})
    finally:
        server.stop()
