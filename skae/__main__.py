"""``python -m skae``: the command line of the library."""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module

from .runtime.catalogue import COMMANDS
from .runtime.version import __version__

# Exit status of other commands that SIGPIPE ends, as a shell reports it: 128 plus the number of the signal.
_LEFT = 141


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message):
        self.exit(2, f"{self.prog}: error: {message} (see {self.prog} --help)\n")

    def parse_args(self, args=None, namespace=None):
        options, unknown = self.parse_known_args(args, namespace)
        if unknown:
            options.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
        return options


class _CommandParser(_Parser):
    """A parser of a subcommand, which tells an unknown option before it misses the one that was meant."""

    def parse_known_args(self, args=None, namespace=None):
        legal = self._option_string_actions
        for name in _option_names(args):
            if name not in legal:
                near = _near_option(name, legal)
                self.error(f"unrecognized arguments: {name}" + (f". Did you mean {near}?" if near else ""))
        return super().parse_known_args(args, namespace)


def _option_names(arguments):
    """The long options among arguments, without their values."""
    for argument in arguments:
        if argument == "--":
            return
        # As in argparse, with a blank in it an argument is a value.
        if argument.startswith("--") and " " not in argument.partition("=")[0]:
            yield argument.partition("=")[0]


def _near_option(name, legal):
    """The option that may have been meant, also by the name of its parameter in other libraries, or None."""
    from .estimator.near_names import near_parameter

    options = {option.removeprefix("--").replace("-", "_"): option for option in legal if option.startswith("--")}
    return options.get(near_parameter(name.removeprefix("--"), options))


def main(arguments=None, prog="python -m skae"):
    """Run a subcommand.

    Parameters
    ----------
    arguments : list of str, default=None
        None for those of the process.
    prog : str
        How the command line was called, for its help.

    Returns
    -------
    int
        Exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted, 141 left by the reader of the output.
    """
    parser = _Parser(prog=prog, description="Classic autoencoders as scikit-learn transformers.")
    parser.add_argument("--version", action="version", version=f"skae {__version__}")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=_CommandParser)
    arguments = sys.argv[1:] if arguments is None else arguments
    # Of the command that is asked for alone the module is imported.
    wanted = next((argument for argument in arguments if argument in COMMANDS), None)
    for name, command in COMMANDS.items():
        if name == wanted:
            import_module(f".{command.module}", "skae").add_parser(subparsers)
        else:
            subparsers.add_parser(name, help=command.help)
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


def script():
    """The command ``skae`` that an installation puts beside Python."""
    return main(prog="skae")


if __name__ == "__main__":
    sys.exit(main())
