"""Conversion of a training state to JSON and arrays and back."""

from __future__ import annotations

import math
from reprlib import repr as shortened

import numpy as np

from ..kernels.corruptions import CORRUPTIONS
from ..rows.coordinates import StepCoordinates
from ..training.config import PLATEAU_CUTS
from ..training.solvers import SOLVERS
from ..training.state import FitProgress, Seed, TrainingState
from .fields import number_field

_INDICES = ("<i4", "<i8")

# Words in the state of each bit generator, and bits of a word.
_GENERATORS = {"PCG64": (("state", "inc"), 128), "SFC64": (range(4), 64)}


def encoded(state, arrays, path, include_optimizer):
    """JSON of a state; its arrays are added to the arrays.

    Parameters
    ----------
    state : TrainingState
    arrays : dict of str to ndarray
        Added to.
    path : str
        Prefix of the names of its arrays.
    include_optimizer : bool
        Whether to save the state of the optimiser, and the progress of an interrupted fit.

    Returns
    -------
    dict
    """
    if state.active_units is not None:
        arrays[f"{path}active"] = state.active_units
    optimizer_state, progress = (state.optimizer_state, state.progress) if include_optimizer else ((), None)
    inner = {}
    if state.step_coordinates is not None:
        arrays[f"{path}step_offset"] = np.asarray(state.step_coordinates.offset, np.float64)
        inner["step_scale"] = float(state.step_coordinates.scale)
        inner["step_in_one_unit"] = bool(state.step_coordinates.in_one_unit)
    if state.few_rows is not None:
        inner["few_rows"] = state.few_rows
    arrays.update({f"{path}memory_{i}": array for i, array in enumerate(optimizer_state)})
    return {
        "epoch": state.epoch,
        "step": state.step if include_optimizer else 0,
        "memories": len(optimizer_state),
        "reference": None if state.divergence_baseline is None else number_field(state.divergence_baseline),
        "n_revived": state.n_revived,
        "given": state.pretrained,
        "solver": state.solver,
        "learning_rate": state.learning_rate,
        "strength": state.strength,
        "corruption": state.corruption,
        "noise_level": None if state.noise_level is None else float(state.noise_level),
        **inner,
        "shuffle_rng": _encoded_generator(state.shuffle_rng),
        "noise_rng": _encoded_generator(state.noise_rng),
        "held_seed": _encoded_seed(state.validation_seed),
        "run": None if progress is None else _encoded_progress(progress, arrays, f"{path}run/"),
    }


def decoded(fields, theta, architecture):
    """The state from the JSON that ``encoded`` made.

    Parameters
    ----------
    fields : Fields
    theta : ndarray of shape (n_parameters,)
    architecture : Architecture

    Returns
    -------
    TrainingState

    Raises
    ------
    ValueError
        If it is not a state of such a network.
    """
    n_components = architecture.encoder_sizes[-1]
    dtypes = (theta.dtype.newbyteorder("<").str,)
    state = TrainingState(
        shuffle_rng=_generator(fields.fields("shuffle_rng")),
        noise_rng=_generator(fields.fields("noise_rng")),
        validation_seed=_seed(fields.optional_fields("held_seed")),
        optimizer_state=tuple(
            _memory(fields, f"memory_{i}", shape, dtypes)
            for i, shape in enumerate(_memory_shapes(fields, theta.shape, architecture))
        ),
        step=fields.integer("step"),
        epoch=fields.integer("epoch"),
        divergence_baseline=fields.optional_number("reference"),
        active_units=fields.array("active", (n_components,), ("|b1",)) if fields.has_array("active") else None,
        n_revived=fields.integer("n_revived"),
        pretrained=fields.flag("given"),
    )
    # Files of 0.1.0 have none of these.
    if "solver" in fields.rest():
        state.solver = fields.choice("solver", (None, *SOLVERS))
        state.learning_rate = fields.optional_number("learning_rate")
        state.strength = fields.optional_number("strength")
        state.corruption = fields.choice("corruption", (None, *CORRUPTIONS))
        state.noise_level = fields.optional_number("noise_level")
    if fields.has_array("step_offset"):
        offset = fields.array("step_offset", (architecture.sizes[0],), ("<f8",), finite=True)
        state.step_coordinates = StepCoordinates(offset, _scale(fields), _in_one_unit(fields, architecture))
    if "few_rows" in fields.rest():
        state.few_rows = fields.integer("few_rows", 1)
    progress = fields.optional_fields("run")
    state.progress = None if progress is None else _progress(progress, theta, dtypes)
    fields.end()
    return state


def _scale(fields):
    scale = fields.optional_number("step_scale")
    if scale is None or not scale > 0.0:
        raise ValueError(f"step_scale must be a positive number; got {scale!r}")
    return scale


