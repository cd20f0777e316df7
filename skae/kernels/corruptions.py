"""Corruptions of the input: how the draws are made, and a kernel that applies them.

===============  ==============================================================================
name             corrupted x_ij
===============  ==============================================================================
masking          0 with probability q, else x_ij
gaussian         x_ij + sigma e_ij, e_ij from N(0, 1)
salt_and_pepper  with probability q the least or the greatest value of column j (equally likely)
===============  ==============================================================================

The uniform draws are integers of 16 bits, so that q is rounded to a multiple of 2^-16.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .checks import check_callables, check_interval, check_name
from .compiler import kernel
from .registry import Registry


def sixteen_bits(rng, draws):
    """Independent integers in [0, 2^16), uniform."""
    words = rng.integers(0, 2**64, -(-draws.size // 4), np.uint64)
    draws.reshape(-1)[:] = words.view(np.uint16)[: draws.size]


def standard_normal(rng, draws):
    """Independent draws from N(0, 1)."""
    rng.standard_normal(out=draws, dtype=draws.dtype)


@kernel
def masking(x, draws, level, low, high, out):
    threshold = np.int32(round(level * 65536.0))
    zero = x.dtype.type(0)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            out[i, j] = zero if np.int32(draws[i, j]) < threshold else x[i, j]


@kernel
def masking_stored(stored, columns, row_starts, draws, level, out):
    threshold = np.int32(round(level * 65536.0))
    zero = stored.dtype.type(0)
    for i in range(draws.shape[0]):
        for p in range(row_starts[i], row_starts[i + 1]):
            out[p] = zero if np.int32(draws[i, columns[p]]) < threshold else stored[p]


@kernel
def gaussian(x, draws, level, low, high, out):
    sigma = x.dtype.type(level)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            out[i, j] = x[i, j] + sigma * draws[i, j]


@kernel
def emphasis(draws, level, untouched, weights):
    """Multiply the weights of the entries that masking, or salt and pepper, left unchanged by ``untouched``."""
    threshold = np.int32(round(level * 65536.0))
    for i in range(weights.shape[0]):
        for j in range(weights.shape[1]):
            if np.int32(draws[i, j]) >= threshold:
                weights[i, j] *= untouched


@kernel
def salt_and_pepper(x, draws, level, low, high, out):
    threshold = np.int32(round(level * 65536.0))
    half = np.int32(round(level * 32768.0))
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            draw = np.int32(draws[i, j])
            extreme = low[j] if draw < half else high[j]
            out[i, j] = extreme if draw < threshold else x[i, j]


@dataclass(frozen=True, eq=False)
class Corruption:
    """One corruption process.

    Parameters
    ----------
    name : str
    draw : callable (rng, draws) -> None
        Fill the buffer from a NumPy Generator.
    draw_dtype : numpy dtype or None
        Dtype of that buffer; None for the dtype of X.
    apply : callable (x, draws, level, low, high, out) -> None
        Apply the draws; low and high are the range of each column.
    level_range : tuple of float
        Legal noise levels, both ends included.
    emphasise : callable (draws, level, untouched, weights) -> None, or None
        Multiply the weights of the entries that were not corrupted; None for a corruption that changes every entry.
    apply_stored : callable (stored, columns, row_starts, draws, level, out) -> None, or None
        The same on the stored entries of sparse rows, for a corruption that leaves zeros as they are.
    additive : bool
        Whether it adds noise that is proportional to the level, whatever the entry.
    """

    name: str
    draw: Callable
    draw_dtype: type | None
    apply: Callable
    level_range: tuple
    emphasise: Callable | None = None
    apply_stored: Callable | None = None
    additive: bool = False

    def __post_init__(self):
        check_name("The name of a Corruption", self.name)
        check_callables(self, "draw", "apply", optional=("emphasise", "apply_stored"))
        check_interval("level_range of a Corruption", self.level_range)

    def __reduce__(self):
        # By name: compiled functions do not travel.
        return _corruption_named, (self.name,)


CORRUPTIONS = Registry(
    "corruption",
    (
        Corruption("masking", sixteen_bits, np.uint16, masking, (0.0, 1.0), emphasis, masking_stored),
        Corruption("gaussian", standard_normal, None, gaussian, (0.0, float("inf")), additive=True),
        Corruption("salt_and_pepper", sixteen_bits, np.uint16, salt_and_pepper, (0.0, 1.0), emphasis),
    ),
)


def _corruption_named(name):
    return CORRUPTIONS[name]
