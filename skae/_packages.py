"""Packages that only some parts of the library need."""

from __future__ import annotations

from importlib import import_module


def required(module, extra):
    """Import a module of a package that may not be installed.

    Parameters
    ----------
    module : str
    extra : str
        What of this library installs it.

    Returns
    -------
    module

    Raises
    ------
    ImportError
        Says how to install it.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        raise ImportError(
            f"This needs the package {package}, which cannot be imported ({error}): pip install 'skae[{extra}]'."
        ) from error
