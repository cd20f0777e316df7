"""``python -m benchmarks.speed``: the benchmark of this name."""

import sys

from ..harness import run

if __name__ == "__main__":
    sys.exit(run("speed", sys.argv[1:]))
