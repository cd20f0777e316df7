"""Damaged model files: what loading one ends in, and how much memory it takes.

Each trial damages the file of one of four models. Up to eight bytes are flipped, or the end is cut off, which the
checksum tells. Or a value of the header, or some of an array, are changed, and the file is packed anew, so that nothing
but the decoders stands between it and an estimator. A load may end in a ValueError that begins with the path, or in the
model that was saved; in a file that was packed anew also in another model, which then has to work: it transforms or
scores rows, trains on them and can be saved, or says by a ValueError why not. The greatest memory of a load is measured
by tracemalloc, on a file of some MB of parameters and on one of a narrow network with as many names of columns.

python -m benchmarks.damaged_files --trials 10000 --seed 0
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import random
import tempfile
import tracemalloc
import warnings
from collections import Counter
from contextlib import suppress

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skae import AutoencoderOutlierDetector, AutoencoderTransformer, DenoisingAE, load, save
from skae.impute import AutoencoderImputer
from skae.model_files import container
from skae.preprocessing import PCANormalizer

from .report import add_output, write

# What may come of a file that was damaged, and of one that was packed anew.
_LEGAL = ("ValueError", "same model")
_LEGAL_PACKED = (*_LEGAL, "another model")

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
    """A whole file of a header and arrays, which it describes as they are."""
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
    """One value of the header is another one, or gone; packed anew."""
    header, arrays = container.unpacked(content)
    holder, key = rng.choice(list(_places(header["model"])))
    if rng.random() < 0.1:
        del holder[key]
    else:
        holder[key] = copy.deepcopy(rng.choice(_HEADER_VALUES))
    return packed(header, arrays)


def array_changed(content, rng):
    """Some values of an array are others, or its shape or dtype is; packed anew."""
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


# Ways to damage a file, and what may come of each.
DAMAGES = {
    flipped: _LEGAL,
    truncated: _LEGAL,
    header_changed: _LEGAL_PACKED,
    array_changed: _LEGAL_PACKED,
}


def outcome(path, content):
    """What a load ends in, of a file that was damaged and that held the content before."""
    try:
        estimator = load(path)
    except ValueError as error:
        return "ValueError" if str(error).startswith(f"{path}: ") else "ValueError without the path"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    try:
        save(estimator, path, include_optimizer=True)
        with open(path, "rb") as file:
            if file.read() == content:
                return "same model"
        use(estimator)
    except Exception as error:
        return f"a model that cannot be used, {type(error).__name__}: {error}"
    return "another model"


@np.errstate(all="ignore")
def use(estimator):
    """Have a model do what it is for, and train it; it may say by a ValueError what is wrong with its parameters."""
    X = np.random.default_rng(1).random((20, estimator.n_features_in_), dtype=np.float32)
    with warnings.catch_warnings():
        # Of names that X does not have, and of values that are very large.
        warnings.simplefilter("ignore")
        for method in ("transform", "score_samples", "partial_fit"):
            if hasattr(estimator, method):
                with suppress(ValueError):
                    getattr(estimator, method)(X)


def models():
    """One of each kind that is decoded in its own way, with all that a file can hold."""
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


def large(megabytes):
    """A model of so many parameters: they and two memories of Adam, each of 2 k + 1 float32 for each feature."""
    X = np.random.default_rng(0).random((50, max(1, round(megabytes * 1e6 / (3 * 4 * 1001)))), dtype=np.float32)
    return DenoisingAE(500, loss="squared_error", random_state=0, warm_start=True).partial_fit(X)


def narrow(megabytes):
    """A network of one unit on so many columns with short names, some fifty bytes each in the file."""
    n_features = max(1, round(megabytes * 1e6 / 50))
    estimator = AutoencoderTransformer(1, loss="squared_error", random_state=0)
    estimator.partial_fit(np.random.default_rng(0).random((2, n_features), dtype=np.float32))
    estimator.feature_names_in_ = names_of(n_features)
    return estimator


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks.damaged_files", description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=10_000, help="damaged files (default: 10000)")
    parser.add_argument("--megabytes", type=float, default=8, help="of the files whose memory is measured (default: 8)")
    parser.add_argument("--memory-trials", type=int, default=200, help="loads of each of these files (default: 200)")
    parser.add_argument("--seed", type=int, default=0, help="of the damage (default: 0)")
    add_output(parser)
    options = parser.parse_args(arguments)
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.skae")
        outcomes = damaged_outcomes(path, options.trials, rng)
        peaks = {
            "parameters": memory(path, large(options.megabytes), True, options.memory_trials, rng),
            "names of columns": memory(path, narrow(options.megabytes), False, options.memory_trials, rng),
        }
    legal = {damage.__name__: what for damage, what in DAMAGES.items()}
    illegal = sum(
        count for name, counts in outcomes.items() for what, count in counts.items() if what not in legal[name]
    )
    print(f"{illegal} of {options.trials} ended in anything but a ValueError with the path, or a model that is whole")
    write(options, {"outcomes": outcomes, "illegal": illegal, "peaks": peaks})


def whole(path, estimator, include_optimizer=True):
    """The file of an estimator, written to the path."""
    save(estimator, path, include_optimizer=include_optimizer)
    with open(path, "rb") as file:
        return file.read()


def replace(path, content):
    with open(path, "wb") as file:
        file.write(content)


def damaged_outcomes(path, n_trials, rng):
    """How often each outcome came of each way to damage a file."""
    contents = [whole(path, estimator) for estimator in models()]
    print(f"{n_trials} damaged files of {', '.join(str(len(content)) for content in contents)} bytes")
    outcomes = {damage.__name__: Counter() for damage in DAMAGES}
    for trial in range(n_trials):
        damage = list(DAMAGES)[trial % len(DAMAGES)]
        content = contents[trial // len(DAMAGES) % len(contents)]
        replace(path, damage(content, rng))
        outcomes[damage.__name__][outcome(path, content)] += 1
    for name, counts in outcomes.items():
        print(f"{name:<16}" + ", ".join(f"{count} x {what}" for what, count in counts.most_common()))
    return outcomes


def memory(path, estimator, include_optimizer, n_trials, rng):
    """Greatest memory of a load of the whole file, and of each way to damage it, in lengths of the whole file."""
    content = whole(path, estimator, include_optimizer)
    print(f"greatest memory of a load, in lengths of the file ({len(content) / 1e6:.1f} MB)")
    peaks = {"whole": peak(path)}
    for trial in range(n_trials):
        damage = list(DAMAGES)[trial % len(DAMAGES)]
        replace(path, damage(content, rng))
        peaks[damage.__name__] = max(peaks.get(damage.__name__, 0), peak(path))
    for name, n_bytes in peaks.items():
        print(f"{name:<16}{n_bytes / len(content):.2f}")
    return {name: n_bytes / len(content) for name, n_bytes in peaks.items()}


def peak(path):
    """Bytes that a load takes at most."""
    tracemalloc.start()
    with suppress(ValueError):
        load(path)
    n_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return n_bytes


if __name__ == "__main__":
    main()
