"""What the access log costs: CPU a request without it, with lines of JSON, with combined ones.

    python benchmarks/access_log.py [--rounds 5] [--seconds 2] [--before TREE]

`--before` runs another version beside it, without an access log, from its sources.
"""

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.data_plane import measure, rows_of, show
from benchmarks.loads import load, require
from benchmarks.stage import Stage


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--before", default="", help="the sources of another version")
    options = parser.parse_args()
    require("wrk", "nginx", "taskset")
    with tempfile.TemporaryDirectory(prefix="edgeauth-bench-") as folder:
        stage = Stage(Path(folder))
        try:
            for door in ("decision", "proxy"):
                servers = [stage.edgeauth(door, tree=options.before)] if options.before else []
                servers += [
                    stage.edgeauth(door, access_log=form) for form in ("", "json", "combined")
                ]
                figures = measure(servers, options.rounds, lambda each: load(each, options.seconds))
                show(f"{door} door", rows_of(figures))
        finally:
            stage.stop()


if __name__ == "__main__":
    main()