def _in_one_unit(fields, architecture):
    # The first files with coordinates have weights in one unit where they are tied.
    named = "step_in_one_unit" in fields.rest()
    in_one_unit = fields.flag("step_in_one_unit") if named else architecture.tied
    if architecture.tied and not in_one_unit:
        raise ValueError("step_in_one_unit must be true for weights that are tied; got false")
    return in_one_unit


def _memory_shapes(fields, shape, architecture):
    """Shapes of the arrays of the optimiser, by their number."""
    optimizers = [solver.optimizer for solver in SOLVERS.values() if solver.minibatch]
    shapes = {len(kept): kept for kept in (one.state_shapes(shape, architecture) for one in optimizers)}
    number = fields.integer("memories")
    if number not in {0, *shapes}:
        raise ValueError(
            f"{fields.path}memories must be the number of arrays of an optimiser, one of {sorted({0, *shapes})}; the "
            f"file has {number}."
        )
    return shapes.get(number, [])


def _memory(fields, name, shape, dtypes):
    """The state vectors of the optimiser, which may have overflowed."""
    array = fields.array(name, shape, dtypes)
    fields.refuse_where(np.isnan(array), name, "numbers")
    return array


def _encoded_progress(progress, arrays, path):
    for name in ("best_theta", "order", "theta"):
        if getattr(progress, name) is not None:
            arrays[f"{path}{name}"] = getattr(progress, name)
    return {
        "epoch": progress.epoch,
        "best": number_field(progress.best),
        "stale": progress.n_no_improvement,
        "cuts": progress.cuts,
        # Kept for the format of 0.1.0: the least validation loss.
        "held_best": number_field(math.inf if progress.best_theta is None else progress.best),
        "held_noise": _encoded_seed(progress.validation_noise),
        "data": [value if isinstance(value, str) else int(value) for value in progress.data],
    }


def _progress(fields, theta, dtypes):
    def parameters(name):
        return fields.array(name, theta.shape, dtypes, finite=True) if fields.has_array(name) else None

    progress = FitProgress(
        epoch=fields.integer("epoch"),
        best=fields.number("best", finite=False),
        n_no_improvement=fields.integer("stale"),
        cuts=fields.integer("cuts", 0, PLATEAU_CUTS),
        best_theta=parameters("best_theta"),
        validation_noise=_seed(fields.optional_fields("held_noise")),
        order=fields.array("order", (None,), _INDICES) if fields.has_array("order") else None,
        theta=parameters("theta"),
        data=_data(fields.take("data")),
    )
    # Its value is in ``best`` too.
    fields.number("held_best", finite=False)
    fields.end()
    return progress


def _data(values):
    """The ``fingerprint`` of the rows of a fit."""
    if not isinstance(values, list) or [type(value) for value in values] != [int, int, int, str, int]:
        raise ValueError(f"the rows of an interrupted fit are four integers and a dtype; found {shortened(values)}.")
    return tuple(values)


def _encoded_generator(generator):
    state = generator.bit_generator.state
    words, _ = _GENERATORS[state["bit_generator"]]
    inner = state["state"] if state["bit_generator"] == "PCG64" else state["state"]["state"]
    return {
        "bit_generator": state["bit_generator"],
        "state": [int(inner[word]) for word in words],
        "has_uint32": state["has_uint32"],
        "uinteger": state["uinteger"],
    }


def _generator(fields):
    name = fields.choice("bit_generator", _GENERATORS)
    words, bits = _GENERATORS[name]
    values = fields.integers("state", 0, 2**bits - 1)
    if len(values) != len(words):
        raise ValueError(f"the state of {name} has {len(words)} words; the file has {len(values)}.")
    if name == "PCG64" and values[1] % 2 == 0:
        raise ValueError(f"the increment of PCG64 must be odd; the file has {values[1]}.")
    inner = dict(zip(words, values)) if name == "PCG64" else {"state": np.array(values, np.uint64)}
    bit_generator = getattr(np.random, name)()
    bit_generator.state = {
        "bit_generator": name,
        "state": inner,
        "has_uint32": fields.integer("has_uint32", 0, 1),
        "uinteger": fields.integer("uinteger", 0, 2**32 - 1),
    }
    fields.end()
    return np.random.Generator(bit_generator)


def _encoded_seed(seed):
    return None if seed is None else {"entropy": list(seed.entropy), "spawn_key": list(seed.spawn_key)}


def _seed(fields):
    if fields is None:
        return None
    entropy, spawn_key = fields.integers("entropy", 0, 2**64 - 1), fields.integers("spawn_key", 0, 2**32 - 1)
    if not entropy:
        raise ValueError(f"{fields.path}entropy is empty.")
    fields.end()
    return Seed(tuple(entropy), tuple(spawn_key))
