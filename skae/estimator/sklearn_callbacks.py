"""FitTasks: an adapter from our callbacks to scikit-learn's, for which a fit is a task and each epoch one within it."""

from __future__ import annotations

import copy
from dataclasses import replace

from ..training.callbacks import Callback


class FitTasks(Callback):
    """The tasks of ``fit`` in scikit-learn's callback protocol.

    Parameters
    ----------
    estimator : BaseAutoencoder
    X, y, sample_weight
        Those of ``fit``. Callbacks that score get X for y where that is None: X is what an autoencoder is to predict.

    Attributes
    ----------
    active : bool
        Whether callbacks were set.
    fitted : callable (loss_curve, validation_loss_curve) -> Fitted
        Record of the estimator as if the training ended now; to be set before the first epoch.
    """

    def __init__(self, estimator, X, y, sample_weight):
        self.fitted = None
        self._estimator = estimator
        self._data = {
            "estimator": estimator,
            "X": X,
            "y": X if y is None else y,
            "metadata": None if sample_weight is None else {"sample_weight": sample_weight},
        }
        self._loss_curve, self._validation_loss_curve = [], []
        self._task = None
        # Without the method scikit-learn is of a version before callbacks; without callbacks the tree is not needed.
        self.active = hasattr(estimator, "_init_callback_context") and bool(getattr(estimator, "_skl_callbacks", []))
        if self.active:
            self._root = estimator._init_callback_context(max_subtasks=None if estimator.max_iter == "auto" else estimator.max_iter)
            self._root.call_on_fit_task_begin(**self._data)

    def begin(self):
        self._task = self._root.subcontext(task_name="epoch")
        self._task.call_on_fit_task_begin(**self._data)

    def end(self, epoch, loss, validation_loss):
        self._loss_curve.append(loss)
        if validation_loss is not None:
            self._validation_loss_curve.append(validation_loss)
        return self._task.call_on_fit_task_end(**self._data, reconstruction_attributes=self._copy)

    def _copy(self):
        """The fitted record, which will not change with the training."""
        fitted = self.fitted(list(self._loss_curve), list(self._validation_loss_curve))
        network, training = copy.deepcopy((fitted.network, fitted.training))
        return {"_fitted": replace(fitted, network=network, training=training)}

    def close(self):
        """The fit went well."""
        if self.active:
            fitted = {"_fitted": self._estimator._fitted}
            self._root.call_on_fit_task_end(**self._data, reconstruction_attributes=lambda: fitted)
