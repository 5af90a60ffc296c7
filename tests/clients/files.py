"""Files and avatars kept with an S3 service (moto, which speaks its protocol): uploads small and in parts, ranges, deletion,
and a service that is gone."""

import hashlib
import json
import logging
import os
import struct
import sys
import time
import urllib.error
import urllib.request
import uuid
import zlib

import boto3
from moto.server import ThreadedMotoServer

from server import Server

# Seconds after which a test says that something did not happen; only a failing one waits that long.
DEADLINE = 60
SECRET = "a-secret-that-no-log-shows"


def call(url, token=None, method="GET", body=None, kind="application/json", headers=()):
    """One call; gives status, headers and body."""
    headers = dict(headers)
    if token:
        headers["Authorization"] = f"Bearer {token}"
    if body is not None:
        headers["Content-Type"] = kind
    request = urllib.request.Request(url, body, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=DEADLINE) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def send(server, token, path, name, content, fields=()):
    """One form with fields and a file; gives the answer."""
    boundary = uuid.uuid4().hex
    lines = []
    for field, value in fields:
        lines += [f"--{boundary}", f'Content-Disposition: form-data; name="{field}"', "", value]
    lines += [f"--{boundary}", f'Content-Disposition: form-data; name="{name}"; filename="x.bin"', "", ""]
    body = "\r\n".join(lines).encode() + content + f"\r\n--{boundary}--\r\n".encode()
    kind = f"multipart/form-data; boundary={boundary}"
    status, _, text = call(f"{server.url}/v1{path}", token, "POST", body, kind)
    return status, json.loads(text)


def upload(server, token, content):
    return send(server, token, "/files", "content", content, [("type", "com.example.file")])


def square(side):
    """A grey PNG."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x80" * side) * side)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def eventually(what, holds):
    """Looks again and again until it holds."""
    end = time.monotonic() + DEADLINE
    while not holds():
        assert time.monotonic() < end, f"never happened: {what}"
        time.sleep(0.05)


def play(server, bucket):
    ada = server.tokens["ada"]
    there = lambda: sorted(found["Key"] for found in bucket().get("Contents", []))
    # What names the database that the contents are of stays.
    eventually("the place has an owner", lambda: "kept/here/owner" in there())
    keys = lambda: [key for key in there() if key != "kept/here/owner"]
    assert keys() == []
    files = []
    # The second is sent in parts.
    for content in (b"small", os.urandom(12_000_000)):
        status, answer = upload(server, ada, content)
        assert status == 201, answer
        file = answer["data"]
        digest = hashlib.sha256(content).hexdigest()
        assert file["sha256"] == digest and file["size"] == len(content), file
        assert f"kept/here/{digest[:2]}/{digest[2:4]}/{digest}" in keys(), keys()
        status, headers, body = call(file["url"])
        assert status == 200 and body == content and headers["ETag"] == f'"{digest}"'
        status, headers, body = call(file["url"], headers={"Range": "bytes=1-3"})
        assert status == 206 and body == content[1:4], (status, body)
        assert headers["Content-Range"] == f"bytes 1-3/{len(content)}"
        files.append(file)
    folder = os.path.join(server.folder.name, "files", "incoming")
    assert os.listdir(folder) == [], "nothing waits on the disk"
    for file in files:
        assert call(f"{server.url}/v1/files/{file['id']}", ada, "DELETE")[0] == 200
    eventually("the contents are gone", lambda: keys() == [])
    show_avatar(server, ada, keys)
    return upload(server, ada, b"the last")[1]["data"]


def show_avatar(server, token, keys):
    """An avatar is kept there, shown, and removed."""
    status, answer = send(server, token, "/users/me/avatar", "avatar", square(64))
    assert status == 200, answer
    assert keys() and all(key.startswith("kept/here/pictures/") for key in keys()), keys()
    status, headers, body = call(answer["data"]["content"]["avatar_image"]["url"])
    assert status == 200 and headers["Content-Type"] == "image/png" and body.startswith(b"\x89PNG"), status
    assert call(f"{server.url}/v1/users/me/avatar", token, "DELETE")[0] == 200
    eventually("its files are gone", lambda: keys() == [])


def main():
    # Its line for each request would bury what a failing test says.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    service = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    service.start()
    host, port = service.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    client = boto3.client(
        "s3", endpoint_url=endpoint, region_name="us-east-1",
        aws_access_key_id="key", aws_secret_access_key=SECRET,
    )
    client.create_bucket(Bucket="pictures")
    settings = {
        "FILES_STORE_URL": "s3://pictures/kept/here",
        "FILES_S3_ENDPOINT": endpoint,
        "FILES_S3_ACCESS_KEY": "key",
        "FILES_S3_SECRET_KEY": SECRET,
        # Its failures are logged as errors, which is right here.
        "SERVER_LOG": "warn",
    }
    with Server(**settings) as server:
        last = play(server, lambda: client.list_objects_v2(Bucket="pictures"))
        service.stop()
        ada = server.tokens["ada"]
        status, answer = upload(server, ada, b"nowhere to go")
        assert status == 503, answer
        assert call(last["url"])[0] == 503
        # Everything else goes on.
        status, _, _ = call(f"{server.url}/v1/files/{last['id']}", ada)
        assert status == 200
        folder = os.path.join(server.folder.name, "files", "incoming")
        assert os.listdir(folder) == [], "nothing is left of what was refused"
    assert SECRET not in "".join(server.log), "the secret is in the log"


if __name__ == "__main__":
    main()
    print("files: passed")
    sys.exit(0)
