"""Who listens to a training: scikit-learn's callbacks, and the lines of ``verbose``."""

import copy
import pickle
import re
import subprocess
import sys
import warnings

import numpy as np
import pytest
from scipy import sparse
from settings import FIXED
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skae import AutoencoderTransformer, ContractiveAE, DenoisingAE, SparseAE
from skae.training.callbacks import EpochPrinter

try:
    from sklearn.callback import ProgressBar, ScoringMonitor
except ImportError:
    ProgressBar = ScoringMonitor = None

ESTIMATORS = [AutoencoderTransformer, DenoisingAE, SparseAE, ContractiveAE]
SOLVERS = ["adam", "sgd", "lbfgs"]
every_estimator = pytest.mark.parametrize("cls", ESTIMATORS)
every_solver = pytest.mark.parametrize("solver", SOLVERS)
needs_callbacks = pytest.mark.skipif(ProgressBar is None, reason="scikit-learn has callbacks from 1.9 on")


def estimator(cls=AutoencoderTransformer, **parameters):
    return cls(3, **{**FIXED, "max_iter": 5, "tol": 0.0, "batch_size": 16, "random_state": 0, **parameters})


@pytest.fixture
def X(rng):
    return rng.standard_normal((60, 5))


class Recorder:
    """Keeps what it is told, and may stop the training or raise at a call."""

    def __init__(self, stop_at=None, fail_at=None, error=None):
        self.calls, self.tasks, self.data = [], [], []
        self.stop_at, self.fail_at, self.error = stop_at, fail_at, error or RuntimeError("no more")

    def _called(self, hook, context=None):
        name = hook if context is None else f"{hook} {context.task_name} {context.task_id}"
        self.calls.append(name)
        if context is not None:
            self.tasks.append((context.max_subtasks, None if context.parent is None else context.parent.task_name))
        if name == self.fail_at:
            raise self.error
        return name == self.stop_at

    def setup(self, estimator, context):
        self.root = context
        self._called("setup")

    def teardown(self, estimator, context):
        self._called("teardown")

    def on_fit_task_begin(self, estimator, context, *, X, y, metadata):
        self.data.append((X, y, metadata))
        self._called("begin", context)

    def on_fit_task_end(self, estimator, context, *, X, y, metadata):
        self.data.append((X, y, metadata))
        return self._called("end", context)


class Keeper(Recorder):
    """Keeps the fitted estimators of the epochs, and of the fit."""

    def __init__(self):
        super().__init__()
        self.epochs, self.codes = [], []

    def on_fit_task_end(self, estimator, context, *, X, fitted_estimator):
        self.codes.append(fitted_estimator.transform(X))
        self.epochs.append(fitted_estimator)


def epochs(n_epochs):
    """The calls of a fit."""
    middle = [f"{hook} epoch {i}" for i in range(n_epochs) for hook in ("begin", "end")]
    return ["setup", "begin fit 0", *middle, "end fit 0", "teardown"]


# The tree of tasks.


@needs_callbacks
@every_solver
@every_estimator
def test_one_task_an_epoch(cls, solver, X):
    recorder = Recorder()
    ae = estimator(cls, solver=solver).set_callbacks(recorder).fit(X)
    assert recorder.calls == epochs(5)
    assert recorder.tasks == [(5, None)] + [(0, "fit")] * 10 + [(5, None)]
    assert [context.task_id for context in recorder.root] == [0, 0, 1, 2, 3, 4]
    plain = estimator(cls, solver=solver).fit(X)
    np.testing.assert_array_equal(ae.coefs_[0], plain.coefs_[0])
    assert ae.loss_curve_ == plain.loss_curve_
    assert {name for name in vars(ae) if name not in vars(plain)} == {"_skl_callbacks"}


@needs_callbacks
def test_the_last_epoch_may_come_early(X):
    recorder = Recorder()
    ae = estimator(max_iter=500, tol=1e-2).set_callbacks(recorder).fit(X)
    assert ae.n_iter_ < 500
    assert recorder.calls == epochs(ae.n_iter_)


