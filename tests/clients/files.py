"""Files kept with an S3 service (moto, which speaks its protocol): uploads small and in parts, ranges, deletion, and a
service that is gone."""

import hashlib
import json
import logging
import os
import sys
import time
import urllib.error
import urllib.request
import uuid

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


def upload(server, token, content):
    """One form with the contents; gives the answer."""
    boundary = uuid.uuid4().hex
    lines = [
        f"--{boundary}", 'Content-Disposition: form-data; name="type"', "", "com.example.file",
        f"--{boundary}", 'Content-Disposition: form-data; name="content"; filename="x.bin"', "", "",
    ]
    body = "\r\n".join(lines).encode() + content + f"\r\n--{boundary}--\r\n".encode()
    kind = f"multipart/form-data; boundary={boundary}"
    status, _, text = call(server.url + "/v1/files", token, "POST", body, kind)
    return status, json.loads(text)


def eventually(what, holds):
    """Looks again and again until it holds."""
    end = time.monotonic() + DEADLINE
    while not holds():
        assert time.monotonic() < end, f"never happened: {what}"
        time.sleep(0.05)


def play(server, bucket):
    ada = server.tokens["ada"]
    keys = lambda: sorted(found["Key"] for found in bucket().get("Contents", []))
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
    eventually("the bucket is empty", lambda: keys() == [])
    return upload(server, ada, b"the last")[1]["data"]


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
