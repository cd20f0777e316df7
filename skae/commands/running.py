"""Shared by all commands: check the output path, show progress, print warnings and errors."""

from __future__ import annotations

import os
import sys
import warnings
from contextlib import contextmanager

from ..runtime.files import prepared_folder
from ..runtime.messages import in_python, written
from ..runtime.progress import ProgressBar


def check_output(path, *inputs):
    """Check, before the work, that the output can be written; no file is left behind.

    Parameters
    ----------
    path : Path or None
        The output file, whose folder need not exist yet; None for standard output.
    *inputs : Path or None
        Files that are read, and must not be replaced.

    Raises
    ------
    OSError
        Naming the path and what is wrong with it.
    """
    if path is None:
        if sys.stdout is None:
            raise OSError("there is no standard output to write to: redirect it, as in > FILE")
        return
    if path.exists() and not path.is_file():
        raise OSError(f"--output: {path} is not a file that can be replaced; name another one")
    for source in inputs:
        if source is not None and path.exists() and source.exists() and os.path.samefile(path, source):
            raise OSError(f"--output: {path} is the file that is read; name another one")
    # The closest folder that exists; the missing ones will be created in it.
    above = (folder for folder in (path.parent, *path.parent.parents) if os.path.lexists(folder))
    prepared_folder(next(above, path.parent))


@contextmanager
def progress_of(options):
    """A progress bar on stderr, and below it the warnings of the block, a line each.

    Parameters
    ----------
    options : argparse.Namespace

    Yields
    ------
    ProgressBar
    """
    with warnings.catch_warnings(record=True) as caught:
        try:
            with ProgressBar(sys.stderr, enabled=not options.quiet) as progress:
                yield progress
        finally:
            for text in dict.fromkeys(" ".join(str(warning.message).split()) for warning in caught):
                tell(options, f"{options.parser.prog}: warning: {text}")


def tell(options, text):
    """Print a text to stderr, if there is one and ``--quiet`` was not given."""
    if not options.quiet and sys.stderr is not None:
        print(text, file=sys.stderr)


@contextmanager
def about(what, write=in_python):
    """Write errors and warnings in the terms of the command line, and prefix errors with their subject.

    Parameters
    ----------
    what : Path or str
        The subject: a file or an option.
    write : callable (Mark) -> str
        Writes the parameters in a message.

    Raises
    ------
    ValueError
        In place of a TypeError or ValueError of the block.
    MemoryError
        In place of a MemoryError of the block; without the subject.
    """
    try:
        with warnings.catch_warnings(record=True) as caught:
            yield
    except (TypeError, ValueError) as error:
        first, *_ = lines = written(error, write).splitlines() or [type(error).__name__]
        # scikit-learn explains at length below a first line that says it all.
        raise ValueError(f"{what}: {first if first.endswith('.') else ' '.join(lines)}") from error
    except MemoryError as error:
        raise MemoryError(written(error, write)) from error
    finally:
        for warning in caught:
            warnings.warn(written(warning.message, write), warning.category)
