"""The pages run without a display, on one thread of BLAS as in the build, and leave no figure open."""

from pathlib import Path

import pytest
from threadpoolctl import threadpool_limits

# Run by Sphinx, and by tests/test_docs.py.
collect_ignore_glob = ["conf.py", "_ext/*", "_build/*", "examples/*", "auto_examples/*"]

# Pages that train for a second or more.
SLOW = {
    "distributed/index.md",
    "guide/against_pca.md",
    "guide/capacity.md",
    "guide/choosing.md",
    "guide/contractive.md",
    "guide/deep.md",
    "guide/denoising.md",
    "guide/linear.md",
    "guide/regularisation.md",
    "guide/sparse.md",
    "guide/when_it_goes_wrong.md",
    "representations.md",
    "tasks/compression.md",
    "tasks/handwriting.md",
    "tasks/imputation.md",
    "training.md",
}


def pytest_itemcollected(item):
    if item.path.relative_to(Path(__file__).parent).as_posix() in SLOW:
        item.add_marker(pytest.mark.slow)


@pytest.fixture(autouse=True)
def as_in_the_build():
    import matplotlib.pyplot as plt

    plt.switch_backend("Agg")
    with plt.rc_context(), threadpool_limits(1):
        yield
    plt.close("all")
