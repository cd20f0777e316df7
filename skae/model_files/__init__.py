"""Fitted estimators in files of arrays and JSON, which run no code when they are read.

``save`` and ``load`` are for single estimators. A Pipeline of them, and a perceptron that ``to_mlp`` made, can go
through skops (0.13 or later), which has to be told what to trust::

    skops.io.dump(pipeline, path)
    skops.io.load(path, trusted=skae.model_files.SKOPS_TRUSTED_TYPES)
"""

from __future__ import annotations

import errno
import os
import stat
from reprlib import repr as shortened

import numpy as np

from ..runtime.files import write_atomically
from ..runtime.numbers import shown
from ..runtime.version import __version__
from . import container

__all__ = ["SKOPS_TRUSTED_TYPES", "load", "save"]

# What skops has to trust, beyond what it trusts by itself, to load the estimators of this library in a Pipeline, and
# the perceptrons that start from them: classes that hold numbers and arrays.
SKOPS_TRUSTED_TYPES = (
    "skae.estimator.fitted.Columns",
    "skae.estimator.fitted.Fitted",
    "skae.estimator.fitted.Statistics",
    "skae.estimator.fine_tuning.StartedMLPClassifier",
    "skae.estimator.fine_tuning.StartedMLPRegressor",
    "skae.network.architecture.Architecture",
    "skae.network.network.Network",
    "skae.training.state.FitProgress",
    "skae.training.state.Seed",
    "skae.training.state.TrainingState",
    "skae.autoencoder.AutoencoderTransformer",
    "skae.contractive.ContractiveAE",
    "skae.denoising.DenoisingAE",
    "skae.impute.AutoencoderImputer",
    "skae.outlier.AutoencoderOutlierDetector",
    "skae.preprocessing.PCANormalizer",
    "skae.sparse.SparseAE",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
)


def __dir__():
    return __all__


def save(estimator, path, *, include_optimizer=False):
    """Write a fitted estimator to a file, from which ``load`` makes it again, in any process and with the same numbers.

    The file holds the parameters of the estimator, with their types, what it was fitted to, the names of the features
    and what ``set_output`` asks for, as JSON and arrays; it is a zip archive, and ``np.load(path, allow_pickle=False)``
    reads its arrays. It is written as a whole or not at all: a file that was there before stays as it was until the
    moment in which the new one, complete, takes its place. Callbacks, which are code, and requests for metadata are
    left out; an estimator that is a parameter is kept without what it was fitted to. For a Pipeline see
    ``skae.model_files.SKOPS_TRUSTED_TYPES``.

    Parameters
    ----------
    estimator : estimator
        Fitted: AutoencoderTransformer, DenoisingAE, SparseAE, ContractiveAE, AutoencoderOutlierDetector,
        AutoencoderImputer or PCANormalizer.
    path : str or path
        Taken as it is; ``.skae`` is the usual ending, and none is added.
    include_optimizer : bool, default=False
        Whether to keep what the optimiser remembers, up to twice the size of the parameters with Adam, and how far a
        fit has come that was interrupted. With it ``partial_fit``, and ``fit`` with ``warm_start``, go on from the file
        bit for bit as they would have without it. Otherwise they go on from the same parameters, with the same random
        draws and the same rows held out, and with an optimiser that begins anew.

    Raises
    ------
    TypeError
        For what is not an estimator of this library, for a subclass, for a parameter of a type that the format does
        not hold, and for an ``include_optimizer`` that is no bool.
    NotFittedError
        For an estimator that is not fitted.
    ValueError
        For an estimator that is not whole, as after a parameter was set to what is not legal.
    OSError
        When the file cannot be written, as on a full disk; names the path.

    See Also
    --------
    load : The way back.

    Examples
    --------
    >>> import os, tempfile
    >>> from skae import DenoisingAE, load, save
    >>> from skae.datasets import load_digits_unit
    >>> X, y = load_digits_unit(return_X_y=True)
    >>> ae = DenoisingAE(16, tol=1e-2, random_state=0).fit(X)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "digits.skae")
    ...     save(ae, path)
    ...     loaded = load(path)
    >>> loaded
    DenoisingAE(n_components=16, random_state=0, tol=0.01)
    >>> bool((loaded.transform(X) == ae.transform(X)).all())
    True
    """
    # Here and in ``load``, since its import takes longer than that of the package.
    from . import estimators

    if not isinstance(include_optimizer, bool | np.bool_):
        raise TypeError(f"include_optimizer must be True or False; got {shown(include_optimizer)}.")
    path = os.fsdecode(path)
    model, arrays = estimators.encoded(estimator, include_optimizer)
    try:
        text = container.header_text(model, arrays)
        # What cannot be read is not written.
        estimators.decoded(container.parsed(text)["model"], arrays)
    except ValueError as error:
        raise ValueError(f"This {type(estimator).__name__} cannot be saved: {error}") from error
    write_atomically(path, *container.parts(text, arrays))


def load(path):
    """The estimator that ``save`` wrote to a file.

    Nothing in a file is run or looked up by its name: it is arrays and JSON, of a closed list of classes, and all of it
    is checked before it is used. At most four times the length of the file is taken of memory, and 2 MiB; where the
    losses of more than 100,000 epochs are most of the file, five times. Files of earlier versions are read; a parameter
    that the class did not have then has its default.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    estimator
        As it was saved: fitted, with equal parameters and attributes.

    Raises
    ------
    ValueError
        Beginning with the path, for a file that is damaged, not complete, not made by ``save``, or made by a later
        version.
    OSError
        When the file cannot be read: FileNotFoundError, PermissionError, IsADirectoryError.

    See Also
    --------
    save : With an example.
    """
    from . import estimators

    path = os.fsdecode(path)
    content = _read(path)
    made_by = __version__
    try:
        header, arrays = container.unpacked(content)
        made_by = header["skae"]
        return estimators.decoded(header["model"], arrays)
    except ValueError as error:
        other = f" It was made by skae {shortened(made_by)}; this is {__version__}." if made_by != __version__ else ""
        raise ValueError(f"{path}: {error}{other}") from error


def _read(path):
    """Content of a regular file; of one that begins like no model file, as much as tells that."""
    mode = os.stat(path).st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    if not stat.S_ISREG(mode):
        raise ValueError(f"{path}: this is a device or a pipe, no file.")
    with open(path, "rb") as file:
        start = file.read(container.START_LENGTH)
        if not container.is_start(start):
            return start
        file.seek(0)
        return file.read()
