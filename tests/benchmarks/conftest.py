"""The benchmarks are no part of the package: they are imported from the root of the repository."""

import sys
from pathlib import Path

# Behind all other places, so that an installed skae stays the one that is tested.
sys.path.append(str(Path(__file__).parents[2]))
