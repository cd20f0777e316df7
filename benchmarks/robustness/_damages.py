"""Ways to damage model files, the models whose files are damaged, and a check that a model works."""

from __future__ import annotations

import copy
import json
import warnings
from contextlib import suppress

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skae import AutoencoderOutlierDetector, DenoisingAE
from skae.impute import AutoencoderImputer
from skae.model_files import container
from skae.preprocessing import PCANormalizer

_HEADER_VALUES = (
    *(None, True, False, 0, 1, -1, 2, 7, 2**31, 2**53, 2**70, 10**400, 0.0, -0.5, 1e-320, 1e308, "", "tanh", "nan"),
    *([], {}, [0], {"float": "nan"}, {"float": "inf"}, {"float": "-inf"}, {"numpy": "scalar"}, {"random_state": {}}),
)
_ARRAY_VALUES = (0, 1, -1, 127, 1e30, -1e30, 1e-30, np.nan, np.inf, -np.inf)


def flipped(content, rng):
    """Up to eight bytes changed."""
    content = bytearray(content)
    for _ in range(rng.randint(1, 8)):
        content[rng.randrange(len(content))] ^= rng.randint(1, 255)
    return bytes(content)


def truncated(content, rng):
    return content[: rng.randrange(len(content))]


def packed(header, arrays):
    """A complete file of a header and arrays, with a list of the arrays that is correct."""
    listed = [[name, array.dtype.str, list(array.shape)] for name, array in arrays.items()]
    text = json.dumps(header | {"arrays": listed}, separators=(",", ":")).encode("ascii")
    return b"".join(map(bytes, container.parts(text, arrays)))


def _places(value):
    """Yield each object and list within a JSON value with each of its keys."""
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from _places(value[key])


def header_changed(content, rng):
    """One value of the header replaced or removed; the file is packed again."""
    header, arrays = container.unpacked(content)
    holder, key = rng.choice(list(_places(header["model"])))
    if rng.random() < 0.1:
        del holder[key]
    else:
        holder[key] = copy.deepcopy(rng.choice(_HEADER_VALUES))
    return packed(header, arrays)


def array_changed(content, rng):
    """Some values of an array, its shape or its dtype replaced; the file is packed again."""
    header, arrays = container.unpacked(content)
    name = rng.choice(list(arrays))
    array = arrays[name].copy()
    kind = rng.choice(("values", "values", "values", "bytes", "length", "dtype", "gone"))
    if kind == "values" and array.size:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            array.flat[rng.randrange(array.size)] = np.array(rng.choice(_ARRAY_VALUES)).astype(array.dtype)
    elif kind == "bytes" and array.size and array.dtype != bool:
        array.reshape(-1).view(np.uint8)[rng.randrange(array.nbytes)] = rng.randrange(256)
    elif kind == "length":
        array = array[: rng.randrange(len(array) + 1)] if array.ndim else np.zeros(2, array.dtype)
    elif kind == "dtype":
        array = array.astype(rng.choice([dtype for dtype in container.DTYPES if dtype not in ("|b1", "<f2")]))
    if kind == "gone":
        del arrays[name]
    else:
        arrays[name] = array
    return packed(header, arrays)


@np.errstate(all="ignore")
def use(estimator):
    """Apply a model to rows and train it; it may raise a ValueError that says what is wrong with its parameters."""
    X = np.random.default_rng(1).random((20, estimator.n_features_in_), dtype=np.float32)
    with warnings.catch_warnings():
        # There are warnings about missing feature names and very large values.
        warnings.simplefilter("ignore")
        for method in ("transform", "score_samples", "partial_fit"):
            if hasattr(estimator, method):
                with suppress(ValueError):
                    getattr(estimator, method)(X)


def models():
    """One model for each decoder; together they have everything that a file can hold."""
    X = np.random.default_rng(0).random((50, 20), dtype=np.float32)
    settings = {"n_components": 8, "loss": "squared_error", "max_iter": 2, "tol": 0.0, "n_iter_no_change": 10}
    holes = np.where(X > 0.9, np.nan, X)
    denoising = DenoisingAE(**settings, random_state=0, missing_values="mask", corruption="salt_and_pepper")
    denoising.set_params(warm_start=True).partial_fit(holes)
    denoising.feature_names_in_ = names_of(20)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        detector = AutoencoderOutlierDetector(DenoisingAE(**settings, random_state=0)).fit(X)
        imputer = AutoencoderImputer(DenoisingAE(**settings, random_state=0, missing_values="mask")).fit(holes)
    return [denoising, detector, imputer, PCANormalizer().fit(X)]


def names_of(n_features):
    return np.array([f"x{j}" for j in range(n_features)], object)
