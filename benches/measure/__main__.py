"""Measures a server on a database of its own, with one command per table of docs/performance.md.

  groundnut seed --users 100000 --posts 1000000 --follows 2000000 --messages 1000000 --database-url sqlite:///big.db
  scripts/measure lists --database-url sqlite:///big.db [--json FILE]
  scripts/measure uploads --database-url sqlite:///small.db [--json FILE]
  scripts/with-postgres sh -c 'scripts/measure cluster --database-url "$GROUNDNUT_TEST_POSTGRES"'

It starts the server on the first core and itself uses the last one. Lists are asked for one at a time, so a delay is what
one client waits on a machine without other load. The lists add tokens to the database and nothing else; uploads leave
files. Python 3, without packages.
"""

import argparse
import os

import cluster
import lists
import uploads
from server import ROOT


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["lists", "uploads", "cluster"])
    parser.add_argument("--database-url", required=True)
    parser.add_argument("--binary", default=os.path.join(ROOT, "target/release/groundnut"))
    parser.add_argument("--requests", type=int, default=300, help="lists: per page [300]")
    parser.add_argument("--only", help="lists: those whose name holds this; cluster: writes,held,delay,spread,unheard,killed")
    parser.add_argument("--rounds", type=int, default=3, help="cluster: interleaved rounds [3]")
    parser.add_argument("--seconds", type=float, default=5.0, help="lists: per rate [5]")
    parser.add_argument("--json", help="writes the result to a file")
    options = parser.parse_args()
    # Of scripts/with-postgres, and no setting: a server refuses what it does not know.
    os.environ.pop("GROUNDNUT_TEST_POSTGRES", None)
    {"lists": lists.run, "uploads": uploads.run, "cluster": cluster.run}[options.what](options)


if __name__ == "__main__":
    main()
