"""``python -m benchmarks.representations``: the benchmark of this name."""

import sys

from ..harness import run

if __name__ == "__main__":
    sys.exit(run("representations", sys.argv[1:]))
