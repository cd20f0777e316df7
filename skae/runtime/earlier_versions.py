"""Pickles of earlier versions: one clear error instead of a module that is not found."""

from __future__ import annotations

import sys

from .version import __version__

# Modules of 0.1.0 whose classes its pickles of fitted estimators refer to.
_GONE = {f"skae.{name}" for name in ("_network", "_training", "_gates", "_fine_tuning", "_matrices", "_sample")}


class EarlierPickles:
    """Import finder, asked last: refuses modules of earlier versions with an error that says what to do."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name not in _GONE:
            return None
        raise ImportError(
            f"This was pickled, or written by skops, with skae 0.1.0, whose modules had other names; this is skae "
            f"{__version__}. Load it with skae 0.1.0 and write it with skae.save: model files of every version can be "
            "loaded.",
            name=name,
        )


def explain_earlier_pickles():
    """Make the import of a module that only earlier versions had raise an error that says what to do."""
    if EarlierPickles not in sys.meta_path:
        sys.meta_path.append(EarlierPickles)
