"""What the parser in Python costs: CPU a request with it, and with llhttp.

python benchmarks/parsers.py [--rounds 5] [--seconds 2]
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.data_plane import compare


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    compare(
        parser.parse_args(),
        lambda stage, door: [
            stage.edgeauth(door, options=("--parser", name)) for name in ("llhttp", "python")
        ],
    )


if __name__ == "__main__":
    main()
