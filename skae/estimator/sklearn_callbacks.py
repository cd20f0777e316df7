"""FitTasks: an adapter from our callbacks to scikit-learn's, where a fit is a task and its epochs are subtasks."""

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
        Those of ``fit``. If y is None, callbacks that score are given X for y, since an autoencoder predicts X.

    Attributes
    ----------
    active : bool
        Whether callbacks were set.
    fitted : callable (loss_curve, validation_loss_curve) -> Fitted
        Fitted record as if the training ended now; must be set before the first epoch.
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
        # The method is missing in versions of scikit-learn before callbacks; without callbacks no tasks are needed.
        self.active = hasattr(estimator, "_init_callback_context") and bool(getattr(estimator, "_skl_callbacks", []))
        if self.active:
            most = None if estimator.max_iter == "auto" else estimator.max_iter
            self._root = estimator._init_callback_context(max_subtasks=most)
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
        """A copy of the fitted record that further training does not change."""
        fitted = self.fitted(list(self._loss_curve), list(self._validation_loss_curve))
        network, training = copy.deepcopy((fitted.network, fitted.training))
        return {"_fitted": replace(fitted, network=network, training=training)}

    def close(self):
        """End the tasks of a successful fit."""
        if self.active:
            fitted = {"_fitted": self._estimator._fitted}
            self._root.call_on_fit_task_end(**self._data, reconstruction_attributes=lambda: fitted)
