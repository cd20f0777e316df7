"""Contenders from packages that may not be installed."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec


def installed(packages):
    """The contenders whose package is installed; the others are printed once.

    Parameters
    ----------
    packages : dict of str to str
        Package of each contender.
    """
    return [contender for contender, package in packages.items() if _is_installed(contender, package)]


@cache
def _is_installed(contender, package):
    found = find_spec(package) is not None
    if not found:
        print(f"{contender} left out: {package} is not installed")
    return found
