"""The corruption of the rows that are drawn: one that is named, or the one that the estimators were trained with."""

from __future__ import annotations

import math
from numbers import Real

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import check_random_state

from ..estimator.corrupted_input import CorruptedInput
from ..kernels.corruptions import CORRUPTIONS
from ..rows.blocks import model_dtype
from ..rows.matrices import CSRMatrix, as_csr
from ..rows.reconstruction_errors import in_container
from ..rows.sample import Sample
from ..runtime.numbers import in_float64, shown
from ._sources import as_array


def corrupted_rows(sources, X, rows, corruption, noise_level, random_state):
    """The rows that are shown, corrupted in the features of X.

    Parameters
    ----------
    sources : iterable of Source
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Whose columns give the range of salt and pepper.
    rows : {array-like, sparse matrix} of shape (n_images, n_features)
    corruption, noise_level, random_state
        As in ``ReconstructionDisplay.from_estimator``.

    Returns
    -------
    noisy : ndarray of shape (n_images, n_features), or None
    name : str or None
        Label of the corruption.
    """
    if corruption is None or (isinstance(corruption, str) and corruption == "auto"):
        if noise_level is not None:
            raise ValueError(
                f"noise_level goes with a corruption that is named, one of {sorted(CORRUPTIONS)}; got "
                f"noise_level={noise_level!r} with corruption={corruption!r}."
            )
        source = None if corruption is None else _noisy(sources, rows)
        if source is None:
            return None, None
        name, level = source.model.corruption_, source.model.noise_level_
        noisy = _apply(name, level, source.transform_steps(X), source.transform_steps(rows), random_state)
        noisy = source.inverse_transform_steps(in_container(source.transform_steps(rows), noisy))
    else:
        name, level = corruption, noise_level
        _check_corruption(name, level)
        noisy = _apply(name, level, X, rows, random_state)
    return noisy, f"{name.replace('_', ' ')} {level:g}"


def _check_corruption(corruption, noise_level):
    if not (isinstance(corruption, str) and corruption in CORRUPTIONS):
        raise ValueError(f"corruption must be one of {sorted(CORRUPTIONS)}, 'auto' or None; got {corruption!r}.")
    low, high = CORRUPTIONS[corruption].level_range
    number = isinstance(noise_level, Real) and not isinstance(noise_level, bool) and in_float64(noise_level)
    if not (number and math.isfinite(noise_level) and low <= noise_level <= high):
        end = f"{high:g}]" if math.isfinite(high) else "inf)"
        raise ValueError(
            f"noise_level must be a number in [{low:g}, {end} with corruption={corruption!r}; got {shown(noise_level)}."
        )


def _noisy(sources, rows):
    """One of the sources that were trained on corrupted input, which must all agree; None if there is none."""
    noisy = [s for s in sources if isinstance(s.model, CorruptedInput) and s.model.noise_level_ > 0]
    settings = {(source.model.corruption_, source.model.noise_level_) for source in noisy}
    entered = [as_array(source.transform_steps(rows)) for source in noisy]
    if len(settings) > 1 or not all(
        rows.shape == entered[0].shape and np.allclose(rows, entered[0], equal_nan=True) for rows in entered
    ):
        trained = ", ".join(
            f"{source.name}: {source.model.corruption_} {source.model.noise_level_:g}" for source in noisy
        )
        raise ValueError(
            f"corruption='auto' needs estimators that were trained with one corruption of the same features; got "
            f"{trained}. Name the corruption and its noise_level, or pass corruption=None for the clean input."
        )
    return noisy[0] if noisy else None


def _apply(corruption, level, X, rows, random_state):
    """Rows, corrupted, with the range of the columns of all of X."""
    record = CORRUPTIONS[corruption]
    rows = as_array(rows)
    # A copy, since Numba would compile the kernels once more for a read-only array.
    rows = np.array(rows, model_dtype(rows), order="C")
    X = CSRMatrix(as_csr(X)) if issparse(X) else np.asarray(X)
    low, high = (np.nan_to_num(bound).astype(rows.dtype) for bound in Sample.of(X).column_range())
    draws = np.empty(rows.shape, record.draw_dtype or rows.dtype)
    record.draw(np.random.default_rng(check_random_state(random_state).randint(2**31)), draws)
    out = np.empty_like(rows)
    record.apply(rows, draws, float(level), low, high, out)
    return out
