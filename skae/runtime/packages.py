"""Packages that only some parts of the library need."""

from __future__ import annotations

from importlib import import_module, util


def required(module, extra):
    """Import a module of a package that may not be installed.

    Parameters
    ----------
    module : str
    extra : str
        Extra of this library that installs it.

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


def plots_available():
    """Whether matplotlib, which draws the figures, is installed; it is not imported."""
    return util.find_spec("matplotlib") is not None
