"""Nothing is left of a fit that is over: no memory, no object, no open file, no thread, and nothing that holds X."""

import gc
import os
import pickle
import pkgutil
import sys
import tempfile
import threading
import warnings
import weakref
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from itertools import pairwise
from multiprocessing import get_context

import numpy as np
import pytest
from numba import config
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from skae import (
    AutoencoderOutlierDetector,
    AutoencoderTransformer,
    ContractiveAE,
    DenoisingAE,
    SparseAE,
    kernels,
    load,
    save,
    stack,
)
from skae.impute import AutoencoderImputer
from skae.kernels.optimizers import OPTIMIZERS
from skae.objective.objective import Objective

SOLVERS = [*OPTIMIZERS, "kfac", "lbfgs"]
ESTIMATORS = [AutoencoderTransformer, DenoisingAE, SparseAE, ContractiveAE]
SMALL = {"max_iter": 2, "random_state": 0}

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def dense():
    return np.random.default_rng(0).random((12, 100))


def stored():
    """Sparse enough to be trained on as it is."""
    return sparse.random(12, 512, density=0.02, format="csr", random_state=0, dtype=np.float32)


def holed():
    X = dense()
    X[::3, 1] = np.nan
    return X


def used(ae, X):
    """A fit and what a user does with it; gives back the fitted estimator."""
    ae.fit(X)
    if hasattr(ae, "partial_fit") and not ae.early_stopping:
        ae.partial_fit(X)
    H = ae.transform(X)
    ae.inverse_transform(H)
    ae.reconstruct(X)
    ae.score_samples(X)
    if not sparse.issparse(X):
        ae.score(X)
        ae.reconstruction_error(X, per_feature=True)
    return ae


def detected(X):
    detector = AutoencoderOutlierDetector(AutoencoderTransformer(3, **SMALL)).fit(X)
    detector.predict(X)
    return detector.estimator_


def imputed(X):
    imputer = AutoencoderImputer(DenoisingAE(3, missing_values="mask", **SMALL))
    imputer.fit_transform(X)
    return imputer.estimator_


def stacked(X):
    first = AutoencoderTransformer(4, activation="identity", **SMALL).fit(X)
    deep = stack(first, AutoencoderTransformer(2, activation="identity", **SMALL).fit(first.transform(X)))
    return deep.fit(X)


def warm(solver):
    def fitted_again(X):
        ae = AutoencoderTransformer(3, solver=solver, warm_start=True, **SMALL)
        return ae.fit(X).fit(X, sample_weight=np.arange(1.0, 13.0))

    return fitted_again


def failing(solver):
    def failed(X):
        ae = AutoencoderTransformer(3, solver=solver, loss="squared_error", learning_rate_init=1e12, max_iter=50)
        for rows in (X * 1e150, X[:, :0], np.full_like(X, np.nan)):
            try:
                ae.fit(rows)
            except ValueError:
                pass
        ae.set_params(n_components=-1)
        try:
            ae.fit(X)
        except ValueError:
            return ae
        raise AssertionError("the fit did not fail")

    return failed


def interrupted(solver, warm_start):
    def cut_short(X):
        ae = AutoencoderTransformer(3, solver=solver, warm_start=warm_start, max_iter=9, tol=0.0, random_state=0)
        calls, backward = [], Objective._backward

        def interrupting(self, *args):
            calls.append(None)
            if len(calls) == 6:
                raise KeyboardInterrupt
            return backward(self, *args)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Objective, "_backward", interrupting)
            try:
                ae.fit(X)
            except KeyboardInterrupt:
                return ae
        raise AssertionError("the fit was not interrupted")

    return cut_short


def filed(X):
    with tempfile.TemporaryDirectory() as folder:
        rows, model = os.path.join(folder, "X.npy"), os.path.join(folder, "model.skae")
        np.save(rows, X)
        mapped = np.load(rows, mmap_mode="r")
        save(AutoencoderTransformer(3, **SMALL).fit(mapped), model)
        try:
            load(rows)
        except ValueError:
            return load(model)
    raise AssertionError("rows were loaded as a model")


def threaded(X):
    estimators = [AutoencoderTransformer(3, **SMALL) for _ in range(3)]
    threads = [threading.Thread(target=ae.fit, args=(X,)) for ae in estimators]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return estimators[0]


