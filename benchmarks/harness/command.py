"""A benchmark as a command: its options, and the steps before and after its measurement."""

from __future__ import annotations

import argparse
import sys
import warnings
from typing import NamedTuple

from .report import write


class Option(NamedTuple):
    """An argument of a benchmark.

    Attributes
    ----------
    name : str
    settings : dict
        Arguments of ``ArgumentParser.add_argument``.
    quick : object
        Its default with ``--quick``; None for the same as without.
    """

    name: str
    settings: dict
    quick: object = None

    @property
    def key(self):
        """Its attribute name in the parsed options."""
        return self.name.lstrip("-").replace("-", "_")


def option(name, default=None, help="", *, quick=None, **settings):
    """An option with a value, of the type of its default unless ``type`` names another."""
    sample = default[0] if isinstance(default, list) else default
    settings.setdefault("type", str if default is None else type(sample))
    if isinstance(default, list):
        settings.setdefault("nargs", "+")
    if default is not None:
        told = " ".join(map(str, default)) if isinstance(default, list) else default
        help = f"{help} (default: {told})".lstrip()
    return Option(name, {"default": default, "help": help, **settings}, quick)


def flag(name, help, *, quick=None):
    """An option without a value; False unless it is given."""
    return Option(name, {"action": "store_true", "help": help}, quick)


def positional(name, legal, *, quick=None):
    """Positional names out of some legal ones; without any name, all of them."""
    settings = {"nargs": "*", "metavar": name, "help": f"of {', '.join(legal)} (default: all)", "type": _one_of(legal)}
    return Option(name, settings, quick)


def _one_of(legal):
    def name(text):
        if text not in legal:
            raise argparse.ArgumentTypeError(f"got {text!r}; legal are {', '.join(legal)}")
        return text

    return name


def rounds(default, help="rounds; every contender runs once in each", *, quick=1):
    """``--rounds``: how often contenders run in turn."""
    return option("--rounds", default, help, quick=quick)


def seed(default=0, help="random state"):
    """``--seed``"""
    return option("--seed", default, help)


_OUTPUT = option("--output", None, "JSON file for the results")


class Benchmark:
    """A measurement with its options; called with the arguments of a command line.

    Parameters
    ----------
    measure : callable (options) -> object
        Prints what it measures, and returns the results for JSON, or None if it has written them itself.
    options : sequence of Option
    quiet : type
        Category of the warnings that are not shown.
    check : callable (results) -> list of str
        Lists what is wrong with the results.
    """

    def __init__(self, measure, options, quiet, check):
        self.measure = measure
        own = {option.name for option in options}
        self.options = [*options, *([] if _OUTPUT.name in own else [_OUTPUT])]
        self.quiet = quiet
        self.check = check

    @property
    def name(self):
        """That of its module."""
        return self.measure.__module__.rpartition(".")[2]

    def parse(self, arguments):
        """The options of a command line; with ``--quick`` those that are not given have their quick defaults."""
        description = sys.modules[self.measure.__module__].__doc__.splitlines()[0]
        parser = argparse.ArgumentParser(prog=f"python -m benchmarks {self.name}", description=description)
        for option in self.options:
            parser.add_argument(option.name, **option.settings)
        parser.add_argument("--quick", action="store_true", help="run just enough to show that it works")
        if parser.parse_args(arguments).quick:
            parser.set_defaults(**{o.key: o.quick for o in self.options if o.quick is not None})
        return parser.parse_args(arguments)

    def __call__(self, arguments=None):
        """Measure, save to ``--output``, and print what is wrong; returns the exit status."""
        options = self.parse(arguments)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", self.quiet)
            results = self.measure(options)
        if results is not None and options.output is not None:
            write(options, results)
        problems = self.check(results)
        for problem in problems:
            print(problem, file=sys.stderr)
        return int(bool(problems))


def benchmark(*options, quiet=Warning, check=lambda results: []):
    """Decorator that makes a function of options a benchmark; the parameters are those of `Benchmark`."""
    return lambda measure: Benchmark(measure, options, quiet, check)
