"""Starts the program on a database of its own, with a few people in it."""

import json
import os
import pathlib
import subprocess
import tempfile
import threading

PROGRAM = os.environ.get("PROGRAM_UNDER_TEST") or str(
    pathlib.Path(__file__).resolve().parents[2] / "target" / "debug" / "groundnut"
)
SCOPES = "basic,email,files,follow,messages,polls,presence,stream,update_profile,write_post"
PASSWORD = "correct horse battery"


class Server:
    """`with Server() as server:` gives `url`, `tokens` by name, and the app's token."""

    def __init__(self, people=("ada", "bob", "eve"), config=None, **settings):
        self.folder = tempfile.TemporaryDirectory()
        self.database = f"sqlite://{self.folder.name}/groundnut.db"
        self.people = people
        self.config = ["--config", config] if config else []
        self.settings = {f"GROUNDNUT_{name}": value for name, value in settings.items()}
        self.log = []

    def run(self, *arguments, said=None):
        """One command of the program; gives the object that it prints."""
        done = subprocess.run(
            [PROGRAM, *arguments, "--json", "--database-url", self.database],
            input=said, capture_output=True, text=True, timeout=60, check=False,
        )
        assert done.returncode == 0, f"{arguments}: {done.stderr}"
        return json.loads(done.stdout)

    def start(self, address):
        """Starts the program; `url` is where it listens."""
        environment = dict(
            os.environ, **{
                "GROUNDNUT_RATE_LIMITS_ENABLED": "false",
                "GROUNDNUT_SERVER_WORKERS": "2",
                **self.settings,
            },
        )
        self.process = subprocess.Popen(
            [PROGRAM, *self.config, "serve", "--bind", address, "--database-url", self.database],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=environment, cwd=self.folder.name,
        )
        threading.Thread(target=self._keep, args=(self.process.stderr,), daemon=True).start()
        for line in self.process.stdout:
            if line.startswith("listening on "):
                self.url = line.removeprefix("listening on ").strip().rstrip("/")
                break
        else:
            raise AssertionError("the server did not start:\n" + "".join(self.log))
        threading.Thread(target=self._keep, args=(self.process.stdout,), daemon=True).start()

    def restart(self):
        """Kills it, as a crash does, and starts it at the same address."""
        self.process.kill()
        self.process.wait(timeout=30)
        self.start(self.url.split("//", 1)[1])

    def __enter__(self):
        self.start("127.0.0.1:0")
        self.client = self.run("client", "create", "--name", "Clients")
        self.ids = {}
        self.tokens = {}
        for name in self.people:
            user = self.run("user", "create", name, "--password-stdin", said=PASSWORD + "\n")
            self.ids[name] = user["id"]
            self.tokens[name] = self.token("--user", name, "--scopes", SCOPES)
        self.app_token = self.token()
        self.sockets = self.url.replace("http", "ws", 1) + "/v1"
        return self

    def _keep(self, pipe):
        for line in pipe:
            self.log.append(line)

    def token(self, *arguments):
        """A token of the one client."""
        made = self.run("token", "create", "--client", self.client["client_id"], *arguments)
        return made["access_token"]

    def __exit__(self, kind, error, trace):
        self.process.terminate()
        code = self.process.wait(timeout=30)
        log = "".join(self.log)
        self.folder.cleanup()
        if kind is not None:
            print("--- log of the server ---\n" + log)
            return
        assert code == 0, f"the server ended with {code}:\n{log}"
        assert "panicked" not in log and "ERROR" not in log, log
