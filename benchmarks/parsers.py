"""What the parser in Python costs: CPU a request with it, and with llhttp.

python benchmarks/parsers.py [--rounds 5] [--seconds 2]
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
    options = parser.parse_args()
    require("wrk", "nginx", "taskset")
    with tempfile.TemporaryDirectory(prefix="edgeauth-bench-") as folder:
        stage = Stage(Path(folder))
        try:
            for door in ("decision", "proxy"):
                servers = [
                    stage.edgeauth(door, options=("--parser", name))
                    for name in ("llhttp", "python")
                ]
                figures = measure(servers, options.rounds, lambda each: load(each, options.seconds))
                show(f"{door} door", rows_of(figures))
        finally:
            stage.stop()


if __name__ == "__main__":
    main()
