"""What commands do around their work: see that they can write, show progress, tell of warnings and errors."""

from __future__ import annotations

import os
import sys
import warnings
from contextlib import contextmanager

from .._progress import ProgressBar
from ..handwriting.files import prepared_folder


def check_output(path, *inputs):
    """See, before the work, that a file can be written.

    Parameters
    ----------
    path : Path
        Its folder is made where there is none.
    *inputs : Path or None
        Files that are read, one of which it must not replace.

    Raises
    ------
    OSError
        Naming the path and what is wrong with it.
    """
    if path.exists() and not path.is_file():
        raise OSError(f"--output: {path} is not a file that can be replaced; name another one")
    for source in inputs:
        if source is not None and path.exists() and source.exists() and os.path.samefile(path, source):
            raise OSError(f"--output: {path} is the file that is read; name another one")
    prepared_folder(path.parent)


@contextmanager
def progress_of(options, phrase=str):
    """A progress bar on stderr, and below it the warnings of the block, a line each.

    Parameters
    ----------
    options : argparse.Namespace
    phrase : callable (str) -> str, default=str
        Puts a warning in the terms of the command line.

    Yields
    ------
    ProgressBar
    """
    with warnings.catch_warnings(record=True) as caught:
        try:
            with ProgressBar(sys.stderr, enabled=not options.quiet) as progress:
                yield progress
        finally:
            for text in dict.fromkeys(phrase(" ".join(str(warning.message).split())) for warning in caught):
                tell(options, f"{options.parser.prog}: warning: {text}")


def tell(options, text):
    """Say something on stderr, unless it was asked to be quiet."""
    if not options.quiet:
        print(text, file=sys.stderr)


@contextmanager
def about(what, phrase=str):
    """Put what an error is about before its message: a file or an option.

    Parameters
    ----------
    what : Path or str
    phrase : callable (str) -> str, default=str
        Puts the message in the terms of the command line.

    Raises
    ------
    ValueError
        In the place of a TypeError or ValueError of the block.
    """
    try:
        yield
    except (TypeError, ValueError) as error:
        first, *_ = lines = str(error).splitlines() or [type(error).__name__]
        # scikit-learn explains at length below a first line that says it all.
        raise ValueError(f"{what}: {phrase(first if first.endswith('.') else ' '.join(lines))}") from error
