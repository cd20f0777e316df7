"""Interrupts: what a training that is cut short leaves, and that the next one goes on with it."""

import json
import pickle
import subprocess
import sys

import numpy as np
import pytest
from scipy import sparse
from settings import FIXED, fixed_strength
from sklearn.exceptions import NotFittedError

import skae
from skae import AutoencoderTransformer, ContractiveAE, DenoisingAE, SparseAE
from skae.objective.objective import Objective
from skae.training import config, descent, monitor

ESTIMATORS = [AutoencoderTransformer, DenoisingAE, SparseAE, ContractiveAE]
SOLVERS = ["adam", "sgd", "lbfgs"]
every_estimator = pytest.mark.parametrize("cls", ESTIMATORS)
every_solver = pytest.mark.parametrize("solver", SOLVERS)


def estimator(cls=AutoencoderTransformer, **parameters):
    return cls(
        3,
        **{
            **FIXED,
            **fixed_strength(cls),
            "max_iter": 8,
            "tol": 0.0,
            "batch_size": 16,
            "random_state": 0,
            **parameters,
        },
    )


@pytest.fixture
def X(rng):
    return rng.standard_normal((60, 5))


class Interruption:
    """Raises KeyboardInterrupt at given calls of a function, counted from 1, and lets it work at all others.

    Parameters
    ----------
    owner, name : object and the name of a function in it
    calls : int
        Where to raise.
    """

    def __init__(self, monkeypatch, owner, name, *calls):
        self.function, self.calls, self.count = getattr(owner, name), calls, 0
        monkeypatch.setattr(owner, name, lambda *args, **options: self(*args, **options))

    def __call__(self, *args, **options):
        self.count += 1
        if self.count in self.calls:
            raise KeyboardInterrupt
        return self.function(*args, **options)


def interrupted(ae, X, **options):
    with pytest.raises(KeyboardInterrupt):
        ae.fit(X, **options)
    return ae


def assert_same_models(one, other):
    assert one.loss_curve_ == other.loss_curve_
    assert one.validation_loss_curve_ == other.validation_loss_curve_
    for a, b in zip(one.coefs_ + one.intercepts_, other.coefs_ + other.intercepts_):
        np.testing.assert_array_equal(a, b)


# Without warm_start, and before the first whole epoch: as it was.


@every_solver
@every_estimator
@pytest.mark.parametrize("call", [1, 2, 9, 20])
def test_a_new_estimator_stays_new(call, cls, solver, X, monkeypatch):
    ae = estimator(cls, solver=solver, max_iter=30)
    before = dict(vars(ae))
    Interruption(monkeypatch, Objective, "_backward", call)
    interrupted(ae, X)
    assert vars(ae) == before
    with pytest.raises(NotFittedError):
        ae.transform(X)


@every_solver
@every_estimator
@pytest.mark.parametrize("call", [1, 9, 20])
def test_a_fitted_estimator_stays_as_it_was(call, cls, solver, X, monkeypatch):
    ae = estimator(cls, solver=solver, max_iter=30).fit(X)
    before, H, curve = dict(vars(ae)), ae.transform(X), list(ae.loss_curve_)
    state = pickle.dumps(ae._fitted.training)
    Interruption(monkeypatch, Objective, "_backward", call)
    interrupted(ae, X[:, :4])
    assert vars(ae).keys() == before.keys() and all(value is before[name] for name, value in vars(ae).items())
    np.testing.assert_array_equal(ae.transform(X), H)
    assert ae.loss_curve_ == curve and pickle.dumps(ae._fitted.training) == state


WITHIN_FIT = ["base.training_rows", "base.plan_training", "plan._split", "plan.training_config", "base.fitted_to"]


