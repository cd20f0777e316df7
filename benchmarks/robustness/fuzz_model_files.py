"""Coverage-guided fuzzing of ``skae.load``: inputs are mutated towards code that no earlier input has reached.

Needs Atheris (``pip install atheris``), which instruments ``skae.model_files`` and keeps each input that reaches new
code. It starts from files of all estimators, and returns to them for half of the inputs. A file is mutated in one of
three ways: its bytes; its bytes, with a corrected checksum; or its header, as JSON or as text, and its arrays, which
may also be exchanged for those of another file. In the last case it is packed again, and only the decoders can detect
the change. For each input

- ``load`` must raise a ValueError that begins with the path, or return an estimator;
- the estimator must work, or raise a ValueError that says what is wrong with its parameters;
- memory, measured by tracemalloc, must stay within the limits documented for ``load``.

Inputs that violate this are written to the folder of findings, one for each place in the code, and the search goes on.

python -m benchmarks fuzz_model_files --runs 100000 --findings /tmp/findings
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import random
import sys
import tempfile
import traceback
import tracemalloc
from importlib.util import find_spec
from pathlib import Path

import atheris
import numpy as np

from ..harness import benchmark, option, seed


def _left_alone():
    """Modules of the library that are not instrumented: kernels would not compile, and the others read no files."""
    (root,) = find_spec("skae").submodule_search_locations
    parts = (path.relative_to(root).with_suffix("").parts for path in Path(root).rglob("*.py"))
    names = {".".join(("skae", *part)).removesuffix(".__init__") for part in parts}
    return [name for name in names if not name.startswith("skae.model_files")]


with atheris.instrument_imports(include=["skae"], exclude=_left_alone()):
    from skae import SparseAE, load, save

    # The last is imported by ``load``, but outside of this block.
    from skae.model_files import container
    from skae.training.state import FitProgress

    from ._damages import array_changed, header_changed, models, packed, use

# Memory limit of a load: a multiple of the length of the file, plus some bytes; and the longest input. The higher limit
# for losses of very many epochs does not apply to inputs that short.
_MOST_LENGTHS, _MOST_BESIDE, _LONGEST = 4, 2**21, 2**16

# Number of runs between two lines of progress.
_REPORTED = 5_000

# Length of the checksum at the end.
_DIGEST = 64


def cut_short():
    """A model of an interrupted fit, with parameters of unusual types, which the other models do not have."""
    X = np.random.default_rng(0).random((50, 20), dtype=np.float32)
    estimator = SparseAE(
        np.int64(8),
        hidden_layer_sizes=np.array([6]),
        sparsity="topk",
        n_active=2,
        alpha=np.float32(0.001),
        random_state=np.random.RandomState(0),
        warm_start=True,
    )
    estimator.partial_fit(X)
    theta, state = estimator._fitted.network.theta, estimator._fitted.training
    state.progress = FitProgress(
        epoch=1,
        best=2.0,
        best_theta=theta.copy(),
        validation_noise=state.validation_seed,
        order=np.arange(50),
        theta=theta.copy(),
        data=(50, 20, 50, "float32", 1),
    )
    return estimator


class Findings:
    """Loads one input after another, and keeps those that reveal an error."""

    def __init__(self, folder, path):
        self.folder = folder
        self.path = path
        self.places = {}
        self.n_loaded = self.n_runs = 0

    def run(self, content):
        """Load one input."""
        self.n_runs += 1
        with open(self.path, "wb") as file:
            file.write(content)
        try:
            estimator = self._loaded(len(content))
            if estimator is not None:
                self.n_loaded += 1
                use(estimator)
        except Exception as error:
            self._keep(content, error)
        if self.n_runs % _REPORTED == 0:
            print(f"{self.n_runs} runs, {self.n_loaded} made an estimator, {len(self.places)} findings")

    def _loaded(self, length):
        """The estimator in the file, or None if the file is refused as it should be."""
        tracemalloc.start()
        try:
            estimator = load(self.path)
        except ValueError as error:
            if not str(error).startswith(f"{self.path}: "):
                raise
            estimator = None
        finally:
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        if peak > _MOST_LENGTHS * length + _MOST_BESIDE:
            raise MemoryError(f"{peak} bytes for a file of {length}")
        return estimator

    def _keep(self, content, error):
        frame = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{type(error).__name__}-{os.path.basename(frame.filename)}-{frame.lineno}"
        if place not in self.places:
            self.places[place] = str(error)
            print(f"FINDING {place}: {error}")
            with open(os.path.join(self.folder, f"{place}.skae"), "wb") as file:
                file.write(content)


@np.errstate(all="ignore")
def mutated(content, longest, seed):
    """An input, or in half of the cases a complete file, with one mutation; inputs that are not files are mutated as
    bytes."""
    rng = random.Random(seed)
    # Nearly all inputs that reach new code are refused, and their mutations are then refused for the same reason.
    content = rng.choice((content, rng.choice(WHOLE)))
    mutate = rng.choice(MUTATIONS)
    try:
        changed = mutate(content, longest, rng)
    except (ValueError, IndexError, OverflowError):
        # Not a complete file, or one without the part to change.
        changed = atheris.Mutate(content, longest)
    return changed if len(changed) <= longest else content


def bytes_mutated(content, longest, rng):
    return atheris.Mutate(content, longest)


def bytes_mutated_and_sealed(content, longest, rng):
    body = atheris.Mutate(content[:-_DIGEST], longest - _DIGEST)
    return body + hashlib.sha256(body).hexdigest().encode("ascii")


def text_mutated(content, longest, rng):
    """The header is mutated as text."""
    header, arrays = container.unpacked(content)
    text = json.dumps(header, separators=(",", ":")).encode("ascii")
    text = atheris.Mutate(text, longest)
    return b"".join(map(bytes, container.parts(text, arrays)))


def several_changed(content, longest, rng):
    """Up to four values of the header or the arrays are replaced."""
    for _ in range(rng.randint(1, 4)):
        content = rng.choice((header_changed, array_changed))(content, rng)
    return content


def array_mutated(content, longest, rng):
    """The bytes of one array are mutated; an incomplete last value is dropped, and a new length changes the shape."""
    header, arrays = container.unpacked(content)
    name = rng.choice(list(arrays))
    array = arrays[name]
    data = atheris.Mutate(array.tobytes(), longest)
    n_values = len(data) // array.dtype.itemsize
    values = memoryview(data)[: n_values * array.dtype.itemsize]
    shape = array.shape if n_values == array.size else (n_values,)
    arrays[name] = type(array)(shape, array.dtype, bytearray(values))
    return packed(header, arrays)


# Files of all estimators, once the search has begun.
WHOLE = []

MUTATIONS = (bytes_mutated, bytes_mutated_and_sealed, text_mutated, *[several_changed] * 3, array_mutated)


def crossed(content, other, longest, seed):
    """The header or some arrays of one file with those of another."""
    rng = random.Random(seed)
    try:
        header, arrays = container.unpacked(content)
        other_header, other_arrays = container.unpacked(other)
    except ValueError:
        return content
    if rng.random() < 0.5:
        for name in rng.sample(list(other_arrays), rng.randint(0, len(other_arrays))):
            arrays[name] = other_arrays[name]
    else:
        for name in rng.sample(list(other_header["model"]), rng.randint(0, len(other_header["model"]))):
            header["model"][name] = other_header["model"][name]
    changed = packed(header, arrays)
    return changed if len(changed) <= longest else content


def search(options, folder):
    """Fuzz until the runs or the time are over; ends the process."""
    corpus = options.corpus or os.path.join(folder, "corpus")
    os.makedirs(corpus, exist_ok=True)
    for number, estimator in enumerate([*models(), cut_short()]):
        for include_optimizer in (False, True):
            path = os.path.join(corpus, f"{type(estimator).__name__}-{number}-{include_optimizer}.skae")
            save(estimator, path, include_optimizer=include_optimizer)
            with open(path, "rb") as file:
                WHOLE.append(file.read())
    findings = Findings(options.findings, os.path.join(folder, "input.skae"))
    flags = [f"-runs={options.runs}", f"-max_total_time={options.seconds}", f"-seed={options.seed}"]
    # One mutation already consists of several steps, so Atheris applies only one to an input.
    flags += [
        "-mutate_depth=1",
        f"-max_len={_LONGEST}",
        "-print_final_stats=1",
        f"-artifact_prefix={options.findings}/",
    ]
    atheris.Setup([sys.argv[0], *flags, corpus], findings.run, custom_mutator=mutated, custom_crossover=crossed)
    atheris.Fuzz()


@benchmark(
    option("--runs", 100_000, "inputs to load", quick=200),
    option("--seconds", 0, "most time to take; 0 for no limit"),
    seed(1, "of the mutations, at least 1"),
    option("--corpus", None, "folder of inputs to start from and to add to (default: files of models)"),
    option("--findings", ".", "folder for inputs that reveal an error"),
)
def main(options):
    with tempfile.TemporaryDirectory() as folder:
        # In a child process, which Atheris, or a crash, ends.
        process = multiprocessing.get_context("fork").Process(target=search, args=(options, folder))
        process.start()
        process.join()
    if process.exitcode:
        sys.exit(process.exitcode)
    return {"findings": sorted(path.name for path in Path(options.findings).glob("*.skae"))}
