"""COMMANDS: the subcommands of the command line, so that its help imports none of them."""

from __future__ import annotations

from typing import NamedTuple


class Command(NamedTuple):
    """A subcommand.

    Attributes
    ----------
    module : str
        Within ``skae``; its ``add_parser`` adds the subcommand to the parsers.
    help : str
        One line.
    """

    module: str
    help: str


COMMANDS = {
    "fit": Command("commands.fit", "train an autoencoder on a file of rows"),
    "transform": Command("commands.transform", "write the code of each row"),
    "reconstruct": Command("commands.reconstruct", "write the reconstruction of each row, or its errors"),
    "score": Command("commands.score", "print how much variance the reconstruction explains, or the score of each row"),
    "plot": Command("commands.plot", "draw a picture of a model"),
    "report": Command("commands.report", "write what a model does on rows, beside PCA, as one HTML page"),
    "completion": Command("commands.completion", "print the completion of commands and options for bash or zsh"),
    "handwriting": Command("handwriting.command", "compare autoencoders, PCA and raw pixels on handwritten digits"),
}