@pytest.mark.parametrize("name", WITHIN_FIT)
@pytest.mark.parametrize("warm_start", [False, True])
def test_interrupts_outside_the_epochs(warm_start, name, X, monkeypatch):
    module, function = name.split(".")
    ae = estimator(DenoisingAE, corruption="salt_and_pepper", missing_values="mask", warm_start=warm_start)
    before = dict(vars(ae))
    with monkeypatch.context() as patch:
        Interruption(patch, getattr(skae.estimator, module), function, 1)
        interrupted(ae, X)
    assert vars(ae) == before
    ae.fit(X)
    before = dict(vars(ae))
    with monkeypatch.context() as patch:
        Interruption(patch, getattr(skae.estimator, module), function, 1)
        interrupted(ae, X)
    assert vars(ae).keys() == before.keys() and all(value is before[key] for key, value in vars(ae).items())


@pytest.mark.parametrize("call", [1, 2, 4])
def test_an_interrupted_partial_fit_changes_nothing(call, X, monkeypatch):
    ae, twin = (estimator(DenoisingAE).partial_fit(X) for _ in range(2))
    with monkeypatch.context() as patch:
        Interruption(patch, Objective, "_backward", call)
        with pytest.raises(KeyboardInterrupt):
            ae.partial_fit(X)
    assert_same_models(ae, twin)
    assert_same_models(ae.partial_fit(X), twin.partial_fit(X))


@every_solver
def test_the_first_epoch_is_whole_or_nothing(solver, X, monkeypatch):
    ae = estimator(solver=solver, warm_start=True)
    before = dict(vars(ae))
    Interruption(monkeypatch, Objective, "_backward", 1)
    interrupted(ae, X)
    assert vars(ae) == before


# With warm_start: the last whole epoch, and the rest of the schedule.


SETTINGS = {
    "plain": {},
    "sgd": {"solver": "sgd"},
    "in order": {"shuffle": False},
    "cosine": {"learning_rate": "cosine"},
    "plateau": {
        "learning_rate": "plateau",
        "tol": 0.05,
        "n_iter_no_change": 1,
        "solver": "sgd",
        "learning_rate_init": 0.02,
    },
    "warm-up": {"warmup_epochs": 5.5, "solver": "sgd"},
    "clipped": {"max_grad_norm": 0.5},
    "early stopping": {"early_stopping": True},
    "early stopping that turns": {"early_stopping": True, "learning_rate_init": 0.3, "n_iter_no_change": 3},
    "all": {"early_stopping": True, "learning_rate": "cosine", "warmup_epochs": 3, "max_grad_norm": 0.5},
}


@pytest.mark.parametrize("cls", [AutoencoderTransformer, DenoisingAE, SparseAE])
@pytest.mark.parametrize("name", sorted(SETTINGS))
@pytest.mark.parametrize("epochs", [(2,), (5,), (2, 4), (3, 4, 6)], ids=str)
def test_the_next_fit_finishes_the_schedule_bit_for_bit(epochs, name, cls, X, monkeypatch):
    # An interrupt in each of the given epochs, counted from 1 over all fits.
    whole = estimator(cls, **SETTINGS[name]).fit(X)
    ae = estimator(cls, warm_start=True, **SETTINGS[name])
    done = 0
    for epoch in epochs:
        with monkeypatch.context() as patch:
            Interruption(patch, descent, "run_epoch", epoch - done)
            interrupted(ae, X)
        done = epoch - 1
        assert ae.n_iter_ == len(ae.loss_curve_) == done
        assert ae.loss_curve_ == whole.loss_curve_[:done]
        assert ae.validation_loss_curve_ == whole.validation_loss_curve_[:done]
        assert ae.transform(X).shape == (60, 3)
    ae.fit(X)
    assert_same_models(ae, whole)
    # That schedule is done: the next one begins anew.
    assert ae._fitted.training.progress is None
    assert ae.fit(X).n_iter_ > whole.n_iter_


def test_the_settings_reach_what_they_are_for(X):
    # Cuts on a plateau and a turn of the loss on held rows must lie within the epochs that the test above repeats.
    cuts = []
    rate = config.TrainingConfig.rate

    def kept(schedule, epoch, cut=0):
        cuts.append(cut)
        return rate(schedule, epoch, cut)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(config.TrainingConfig, "rate", kept)
        estimator(**SETTINGS["plateau"]).fit(X)
    assert len(set(cuts)) > 1
    turned = estimator(**SETTINGS["early stopping that turns"]).fit(X)
    assert np.argmin(turned.validation_loss_curve_) < turned.n_iter_ - 1