@needs_callbacks
def test_callbacks_get_the_data(X):
    recorder, weights, y = Recorder(), np.linspace(1, 2, 60), np.arange(60)
    estimator(max_iter=1).set_callbacks(recorder).fit(X, sample_weight=weights)
    for data in recorder.data:
        assert data[0] is X and data[1] is X and data[2]["sample_weight"] is weights
    recorder.data.clear()
    estimator(max_iter=1).set_callbacks(recorder).fit(X, y)
    assert all(data[1] is y and data[2] is None for data in recorder.data) and len(recorder.data) == 4


@needs_callbacks
@pytest.mark.parametrize("form", [sparse.csr_array, lambda X: X.tolist()], ids=["sparse", "list"])
def test_other_forms_of_x(form, X):
    keeper = Keeper()
    ae = estimator().set_callbacks(keeper).fit(form(X))
    np.testing.assert_array_equal(keeper.codes[-1], ae.transform(form(X)))


@needs_callbacks
def test_a_training_that_continues_has_tasks_of_its_own(X):
    recorder = Recorder()
    ae = estimator(warm_start=True).set_callbacks(recorder).fit(X).fit(X)
    assert recorder.calls == 2 * epochs(5) and ae.n_iter_ == 10


@needs_callbacks
def test_partial_fit_has_no_tasks(X):
    recorder = Recorder()
    estimator().set_callbacks(recorder).partial_fit(X)
    assert recorder.calls == []


# Stopping.


@needs_callbacks
@every_solver
@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_callback_stops_the_training(early_stopping, solver, X):
    recorder = Recorder(stop_at="end epoch 2")
    ae = estimator(solver=solver, max_iter=50, early_stopping=early_stopping).set_callbacks(recorder)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ae.fit(X)
    assert ae.n_iter_ == len(ae.loss_curve_) == 3 and recorder.calls == epochs(3)
    short = estimator(solver=solver, max_iter=3, early_stopping=early_stopping).fit(X)
    np.testing.assert_array_equal(ae.coefs_[0], short.coefs_[0])


@needs_callbacks
def test_all_callbacks_are_asked_before_the_training_stops(X):
    first, second = Recorder(stop_at="end epoch 1"), Recorder()
    estimator().set_callbacks(first, second).fit(X)
    assert first.calls == second.calls == epochs(2)


@needs_callbacks
def test_a_stop_in_the_last_epoch_is_no_cut(X):
    ae = estimator(warm_start=True).set_callbacks(Recorder(stop_at="end epoch 4")).fit(X)
    assert ae.n_iter_ == 5 and ae._fitted.training.progress is None
    # The next fit is a schedule of its own.
    assert ae.set_callbacks().fit(X).n_iter_ == 10


@needs_callbacks
@pytest.mark.parametrize("learning_rate", ["constant", "cosine", "plateau"])
def test_a_stopped_training_may_go_on(learning_rate, X):
    parameters = {"learning_rate": learning_rate, "max_iter": 8}
    whole = estimator(DenoisingAE, **parameters).fit(X)
    ae = estimator(DenoisingAE, warm_start=True, **parameters).set_callbacks(Recorder(stop_at="end epoch 2")).fit(X)
    again = Recorder()
    ae.set_callbacks(again).fit(X)
    assert again.calls == epochs(5)
    assert ae.loss_curve_ == whole.loss_curve_
    np.testing.assert_array_equal(ae.coefs_[0], whole.coefs_[0])


# Errors.


CALLS = ["setup", "begin fit 0", "begin epoch 0", "end epoch 0", "begin epoch 2", "end epoch 2", "end fit 0"]


@needs_callbacks
@pytest.mark.parametrize("error", [RuntimeError("no more"), KeyboardInterrupt()], ids=["error", "interrupt"])
@every_solver
@pytest.mark.parametrize("fail_at", CALLS)
def test_an_error_in_a_callback_leaves_the_old_model(fail_at, solver, error, X):
    ae = estimator(solver=solver).fit(X)
    before, recorder = dict(vars(ae)), Recorder(fail_at=fail_at, error=error)
    ae.set_callbacks(recorder)
    with pytest.raises(type(error)):
        ae.fit(X + 1)
    assert recorder.calls[-2:] == [fail_at, "teardown"]
    ae.set_callbacks()
    assert vars(ae).keys() == before.keys()
    assert all(value is before[name] for name, value in vars(ae).items())


