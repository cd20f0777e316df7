"""One BLAS thread for products too small to share, whatever the number of threads that NumPy's BLAS may use.

Two threads gain nothing on such products, and on a machine that has other work they wait for each other: an epoch was
then seen to take a hundred times as long.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache

from threadpoolctl import ThreadpoolController

# Floating-point operations of the largest product of a step, from which on a second thread pays.
WORTH_SHARING = 2**23


@cache
def _controller():
    """The BLAS libraries of the process, looked up once."""
    return ThreadpoolController().select(user_api="blas")


@contextmanager
def one_thread_if_small(flops):
    """Run the block with one BLAS thread where its largest product has fewer operations than are worth sharing.

    Some builds of BLAS keep the number of threads for the process, others for each thread of it. Where it is one
    already nothing is done, so that of two blocks at once none puts back the limit of the other.

    Parameters
    ----------
    flops : int
    """
    controller = _controller()
    if flops >= WORTH_SHARING or all(library.num_threads == 1 for library in controller.lib_controllers):
        yield
        return
    with controller.limit(limits=1):
        yield