@pytest.mark.parametrize("call", range(5, 14))
def test_a_part_of_an_epoch_is_lost(call, X, monkeypatch):
    # Four batches an epoch.
    ae = estimator(DenoisingAE, warm_start=True)
    with monkeypatch.context() as patch:
        Interruption(patch, Objective, "_backward", call)
        interrupted(ae, X)
    assert ae.n_iter_ == (call - 1) // 4
    short = estimator(DenoisingAE, max_iter=ae.n_iter_).fit(X)
    assert_same_models(ae, short)
    assert ae._fitted.training.step == 4 * ae.n_iter_
    assert_same_models(ae.fit(X), estimator(DenoisingAE).fit(X))


@pytest.mark.parametrize("form", ["sparse", "holes", "weights", "pickled"])
def test_other_trainings_go_on_too(form, X, monkeypatch):
    parameters, options, data = {}, {}, X
    if form == "sparse":
        data = sparse.random(60, 600, density=0.02, random_state=0, format="csr")
        parameters = {"zero_sampling": 0.2}
    elif form == "holes":
        data = np.where(np.random.default_rng(81).random(X.shape) < 0.2, np.nan, X)
        parameters = {"missing_values": "mask"}
    elif form == "weights":
        options = {"sample_weight": np.r_[0.0, np.linspace(0.5, 2, 59)]}
    whole = estimator(DenoisingAE, **parameters).fit(data, **options)
    ae = estimator(DenoisingAE, warm_start=True, **parameters)
    for _ in range(3):
        with monkeypatch.context() as patch:
            Interruption(patch, descent, "run_epoch", 3)
            interrupted(ae, data, **options)
        ae = pickle.loads(pickle.dumps(ae)) if form == "pickled" else ae
    assert ae.n_iter_ == 6
    assert_same_models(ae.fit(data, **options), whole)


def test_other_rows_begin_anew_from_what_was_kept(X, monkeypatch):
    ae = estimator(warm_start=True)
    with monkeypatch.context() as patch:
        Interruption(patch, descent, "run_epoch", 4)
        interrupted(ae, X)
    assert ae.fit(X[:31]).n_iter_ == 3 + 8
    assert np.isfinite(ae.loss_curve_).all()


@pytest.mark.parametrize("max_iter, n_iter", [(12, 12), (8, 8), (3, 6)])
def test_a_changed_max_iter_counts_for_the_whole_schedule(max_iter, n_iter, X, monkeypatch):
    ae = estimator(warm_start=True)
    with monkeypatch.context() as patch:
        Interruption(patch, descent, "run_epoch", 4)
        interrupted(ae, X)
    # Three epochs were done: of a schedule of three nothing is left, and the next fit is a new one.
    assert ae.set_params(max_iter=max_iter).fit(X).n_iter_ == n_iter


def test_an_interrupted_fit_may_be_dropped(X, monkeypatch):
    ae = estimator(warm_start=True)
    with monkeypatch.context() as patch:
        Interruption(patch, descent, "run_epoch", 4)
        interrupted(ae, X)
    assert_same_models(ae.set_params(warm_start=False).fit(X), estimator().fit(X))


@every_estimator
@pytest.mark.parametrize("early_stopping", [False, True])
def test_lbfgs_keeps_its_iterations_and_goes_on(early_stopping, cls, X, monkeypatch):
    parameters = {"solver": "lbfgs", "max_iter": 30, "early_stopping": early_stopping}
    whole = estimator(cls, **parameters).fit(X)
    ae = estimator(cls, warm_start=True, **parameters)
    with monkeypatch.context() as patch:
        Interruption(patch, Objective, "full", 9)
        interrupted(ae, X)
    done = ae.n_iter_
    assert 1 <= done <= 8 and ae.loss_curve_ == whole.loss_curve_[:done]
    assert len(ae.validation_loss_curve_) == (done if early_stopping else 0)
    if not early_stopping:
        # With it, a training that ends gives other parameters back than those of its last iteration.
        assert_same_models(ae, estimator(cls, **{**parameters, "max_iter": done}).fit(X))
    ae.fit(X)
    assert done < ae.n_iter_ <= 30
    assert early_stopping or (ae.n_iter_ == 30 and ae.loss_curve_[-1] < ae.loss_curve_[done - 1])


