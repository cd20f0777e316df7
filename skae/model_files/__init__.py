"""Fitted estimators in files of arrays and JSON, which run no code when they are read.

``save`` and ``load`` are for single estimators. For a Pipeline of them, and for a perceptron made by ``to_mlp``, use
skops (0.13 or later), which has to be told which types to trust::

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

# Types that skops does not trust by default, and needs to load Pipelines of estimators of this library and perceptrons
# made from them. All of them are classes of numbers and arrays.
SKOPS_TRUSTED_TYPES = (
    "skae.estimator.fitted.Columns",
    "skae.estimator.fitted.Fitted",
    "skae.estimator.fitted.Statistics",
    "skae.estimator.fine_tuning.StartedMLPClassifier",
    "skae.estimator.fine_tuning.StartedMLPRegressor",
    "skae.network.architecture.Architecture",
    "skae.network.factor_analysis.FactorAnalysis",
    "skae.network.network.Network",
    "skae.rows.coordinates.Coordinates",
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
    "skae.tables.autoencoder.TableAutoencoder",
    "skae.tables.encoder.TableEncoder",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
)


def __dir__():
    return __all__


def save(estimator, path, *, include_optimizer=False):
    """Write a fitted estimator to a file, from which ``load`` restores it exactly, in any process.

    The file holds the parameters of the estimator with their types, its fitted attributes, the names of the features
    and the configuration of ``set_output``, as JSON and arrays. It is a zip archive; ``np.load(path,
    allow_pickle=False)`` reads its arrays. Writing is atomic: an existing file is unchanged until the complete new file
    replaces it. Callbacks, which are code, and metadata requests are left out. An estimator that is a parameter is
    saved unfitted. For a Pipeline see ``skae.model_files.SKOPS_TRUSTED_TYPES``.

    Parameters
    ----------
    estimator : estimator
        Fitted: AutoencoderTransformer, DenoisingAE, SparseAE, ContractiveAE, AutoencoderOutlierDetector,
        AutoencoderImputer, TableAutoencoder or PCANormalizer.
    path : str or path
        Used as it is: no extension is added. The usual one is ``.skae``.
    include_optimizer : bool, default=False
        Whether to save the state of the optimiser, with Adam twice the size of the parameters, and the progress of an
        interrupted fit. If so, ``partial_fit``, and ``fit`` with ``warm_start``, continue bit for bit as they would
        without the file. If not, they continue from the same parameters, with the same random draws and the same
        validation rows, but with a new state of the optimiser.

    Raises
    ------
    TypeError
        For an object that is not an estimator of this library, for a subclass, for a parameter of a type that the
        format does not support, and for an ``include_optimizer`` that is not a bool.
    NotFittedError
        For an estimator that is not fitted.
    ValueError
        For an inconsistent estimator, for example after a parameter was set to an illegal value.
    OSError
        When the file cannot be written, for example on a full disk; the message names the path.

    See Also
    --------
    load : Read the file.

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
    # Imported here and in ``load``, since this takes longer than the import of the whole package.
    from . import estimators

    if not isinstance(include_optimizer, bool | np.bool_):
        raise TypeError(f"include_optimizer must be True or False; got {shown(include_optimizer)}.")
    path = os.fsdecode(path)
    model, arrays = estimators.encoded(estimator, include_optimizer)
    try:
        text = container.header_text(model, arrays)
        # Do not write a file that could not be read.
        estimators.decoded(container.parsed(text)["model"], arrays)
    except ValueError as error:
        raise ValueError(f"This {type(estimator).__name__} cannot be saved: {error}") from error
    write_atomically(path, *container.parts(text, arrays))


def load(path):
    """The estimator that ``save`` wrote to a file.

    No code in a file is run, and nothing is imported by a name in it. A file holds arrays and JSON for a closed list of
    classes, and all of it is checked before it is used. Loading takes at most 2 MiB and four times the length of the
    file in memory, or five times if most of the file is the losses of more than 100,000 epochs. Files of earlier
    versions can be read; parameters that a class did not have then get their defaults.

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
    save : Write the file; has an example.
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
    """Content of a regular file; if its start is not that of a model file, only that start."""
    mode = os.stat(path).st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    if not stat.S_ISREG(mode):
        raise ValueError(f"{path}: this is a device or a pipe, not a file.")
    with open(path, "rb") as file:
        start = file.read(container.START_LENGTH)
        if not container.is_start(start):
            return start
        file.seek(0)
        return file.read()
