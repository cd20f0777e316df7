"""The command: lists the benchmarks, or runs one.

python -m benchmarks
python -m benchmarks transform --quick
"""

import sys

from .harness import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
