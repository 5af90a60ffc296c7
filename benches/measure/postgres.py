"""The PostgreSQL server that is measured on: databases of its own, and pgbench with the rows of a message."""

import glob
import os
import re
import subprocess
import sys
import tempfile
import time

# What a message is: its row, its words for the search, its event, and the counters of its channel.
COPIED = ["messages", "message_words", "log_events"]


def program(name):
    """Debian keeps the programs out of PATH; the newest version is the last one."""
    found = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"))
    return found[-1] if found else name


class Postgres:
    def __init__(self, url):
        if not url.startswith("postgres"):
            sys.exit("cluster: --database-url postgres://… of a server that may be filled; "
                     "scripts/with-postgres sh -c 'scripts/measure cluster --database-url $GROUNDNUT_TEST_POSTGRES'")
        self.url, self.made = url, []

    def pin(self, cores):
        """The server, which has to be of this machine, runs on these cores."""
        pid = int(self.sql("SELECT pg_read_file('postmaster.pid')").split("\n")[0])
        try:
            with open(f"/proc/{pid}/comm") as comm, open(f"/proc/{pid}/task/{pid}/children") as children:
                name, processes = comm.read().strip(), [pid, *map(int, children.read().split())]
        except FileNotFoundError:
            name = None
        if name != "postgres":
            sys.exit("cluster: the database has to be on this machine")
        for process in processes:
            try:
                os.sched_setaffinity(process, cores)
            except ProcessLookupError:
                pass  # a connection that has ended meanwhile

    def url_of(self, name):
        return re.sub(r"/[^/]*$", "/" + name, self.url)

    def sql(self, text, url=None):
        done = subprocess.run([program("psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", url or self.url],
                              input=text, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"psql: {done.stderr}")
        return done.stdout.strip()

    def create(self, template=None):
        name = f"measure_{os.getpid()}_{len(self.made)}"
        self.sql(f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else ""))
        self.made.append(name)
        return self.url_of(name)

    def close(self):
        for name in self.made:
            self.sql(f"DROP DATABASE {name} WITH (FORCE)")

    def head(self, cluster):
        return int(self.sql("SELECT pos FROM log_head", cluster.url))

    def sample_of(self, cluster):
        """A database like the cluster's, and the statements that write one more message like its newest."""
        cluster.load("room", "-n", "1", "-w", "1", seconds=1)
        time.sleep(2)  # the words of the last message are written after it
        url = self.create()
        dump = subprocess.Popen([program("pg_dump"), cluster.url], stdout=subprocess.PIPE)
        subprocess.run([program("psql"), "-Xq", url], stdin=dump.stdout, stdout=subprocess.DEVNULL, check=True)
        inserts = [self.copy_of(table, url) for table in COPIED]
        self.sql("CREATE SEQUENCE bench_ids START 1000000000", url)
        return url, inserts

    def copy_of(self, table, url):
        """An INSERT of the newest row of a table, under a new number."""
        key = {"messages": "id", "message_words": "id", "log_events": "pos"}[table]
        columns = self.sql(f"SELECT column_name FROM information_schema.columns WHERE table_name = '{table}' "
                           "AND is_generated = 'NEVER' ORDER BY ordinal_position", url).split("\n")
        parts = ", ".join(f"quote_nullable({column}::text)" for column in columns if column != key)
        row = self.sql(f"SELECT concat_ws(', ', {parts}) FROM {table} ORDER BY {key} DESC LIMIT 1", url)
        others = ", ".join(column for column in columns if column != key)
        return f"INSERT INTO {table} ({key}, {others}) VALUES (:id, {row});"

    def empty_commit(self, sample):
        """Milliseconds of a transaction that moves the head of the log, and does nothing else."""
        return 1000 / self.run_pgbench(sample[0], ["UPDATE log_head SET stamp = stamp + 1;"], clients=1)

    def pgbench(self, sample, head):
        """Transactions per second of 16 clients, each with one message. With `head` each moves the head of the log first,
        as what numbers events without holes has to."""
        url, inserts = sample
        script = ["BEGIN;"]
        if head:
            script.append("UPDATE log_head SET pos = pos + 1, bytes = bytes + 1, stamp = stamp + 1;")
        script.append("SELECT nextval('bench_ids') AS id \\gset")
        script += inserts
        script += ["UPDATE channels SET messages = messages + 1 WHERE id = 1;", "COMMIT;"]
        return self.run_pgbench(url, script, clients=16)

    def run_pgbench(self, url, script, clients, seconds=4):
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
            file.write("\n".join(script) + "\n")
            file.flush()
            done = subprocess.run([program("pgbench"), "-n", "-c", str(clients), "-j", str(min(clients, 2)),
                                   "-T", str(seconds), "-f", file.name, url], capture_output=True, text=True)
        found = re.search(r"tps = ([\d.]+)", done.stdout)
        if not found:
            sys.exit(f"pgbench: {done.stdout}{done.stderr}")
        return float(found.group(1))
