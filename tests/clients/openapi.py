"""The OpenAPI document against the real server: it is valid, and schemathesis, which makes calls out of it, finds nothing.

What it calls it may also change and delete; the seed makes the calls of a run the same each time.
"""

import json
import os
import pathlib
import subprocess
import sys
import urllib.request

from openapi_spec_validator import OpenAPIV31SpecValidator

from server import Server

HERE = pathlib.Path(__file__).resolve().parent
# Cases for each route and run: as many as fit into a minute and a half on one core.
EXAMPLES = os.environ.get("OPENAPI_EXAMPLES", "4")
SEED = "20261126"
CHECKS = ",".join([
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
    "response_headers_conformance", "refuses_invalid_bodies",
])


def call(server, token, method, path, body=None):
    """One call with JSON; gives `data`."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    sent = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{server.url}/v1{path}", sent, headers, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())["data"]


def fill(server):
    """Something of each kind, so that ids that are tried first are there."""
    ada, bob = server.tokens["ada"], server.tokens["bob"]
    for number in range(3):
        said = {"text": f"hello @bob #tea {number} https://example.com"}
        post = call(server, ada, "POST", "/posts", said)
        call(server, bob, "POST", "/posts", {"text": f"a reply {number}", "reply_to": post["id"]})
        call(server, bob, "PUT", f"/posts/{post['id']}/bookmark", {"note": "later"})
    open_to_all = {"read": {"public": True}, "write": {"any_user": True}}
    for owner in (ada, bob):
        room = call(server, owner, "POST", "/channels", {"type": "org.example.room", "acl": open_to_all})
        for number in range(3):
            call(server, owner, "POST", f"/channels/{room['id']}/messages", {"text": f"hello {number}"})
        poll = {"type": "org.example.poll", "prompt": "Tea?", "duration": 60, "is_public": True,
                "options": [{"text": "Yes"}, {"text": "No"}]}
        call(server, owner, "POST", "/polls", poll)
        call(server, owner, "POST", "/files", {"type": "org.example.file", "kind": "other", "is_public": True})
    clause = {"object_type": "post", "operator": "matches", "field": "/data/content/text", "value": "tea"}
    for owner in (ada, server.app_token):
        made = call(server, owner, "POST", "/filters",
                    {"name": "Tea", "match_policy": "include_any", "clauses": [clause]})
    call(server, server.app_token, "POST", "/streams",
         {"type": "long_poll", "key": "tea", "object_types": ["post"], "filter_id": made["id"]})
    call(server, bob, "PUT", "/users/1/follow")
    call(server, ada, "PUT", "/users/2/follow")
    call(server, ada, "PUT", "/users/me/presence", {"presence": "here"})


def schemathesis(server, token, *more):
    """One run; gives whether it found nothing."""
    command = [
        sys.executable, "-m", "schemathesis.cli", "run", f"{server.url}/v1/openapi.json", "--url", f"{server.url}/v1",
        "--seed", SEED, "--max-examples", EXAMPLES, "--phases", "fuzzing", "--checks", CHECKS, "--no-shrink",
        "--continue-on-failure", "--max-redirects", "0", "--request-timeout", "30", "--generation-database", "none",
        # Streams do not end. The suite compares their refusals and the answers of long polls with the document.
        "--exclude-path-regex", "^/(user|app)$", "--suppress-health-check", "all", "--warnings", "off", "--generation-codec", "utf-8", "--no-color", *more,
    ]
    if token:
        command += ["--header", f"Authorization: Bearer {token}"]
    environment = dict(os.environ, SCHEMATHESIS_HOOKS="openapi_checks", PYTHONPATH=str(HERE))
    # Its report of what it found goes to the terminal as it is.
    return subprocess.run(command, env=environment, cwd=server.folder.name, timeout=900, check=False).returncode == 0


def main():
    # A single file is small, so that no case fills the disk; nothing is banned, since every kind of call is tried.
    with Server(FILES_QUOTA_BYTES="1000000000") as server:
        with urllib.request.urlopen(f"{server.url}/v1/openapi.json", timeout=60) as answer:
            document = json.loads(answer.read())
        OpenAPIV31SpecValidator(document).validate()
        fill(server)
        # The call that gives the token of the run back would end it: tried by itself, last.
        keeps = ["--exclude-operation-id", "delete-token"]
        runs = {
            "a user": schemathesis(server, server.tokens["ada"], *keeps),
            "an app": schemathesis(server, server.app_token, *keeps),
            "giving back": schemathesis(server, server.tokens["eve"], "--include-operation-id", "delete-token"),
        }
    found = [name for name, is_clean in runs.items() if not is_clean]
    assert not found, f"schemathesis found something as: {', '.join(found)}"


if __name__ == "__main__":
    main()
    print("openapi: passed")
    sys.exit(0)