@needs_callbacks
@pytest.mark.parametrize("fail_at", CALLS)
def test_an_error_in_a_callback_of_a_new_estimator_leaves_nothing(fail_at, X):
    ae = estimator().set_callbacks(Recorder(fail_at=fail_at))
    before = dict(vars(ae))
    with pytest.raises(RuntimeError, match="no more"):
        ae.fit(X)
    assert vars(ae) == before


@needs_callbacks
@pytest.mark.parametrize("init", ["auto", "glorot"])
def test_callbacks_are_torn_down_after_an_error_of_the_fit(init, X):
    recorder = Recorder()
    ae = estimator(init=init, learning_rate_init=1e10).set_callbacks(recorder)
    with pytest.raises(ValueError, match="diverged"):
        ae.fit(X * 1e200)
    assert recorder.calls[-1] == "teardown"
    with pytest.raises(ValueError, match="NaN"):
        ae.fit(X * np.nan)
    assert recorder.calls[-1] == "teardown"
    recorder.calls.clear()
    with pytest.raises(ValueError, match="The 'tol' parameter"):
        ae.set_params(tol=-1).fit(X)
    assert recorder.calls == []


@needs_callbacks
def test_only_callbacks_are_callbacks():
    with pytest.raises(TypeError, match="FitCallback"):
        estimator().set_callbacks(print)


# The fitted estimators of the epochs.


@needs_callbacks
@every_solver
@every_estimator
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_fitted_estimators_are_those_of_shorter_trainings(dtype, cls, solver, X):
    X, keeper = X.astype(dtype), Keeper()
    ae = estimator(cls, solver=solver).set_callbacks(keeper).fit(X)
    assert len(keeper.epochs) == 6
    for n_epochs, (kept, codes) in enumerate(zip(keeper.epochs, keeper.codes), 1):
        assert kept is not ae
        short = estimator(cls, solver=solver, max_iter=min(n_epochs, 5)).fit(X)
        assert kept.loss_curve_ == short.loss_curve_ and kept.n_iter_ == short.n_iter_ == min(n_epochs, 5)
        # What came after has not changed it.
        np.testing.assert_array_equal(kept.transform(X), codes)
        np.testing.assert_array_equal(codes, short.transform(X))
        assert codes.dtype == dtype


@needs_callbacks
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_fitted_estimators_train_on_from_their_epoch(solver, X):
    keeper = Keeper()
    ae = estimator(DenoisingAE, solver=solver, shuffle=False).set_callbacks(keeper).fit(X)
    kept = copy.copy(keeper.epochs[1]).set_callbacks()
    short = estimator(DenoisingAE, solver=solver, shuffle=False, max_iter=2).fit(X)
    before = ae.transform(X)
    np.testing.assert_array_equal(kept.partial_fit(X).coefs_[0], short.partial_fit(X).coefs_[0])
    np.testing.assert_array_equal(ae.transform(X), before)


@needs_callbacks
def test_fitted_estimators_of_held_rows_and_holes(X):
    X, keeper = X.copy(), Keeper()
    X[::7, 2] = np.nan
    ae = estimator(missing_values="mask", early_stopping=True).set_callbacks(keeper).fit(X)
    for n_epochs, kept in enumerate(keeper.epochs[:-1], 1):
        assert kept.validation_loss_curve_ == ae.validation_loss_curve_[:n_epochs]
        np.testing.assert_array_equal(kept.column_means_, ae.column_means_)
        assert np.isfinite(kept.score(X))


# In scikit-learn's company.


@needs_callbacks
def test_callbacks_survive_clone(X):
    recorder = Recorder()
    copied = clone(estimator().set_callbacks(recorder))
    calls = copied._skl_callbacks[0].calls
    copied.fit(X)
    assert copied._skl_callbacks[0].calls == epochs(5) and calls is copied._skl_callbacks[0].calls


@needs_callbacks
def test_pickles_hold_no_trace_of_a_fit(X):
    ae = estimator().set_callbacks(Recorder()).fit(X)
    copied = pickle.loads(pickle.dumps(ae))
    np.testing.assert_array_equal(copied.transform(X), ae.transform(X))
    assert not [name for name in vars(ae) if "context" in name or "ctx" in name or "teardown" in name]


