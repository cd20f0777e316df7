"""``python -m skae``: the command line of the library."""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module

from .runtime.version import __version__

# The module of each command, imported when it is needed.
_COMMANDS = {
    "fit": "commands.fit",
    "transform": "commands.transform",
    "reconstruct": "commands.reconstruct",
    "score": "commands.score",
    "plot": "commands.plot",
    "handwriting": "handwriting.command",
}

# Exit status of other commands that SIGPIPE ends, as a shell reports it: 128 plus the number of the signal.
_LEFT = 141


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message):
        self.exit(2, f"{self.prog}: error: {message} (see {self.prog} --help)\n")


def main(arguments=None):
    """Run a subcommand.

    Parameters
    ----------
    arguments : list of str, default=None
        None for those of the process.

    Returns
    -------
    int
        Exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted, 141 left by the reader of the output.
    """
    parser = _Parser(prog="python -m skae", description="Classic autoencoders as scikit-learn transformers.")
    parser.add_argument("--version", action="version", version=f"skae {__version__}")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    arguments = sys.argv[1:] if arguments is None else arguments
    # If the first argument is a command, no other command is imported.
    wanted = arguments[:1] if arguments[:1] and arguments[0] in _COMMANDS else list(_COMMANDS)
    for command in wanted:
        import_module(f".{_COMMANDS[command]}", "skae").add_parser(subparsers)
    options = parser.parse_args(arguments)
    try:
        return options.run(options)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader has closed the pipe; flushing the buffer at exit must not raise again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _LEFT
    except (ImportError, OSError, ValueError, RuntimeError, MemoryError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        # Without a standard error, as in a daemon, ``print`` would use standard output.
        if sys.stderr is not None:
            print(f"{options.parser.prog}: error: {reason}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
