"""Damaged model files: the outcome of loading one, and the memory that it takes.

Each trial damages the file of one of four models. Either up to eight bytes are flipped, or the end is cut off; the
checksum detects this. Or a value of the header, or values of an array, are changed, and the file is packed again with a
correct checksum; then only the decoders can detect it. A load may raise a ValueError that begins with the path, or
return the model that was saved. From a file that was packed again it may also return another model, which must work: it
transforms or scores rows, trains on them and can be saved, or says by a ValueError why not. The peak memory of a load
is measured by tracemalloc, for a file of some MB of parameters and for a narrow network with as many feature names.

python -m benchmarks damaged_files --trials 10000 --seed 0
"""

from __future__ import annotations

import os
import random
import tempfile
import tracemalloc
from collections import Counter
from contextlib import suppress

import numpy as np

from skae import AutoencoderTransformer, DenoisingAE, load, save

from ..harness import benchmark, option, seed
from ._damages import array_changed, flipped, header_changed, models, names_of, truncated, use

# Legal outcomes for a damaged file, and for one that was packed again.
_LEGAL = ("ValueError", "same model")
_LEGAL_PACKED = (*_LEGAL, "another model")

# Ways to damage a file, and the legal outcomes of each.
DAMAGES = {
    flipped: _LEGAL,
    truncated: _LEGAL,
    header_changed: _LEGAL_PACKED,
    array_changed: _LEGAL_PACKED,
}


def outcome(path, content):
    """Outcome of loading a damaged file, whose undamaged content is given."""
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


def large(megabytes):
    """A model of a given size: weights and two state vectors of Adam, each of 2 k + 1 float32 for each feature."""
    X = np.random.default_rng(0).random((50, max(1, round(megabytes * 1e6 / (3 * 4 * 1001)))), dtype=np.float32)
    return DenoisingAE(500, loss="squared_error", random_state=0, warm_start=True).partial_fit(X)


def narrow(megabytes):
    """A network of one unit on many columns with short names, each of about fifty bytes in the file."""
    n_features = max(1, round(megabytes * 1e6 / 50))
    estimator = AutoencoderTransformer(1, loss="squared_error", random_state=0)
    estimator.partial_fit(np.random.default_rng(0).random((2, n_features), dtype=np.float32))
    estimator.feature_names_in_ = names_of(n_features)
    return estimator


def whole(path, estimator, include_optimizer=True):
    """The file of an estimator, written to the path."""
    save(estimator, path, include_optimizer=include_optimizer)
    with open(path, "rb") as file:
        return file.read()


def replace(path, content):
    with open(path, "wb") as file:
        file.write(content)


def damaged_outcomes(path, n_trials, rng):
    """Counts of the outcomes of each way to damage a file."""
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
    """Peak memory of loading the undamaged file and each kind of damaged file, relative to the length of the former."""
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
    """Peak memory of a load in bytes."""
    tracemalloc.start()
    with suppress(ValueError):
        load(path)
    n_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return n_bytes


@benchmark(
    option("--trials", 10_000, "damaged files", quick=100),
    option("--megabytes", 8.0, "of the files whose memory is measured", quick=0.5),
    option("--memory-trials", 200, "loads of each of these files", quick=8),
    seed(help="of the damage"),
)
def main(options):
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
    return {"outcomes": outcomes, "illegal": illegal, "peaks": peaks}