@needs_callbacks
@every_solver
def test_progress_bar(solver, X, capsys):
    pytest.importorskip("rich", reason="the progress bar is drawn by rich")
    ae = estimator(solver=solver).set_callbacks(ProgressBar()).fit(X)
    text = capsys.readouterr().out
    assert "AutoencoderTransformer - fit" in text and "100%" in text
    np.testing.assert_array_equal(ae.coefs_[0], estimator(solver=solver).fit(X).coefs_[0])


@needs_callbacks
def test_progress_bar_of_a_pipeline(X, capsys):
    pytest.importorskip("rich", reason="the progress bar is drawn by rich")
    pipeline = make_pipeline(StandardScaler(), estimator())
    with warnings.catch_warnings():
        # The other steps may know nothing of callbacks.
        warnings.filterwarnings("ignore", message="The estimator StandardScaler does not support callbacks")
        pipeline.set_callbacks(ProgressBar()).fit(X)
    assert "AutoencoderTransformer - fit" in capsys.readouterr().out
    assert not [name for name in vars(pipeline[-1]) if name.startswith("_skl") or name.endswith("ctx")]


@needs_callbacks
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_progress_bar_of_a_grid_search(n_jobs, X, capsys):
    pytest.importorskip("rich", reason="the progress bar is drawn by rich")
    search = GridSearchCV(estimator(max_iter=2), {"alpha": [0.0, 0.1]}, cv=2, n_jobs=n_jobs)
    search.set_callbacks(ProgressBar(max_propagation_depth=None)).fit(X)
    assert "AutoencoderTransformer - fit" in capsys.readouterr().out
    assert search.best_estimator_.transform(X).shape == (60, 3)


def explained(fitted, X, y):
    """A scorer, at the top of the module so that other processes find it."""
    return fitted.score(X, y)


def monitored(monitor):
    """Scores of the epochs, and of the fits, in all of a monitor's logs."""
    rows = [row for log in monitor.get_logs(select="all") for row in log.data if "explained" in row]
    return [[row["explained"] for row in rows if row["task_name"] == name] for name in ("epoch", "fit")]


@needs_callbacks
@every_solver
def test_scoring_monitor(solver, X):
    monitor = ScoringMonitor(scoring={"explained": explained})
    estimator(solver=solver).set_callbacks(monitor).fit(X)
    scores, final = monitored(monitor)
    shorter = [estimator(solver=solver, max_iter=n).fit(X).score(X) for n in range(1, 6)]
    np.testing.assert_allclose(scores, shorter, rtol=1e-12)
    assert final == [scores[-1]]


@needs_callbacks
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_scoring_monitor_in_a_grid_search(n_jobs, X):
    monitor = ScoringMonitor(scoring={"explained": explained})
    inner = estimator(max_iter=2).set_callbacks(monitor)
    search = GridSearchCV(inner, {"alpha": [0.0, 0.1]}, cv=2, n_jobs=n_jobs).fit(X)
    assert search.best_estimator_.n_iter_ == 2
    scores, _ = monitored(search.best_estimator_._skl_callbacks[0])
    # Two strengths in two folds, and the refit, of two epochs each.
    assert len(scores) == 2 * 5 and np.isfinite(scores).all()


@needs_callbacks
def test_scoring_monitor_in_a_pipeline(X):
    monitor = ScoringMonitor(scoring={"explained": explained})
    pipeline = make_pipeline(StandardScaler(), estimator().set_callbacks(monitor)).fit(X)
    scores, _ = monitored(monitor)
    assert len(scores) == 5
    assert scores[-1] == pytest.approx(pipeline.score(X))


# Without callbacks in scikit-learn.


SHIM = """
import sys, warnings
import numpy as np
import sklearn.base, sklearn.pipeline, sklearn.model_selection
sys.modules["sklearn.callback"] = None
import skae
from skae.runtime import compatibility
assert not hasattr(skae.AutoencoderTransformer, "set_callbacks")
assert compatibility.with_callbacks(len) is len
warnings.simplefilter("ignore")
X = np.random.default_rng(0).standard_normal((60, 5))
for solver in ("adam", "lbfgs"):
    ae = skae.DenoisingAE(3, solver=solver, max_iter=3, verbose=True, random_state=0).fit(X)
    assert ae.n_iter_ == 3 and ae.transform(X).shape == (60, 3)
    assert sklearn.base.clone(ae).get_params() == ae.get_params()
print("done")
"""