@every_solver
def test_an_interrupt_after_the_last_epoch(solver, X, monkeypatch):
    # The only call of this function after the training: all epochs are whole.
    ae = estimator(solver=solver, warm_start=True, max_iter=3)
    whole = estimator(solver=solver, max_iter=3).fit(X)
    with monkeypatch.context() as patch:
        if solver == "lbfgs":
            Interruption(patch, monitor.TrainingMonitor, "result", 1)
            before = dict(vars(ae))
            interrupted(ae, X)
            assert vars(ae) == before
            return
        Interruption(patch, descent, "check_last_step", 1)
        interrupted(ae, X)
    assert_same_models(ae, whole)
    assert ae.fit(X).n_iter_ == 6


# Real interrupts.


PROCESS = """
import json, os, signal, sys, threading, warnings
import numpy as np
from skae import DenoisingAE

# A parent in the background may have had interrupts ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)

warnings.simplefilter("ignore")
X = np.random.default_rng(0).standard_normal((400, 20))
expected = {s: DenoisingAE(5, solver=s, max_iter=4, random_state=0).fit(X).loss_curve_ for s in ("adam", "lbfgs")}
outcomes = []
rng = np.random.default_rng(int(sys.argv[1]))


def interrupt(wait, over):
    # Again where Python has thrown an interrupt away, as it does in the callback of a garbage collection.
    while not over.wait(wait):
        os.kill(os.getpid(), signal.SIGINT)
        wait = 5.0


for turn in range(12):
    solver = ("adam", "lbfgs")[turn % 2]
    ae = DenoisingAE(5, solver=solver, max_iter=10**6, tol=0, n_iter_no_change=10**7, warm_start=turn % 4 < 2)
    over = threading.Event()
    sender = threading.Thread(target=interrupt, args=(rng.uniform(0, 0.08), over))
    try:
        sender.start()
        # Should L-BFGS come to a minimum before the signal.
        while True:
            ae.fit(X)
    except KeyboardInterrupt:
        over.set()
        outcomes.append(hasattr(ae, "coefs_"))
    sender.join()
    if hasattr(ae, "coefs_"):
        assert np.isfinite(ae.transform(X)).all() and len(ae.loss_curve_) == ae.n_iter_ > 0
    else:
        assert not [name for name in vars(ae) if name.endswith("_")]
    again = DenoisingAE(5, solver=solver, max_iter=4, random_state=0).fit(X)
    assert again.loss_curve_ == expected[solver]
print(json.dumps(outcomes))
"""


