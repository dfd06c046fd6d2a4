"""What the access log costs: CPU a request without it, with lines of JSON, with combined ones.

    python benchmarks/access_log.py [--rounds 5] [--seconds 2] [--before TREE]

`--before` runs another version beside it, without an access log, from its sources.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.data_plane import compare
from benchmarks.loads import Server
from benchmarks.stage import Stage


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--before", default="", help="the sources of another version")
    options = parser.parse_args()

    def servers(stage: Stage, door: str) -> list[Server]:
        before = [stage.edgeauth(door, tree=options.before)] if options.before else []
        return before + [stage.edgeauth(door, access_log=form) for form in ("", "json", "combined")]

    compare(options, servers)


if __name__ == "__main__":
    main()
