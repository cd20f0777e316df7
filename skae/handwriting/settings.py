"""Settings of one run of the experiment, checked before any work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from numbers import Integral
from os import PathLike
from types import MappingProxyType

from ..datasets import image_set
from ..runtime.exceptions import ParameterError
from ..runtime.idx_files import idx_shape
from ..runtime.image_folders import folder_and_prefix, image_sets

# The last part of an error.
_FOUND = "; got {value}."

# With fewer a fold may hold no row of some digit.
ROWS_PER_FOLD = 20
# Those of the training rows of the digits.
WRITERS = 9


@dataclass(frozen=True)
class Settings:
    """Settings of one run.

    Attributes
    ----------
    data : str
        "digits", "mnist", or a folder of images and labels in IDX files.
    samples : int
        Training rows used; a stratified part unless they are all.
    n_components : int
        Width of every learnt code; PCA has fewer components if the data do not allow as many.
    max_iter : int
        Epochs of every autoencoder; its learning rate falls to zero over them.
    learning_rate_init : float
    batch_size : int
    cv : int
        Folds of the search.
    seed : int
        Random state of every estimator and of the stratified part.
    """

    data: str
    samples: int
    n_components: int
    max_iter: int
    learning_rate_init: float
    batch_size: int
    cv: int
    seed: int

    @property
    def family(self):
        """The data whose defaults and candidates are used: folders hold images like those of MNIST."""
        return self.data if self.data in DEFAULTS else "mnist"


DEFAULTS: Mapping[str, Settings] = MappingProxyType(
    {
        "digits": Settings("digits", 1149, 256, 200, 2e-2, 32, 3, 0),
        "mnist": Settings("mnist", 60_000, 256, 30, 1e-2, 32, 3, 0),
    }
)


def settings_for(data="digits", *, samples=None, n_components=None, max_iter=None, cv=None, seed=0):
    """Settings, with the defaults of the data in place of None.

    Parameters
    ----------
    data : {"digits", "mnist"} or path, default="digits"
    samples, n_components, max_iter, cv : int or None, default=None
    seed : int, default=0

    Returns
    -------
    Settings

    Raises
    ------
    ValueError
        With the parameter, the value, and the legal values.
    """
    default = _defaults(data)
    given = {"samples": samples, "n_components": n_components, "max_iter": max_iter, "cv": cv}
    values = {name: getattr(default, name) if value is None else value for name, value in given.items()}
    values["cv"] = _integer("cv", values["cv"], 2, WRITERS if data == "digits" else default.samples // ROWS_PER_FOLD)
    least = ROWS_PER_FOLD * values["cv"]
    values["samples"] = _integer("samples", values["samples"], least, default.samples, " with {cv=}", cv=values["cv"])
    values["n_components"] = _integer("n_components", values["n_components"], 1)
    values["max_iter"] = _integer("max_iter", values["max_iter"], 1)
    seed = _integer("seed", seed, 0, 2**32 - 1)
    return Settings(
        data=default.data,
        learning_rate_init=default.learning_rate_init,
        batch_size=default.batch_size,
        seed=seed,
        **values,
    )


def _defaults(data):
    """Default settings; for a folder those of MNIST with the number of its training rows."""
    if isinstance(data, str) and data in DEFAULTS:
        return DEFAULTS[data]
    folder, prefix = folder_and_prefix(data) if isinstance(data, (str, PathLike)) else (None, None)
    if folder is None or not folder.is_dir() or (prefix is not None and not image_sets(folder)):
        legal = f"one of {sorted(DEFAULTS)}, or a folder of IDX files"
        raise ParameterError("data", data, legal, found=_FOUND)
    if prefix is None and len(image_sets(folder)) > 1:
        legal = " or ".join(str(folder / one.prefix) for one in image_sets(folder))
        raise ParameterError("data", str(data), legal, remedy="The folder holds several data sets.", found=_FOUND)
    parts = image_set(folder, prefix).parts
    if len(parts) < 2:
        rule = "{parameter} must hold training and test rows, and {value} holds only those of " + ", ".join(parts)
        raise ParameterError("data", str(data), "a folder with both", rule, found=".")
    return replace(DEFAULTS["mnist"], data=str(data), samples=idx_shape(parts["train"].labels)[0])


def _integer(name, value, low, high=None, context="", **words):
    legal = f"an integer of at least {low}" if high is None else f"an integer in [{low}, {high}]"
    if not isinstance(value, Integral) or isinstance(value, bool) or value < low or (high is not None and value > high):
        raise ParameterError(name, value, legal, f"{{parameter}} must be {{legal}}{context}", found=_FOUND, **words)
    return int(value)