@pytest.mark.slow
def test_signals_at_any_moment():
    result = subprocess.run([sys.executable, "-c", PROCESS, "5"], capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    outcomes = json.loads(result.stdout)
    assert len(outcomes) == 12


UNCAUGHT = """
import os, signal, sys, threading, time
import numpy as np
from skae import AutoencoderTransformer

# A parent in the background may have had interrupts ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)


training = threading.Event()


class Output:
    '''Told of the first epoch by what the fit prints.'''

    def write(self, text):
        training.set()

    def flush(self):
        pass


def interrupt():
    training.wait(60)
    # Again where Python has thrown an interrupt away, as it does in the callback of a garbage collection.
    while True:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(5.0)


threading.Thread(target=interrupt, daemon=True).start()
sys.stdout = Output()
ae = AutoencoderTransformer(5, max_iter=10**6, tol=0, n_iter_no_change=10**7, verbose=1)
ae.fit(np.random.default_rng(0).random((400, 20)))
"""


@pytest.mark.slow
def test_an_interrupt_that_nobody_catches_ends_the_process():
    result = subprocess.run([sys.executable, "-c", UNCAUGHT], capture_output=True, text=True, timeout=120)
    assert result.returncode != 0 and result.stderr.rstrip().endswith("KeyboardInterrupt")


def test_an_interrupt_in_the_hook_at_the_end_of_an_epoch_keeps_that_epoch(monkeypatch):
    from skae.training.callbacks import EpochPrinter

    def end(self, epoch, loss, validation_loss):
        if epoch == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(EpochPrinter, "end", end)
    X = np.random.default_rng(0).random((30, 4))
    settings = dict(max_iter=5, tol=0.0, random_state=0, **FIXED)
    ae = AutoencoderTransformer(2, warm_start=True, verbose=1, **settings)
    with pytest.raises(KeyboardInterrupt):
        ae.fit(X)
    assert ae.n_iter_ == 3
    monkeypatch.undo()
    ae.fit(X)
    whole = AutoencoderTransformer(2, **settings).fit(X)
    assert ae.loss_curve_ == whole.loss_curve_
    assert (ae.coefs_[0] == whole.coefs_[0]).all()


class _StopAfter:
    """A callback that stops the fit with an epoch."""

    def __init__(self, epoch):
        self.epoch, self.seen = epoch, 0

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context):
        self.seen += context.task_name == "epoch"
        return self.seen == self.epoch


needs_callbacks = pytest.mark.skipif(
    not hasattr(AutoencoderTransformer, "set_callbacks"), reason="this scikit-learn has no callbacks"
)


@needs_callbacks
def test_a_stop_with_early_stopping_is_gone_on_with_from_the_last_epoch():
    X = np.random.default_rng(0).random((40, 10))
    settings = dict(max_iter=40, tol=0.0, n_iter_no_change=40, early_stopping=True, random_state=0)
    settings = {**FIXED, "learning_rate_init": 0.3, **settings}
    whole = AutoencoderTransformer(5, **settings).fit(X)
    curve = np.array(whole.validation_loss_curve_)
    # An epoch that was worse than one before it.
    stop = int(np.flatnonzero(curve[1:] > np.minimum.accumulate(curve)[:-1])[0]) + 2
    ae = AutoencoderTransformer(5, warm_start=True, **settings).set_callbacks(_StopAfter(stop)).fit(X)
    best = AutoencoderTransformer(5, **{**settings, "max_iter": stop}).fit(X)
    assert (ae.coefs_[0] == best.coefs_[0]).all()
    ae.set_callbacks().fit(X)
    assert ae.loss_curve_ == whole.loss_curve_
    assert (ae.coefs_[0] == whole.coefs_[0]).all()


@needs_callbacks
@pytest.mark.parametrize("early_stopping", [False, True])
def test_other_rows_begin_a_fit_of_their_own(early_stopping):
    rng = np.random.default_rng(0)
    first, second = rng.random((200, 10)), 3 + 5 * rng.random((200, 10))
    settings = dict(max_iter=20, early_stopping=early_stopping, tol=1e-4, n_iter_no_change=5, random_state=0)
    ae = AutoencoderTransformer(5, warm_start=True, **FIXED, **settings)
    ae.set_params(learning_rate_init=0.01).set_callbacks(_StopAfter(10)).fit(first)
    before = ae.coefs_[0].copy()
    ae.set_callbacks().fit(second)
    assert ae.n_iter_ == 30
    assert (ae.coefs_[0] != before).any()


@needs_callbacks
def test_partial_fit_ends_what_was_cut_short():
    X = np.random.default_rng(0).random((40, 6))
    ae = AutoencoderTransformer(3, max_iter=8, tol=0.0, warm_start=True, random_state=0, **FIXED)
    ae.set_callbacks(_StopAfter(3)).fit(X).set_callbacks().partial_fit(X).fit(X)
    assert ae.n_iter_ == 3 + 1 + 8
