"""Settings of one run of the experiment, checked before any work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral
from types import MappingProxyType

from ..runtime.exceptions import ParameterError

# The last part of an error.
_FOUND = "; got {value}."

# With fewer a fold may hold no row of some digit.
ROWS_PER_FOLD = 20


@dataclass(frozen=True)
class Settings:
    """Settings of one run.

    Attributes
    ----------
    data : {"digits", "mnist"}
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


DEFAULTS: Mapping[str, Settings] = MappingProxyType(
    {
        "digits": Settings("digits", 1168, 256, 200, 2e-2, 32, 3, 0),
        "mnist": Settings("mnist", 60_000, 256, 30, 1e-2, 32, 3, 0),
    }
)


def settings_for(data="digits", *, samples=None, n_components=None, max_iter=None, cv=None, seed=0):
    """Settings, with the defaults of the data in place of None.

    Parameters
    ----------
    data : {"digits", "mnist"}, default="digits"
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
    if data not in DEFAULTS:
        raise ParameterError("data", data, f"one of {sorted(DEFAULTS)}", found=_FOUND)
    default = DEFAULTS[data]
    given = {"samples": samples, "n_components": n_components, "max_iter": max_iter, "cv": cv}
    values = {name: getattr(default, name) if value is None else value for name, value in given.items()}
    values["cv"] = _integer("cv", values["cv"], 2, default.samples // ROWS_PER_FOLD)
    least = ROWS_PER_FOLD * values["cv"]
    values["samples"] = _integer("samples", values["samples"], least, default.samples, " with {cv=}", cv=values["cv"])
    values["n_components"] = _integer("n_components", values["n_components"], 1)
    values["max_iter"] = _integer("max_iter", values["max_iter"], 1)
    seed = _integer("seed", seed, 0, 2**32 - 1)
    return Settings(
        data=data,
        learning_rate_init=default.learning_rate_init,
        batch_size=default.batch_size,
        seed=seed,
        **values,
    )


def _integer(name, value, low, high=None, context="", **words):
    legal = f"an integer of at least {low}" if high is None else f"an integer in [{low}, {high}]"
    if not isinstance(value, Integral) or isinstance(value, bool) or value < low or (high is not None and value > high):
        raise ParameterError(name, value, legal, f"{{parameter}} must be {{legal}}{context}", found=_FOUND, **words)
    return int(value)