CASES = {
    **{
        f"{cls.__name__}, {solver}": (lambda X, cls=cls, solver=solver: used(cls(3, solver=solver, **SMALL), X), dense)
        for cls in ESTIMATORS
        for solver in SOLVERS
    },
    "deep": (lambda X: used(ContractiveAE(2, hidden_layer_sizes=(4,), tied_weights=True, **SMALL), X), dense),
    "early stopping": (lambda X: used(AutoencoderTransformer(3, early_stopping=True, **SMALL), X), dense),
    "top k": (lambda X: used(SparseAE(3, sparsity="topk", n_active=1, revive_dead=True, **SMALL), X), dense),
    "sparse": (lambda X: used(AutoencoderTransformer(3, **SMALL), X), stored),
    "sparse, lbfgs": (lambda X: used(AutoencoderTransformer(3, solver="lbfgs", **SMALL), X), stored),
    "sampled zeros": (lambda X: used(AutoencoderTransformer(3, zero_sampling=0.1, **SMALL), X), stored),
    "missing values": (lambda X: used(DenoisingAE(3, missing_values="mask", **SMALL), X), holed),
    "outliers": (detected, dense),
    "imputation": (imputed, holed),
    "stack": (stacked, dense),
    **{f"warm start, {solver}": (warm(solver), dense) for solver in SOLVERS},
    **{f"failure, {solver}": (failing(solver), dense) for solver in SOLVERS},
    **{
        f"interrupt, {solver}, warm_start={warm_start}": (interrupted(solver, warm_start), dense)
        for solver in SOLVERS
        for warm_start in (False, True)
    },
    "files": (filed, dense),
    "threads": (threaded, dense),
    "clone and pickle": (
        lambda X: pickle.loads(pickle.dumps(clone(AutoencoderTransformer(3, **SMALL)).fit(X))),
        dense,
    ),
}


def compiled():
    """Number of signatures that kernels were compiled for."""
    modules = [import_module(f"{kernels.__name__}.{module.name}") for module in pkgutil.iter_modules(kernels.__path__)]
    functions = {id(value): value for module in modules for value in vars(module).values() if callable(value)}
    return sum(len(getattr(function, "signatures", ())) for function in functions.values())


@pytest.fixture(scope="module")
def few_objects():
    """The garbage collector passes over what other tests left, which is much and takes it long."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.parametrize("case", CASES)
def test_nothing_waits_for_the_garbage_collector(case, few_objects):
    work, make = CASES[case]
    work(make())
    gc.collect()
    gc.disable()
    try:
        X = make()
        ae = work(X)
        watched = {"X": weakref.ref(X), "the estimator": weakref.ref(ae)}
        if ae._fitted is not None:
            watched["the network"] = weakref.ref(ae._fitted.network)
        del X, ae
        assert not [name for name, reference in watched.items() if reference() is not None]
    finally:
        gc.enable()


def counts():
    """What must not grow, of all that this process has."""
    gc.collect()
    found = {
        "objects": len(gc.get_objects()),
        "threads": threading.active_count(),
        "compiled signatures": compiled(),
        # Of Python's own memory; arrays, which the garbage collector does not know, have one at least.
        "blocks": sys.getallocatedblocks(),
    }
    if os.path.isdir("/proc/self"):
        found["open files"] = len(os.listdir("/proc/self/fd"))
        with open("/proc/self/statm") as file:
            found["resident bytes"] = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return found


def growth(n_stretches, n_fits):
    """By how much each count grows over so many fits, in the stretch of them in which it grows least.

    What leaks grows in every stretch; Python's own caches, which fill up at any time, do so in one or two.
    """
    warnings.simplefilter("ignore", ConvergenceWarning)
    prepared = [(work, make()) for work, make in CASES.values()]

    def fits(count):
        for number in range(count):
            work, X = prepared[number % len(prepared)]
            work(X)

    fits(100)
    counts()
    seen = [counts()]
    for _ in range(n_stretches):
        fits(n_fits)
        seen.append(counts())
    return {name: min(after[name] - before[name] for before, after in pairwise(seen)) for name in seen[0]}


@pytest.mark.slow
@pytest.mark.skipif(bool(config.DISABLE_JIT), reason="as plain Python the kernels take minutes for as many")
def test_a_thousand_fits_leave_nothing():
    # In a process of its own, where no thread that other tests left makes objects.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        grown = pool.submit(growth, 3, 300).result()
    # Less than one object of each fit of one case, one array of each fit, a quarter of what the networks take.
    allowed = {"objects": 300 // len(CASES) // 2, "blocks": 150, "resident bytes": 2.5e6}
    assert not {name: number for name, number in grown.items() if number > allowed.get(name, 0)}
