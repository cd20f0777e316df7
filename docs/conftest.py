"""The pages run without a display, on one thread of BLAS as in the build, and leave no figure open."""

import pytest
from threadpoolctl import threadpool_limits

# Run by Sphinx, and by tests/test_docs.py.
collect_ignore_glob = ["conf.py", "_ext/*", "_build/*", "examples/*", "auto_examples/*"]


@pytest.fixture(autouse=True)
def as_in_the_build():
    import matplotlib.pyplot as plt

    plt.switch_backend("Agg")
    with plt.rc_context(), threadpool_limits(1):
        yield
    plt.close("all")