@pytest.mark.slow
def test_without_callbacks_in_scikit_learn():
    result = subprocess.run([sys.executable, "-c", SHIM], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert len(lines) == 7 and lines[-1] == "done"


# Lines.


NUMBER = r"\d+(\.\d+)?(e[+-]\d+)?"


@every_solver
@every_estimator
@pytest.mark.parametrize("early_stopping", [False, True])
def test_verbose_prints_an_aligned_line_an_epoch_and_nothing_else(early_stopping, cls, solver, X, capsys):
    ae = estimator(cls, solver=solver, max_iter=12, early_stopping=early_stopping, verbose=True).fit(X)
    captured = capsys.readouterr()
    lines = captured.out.splitlines()
    assert captured.err == "" and len(lines) == ae.n_iter_ == 12
    assert len({len(line) for line in lines}) == 1
    held = rf"  validation +{NUMBER}" if early_stopping else ""
    for epoch, (line, loss) in enumerate(zip(lines, ae.loss_curve_), 1):
        pattern = rf"{cls.__name__}  epoch +{epoch}/12  loss +{NUMBER}{held}  +[\d,]+ rows/s  +\d+\.\d s left"
        assert re.fullmatch(pattern, line), line
        assert f"{loss:.6g}" in line
    assert lines[-1].endswith(" 0.0 s left")


def printed_epochs(capsys):
    return [int(re.search(r"epoch +(\d+)/", line)[1]) for line in capsys.readouterr().out.splitlines()]


@every_solver
@pytest.mark.parametrize("every, max_iter, epochs", [(5, 12, [5, 10, 12]), (4, 8, [4, 8]), (50, 3, [3]), (2, 1, [1])])
def test_a_verbose_above_one_prints_its_multiples_and_the_last_epoch(every, max_iter, epochs, solver, X, capsys):
    ae = estimator(solver=solver, max_iter=max_iter, verbose=every).fit(X)
    assert ae.n_iter_ == max_iter and printed_epochs(capsys) == epochs


def test_the_last_epoch_is_printed_however_a_training_ends(X, capsys, monkeypatch):
    settled = estimator(max_iter=300, tol=0.05, n_iter_no_change=2, verbose=1000).fit(X)
    assert settled.n_iter_ < 300 and printed_epochs(capsys) == [settled.n_iter_]
    going_on = estimator(max_iter=7, warm_start=True, verbose=5).fit(X)
    assert printed_epochs(capsys) == [5, 7]
    going_on.fit(X)
    assert printed_epochs(capsys) == [5, 7]
    whole = EpochPrinter.end

    def end(self, epoch, loss, validation_loss):
        whole(self, epoch, loss, validation_loss)
        if epoch == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(EpochPrinter, "end", end)
    with pytest.raises(KeyboardInterrupt):
        estimator(max_iter=7, warm_start=True, verbose=5).fit(X)
    assert printed_epochs(capsys) == [3]


@every_solver
def test_without_verbose_nothing_is_printed(solver, X, capfd):
    ae = estimator(solver=solver).fit(X)
    ae.transform(X), ae.score(X)
    assert capfd.readouterr() == ("", "")


@needs_callbacks
def test_lines_and_callbacks_go_together(X, capsys):
    recorder = Recorder(stop_at="end epoch 2")
    estimator(verbose=1).set_callbacks(recorder).fit(X)
    assert len(capsys.readouterr().out.splitlines()) == 3 and recorder.calls == epochs(3)


def test_an_lbfgs_that_has_nothing_to_do_prints_its_line_too(capsys):
    ae = estimator(solver="lbfgs", activation="identity", loss="squared_error", early_stopping=True, verbose=True)
    ae.fit(np.zeros((10, 3)))
    assert len(capsys.readouterr().out.splitlines()) == len(ae.validation_loss_curve_) == ae.n_iter_ == 1


def test_the_warning_comes_after_the_lines(X, capsys):
    with pytest.warns(ConvergenceWarning, match="max_iter=2"):
        estimator(max_iter=2, verbose=True).fit(X)
    assert len(capsys.readouterr().out.splitlines()) == 2
