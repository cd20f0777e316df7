"""Fresh Python processes, each with its own cache of compiled code."""

from __future__ import annotations

import os
import subprocess
import sys


def python_process(code, *arguments, cache):
    """Start a process that runs some code, with pipes for its output.

    Parameters
    ----------
    code : str
    *arguments : str
        Its ``sys.argv[1:]``.
    cache : str
        Folder of the compiled code.

    Returns
    -------
    subprocess.Popen
    """
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, "NUMBA_CACHE_DIR": cache},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
