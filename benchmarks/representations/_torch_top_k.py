"""Training of a top-k code by PyTorch: an independent implementation of what the top-k row trains.

It begins where skae begins, takes the rows in the same order and makes the same draws for its revivals. Everything else
is written from the documentation of ``SparseAE``: gradients by autograd, ``torch.optim.Adam``, its own revival.
"""

from __future__ import annotations

import math

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from ..speed._start import seen, start_of


class TorchTopK(TransformerMixin, BaseEstimator):
    """Rectified top-k units with tied weights and squared error; the rate of Adam falls along half a cosine.

    Parameters
    ----------
    encoder : SparseAE
        Its width, ``n_active``, ``revive_dead``, rate, batch size, epochs and start are used. All units stay on in
        ``transform``.
    """

    def __init__(self, encoder):
        self.encoder = encoder

    def fit(self, X, y=None):
        import torch

        start, settings = start_of(self.encoder, X), self.encoder
        (w, *_), (b, c) = start.weights, start.biases
        parameters = [torch.from_numpy(array.copy()).requires_grad_() for array in (w, b, c)]
        adam = torch.optim.Adam(parameters)
        rows = torch.from_numpy(start.rows)
        shuffle = np.random.default_rng(start.seed)
        draws = np.random.Generator(np.random.SFC64(start.draws))
        # Rows from which those for the revived units are drawn.
        self._candidates = start.network.architecture.block_size(min(1024, len(X)), X.dtype)
        order, active = np.arange(len(rows)), None
        self.losses_, self.n_revived_ = [], 0
        for epoch in range(settings.max_iter):
            if settings.revive_dead and active is not None:
                self.n_revived_ += self._revive(rows, order, np.flatnonzero(~active), parameters, adam, draws)
            rate = settings.learning_rate_init * 0.5 * (1.0 + math.cos(math.pi * epoch / settings.max_iter))
            adam.param_groups[0]["lr"] = rate
            order, active = shuffle.permutation(order), np.zeros(settings.n_components, bool)
            total = torch.zeros((), dtype=torch.float64)
            for indices in torch.from_numpy(order).split(settings.batch_size):
                x = rows[indices]
                error, code = self._errors(x, *parameters)
                adam.zero_grad(set_to_none=True)
                (error.sum() / len(x)).backward()
                adam.step()
                total += error.detach().sum()
                active |= (code.detach() != 0).any(dim=0).numpy()
            self.losses_.append(float(total) / len(rows) * start.network.loss_unit)
        self.weights_, self.biases_ = (parameter.detach().numpy() for parameter in parameters[:2])
        self.network_ = start.network
        return self

    def transform(self, X):
        return np.maximum(seen(X, self.network_) @ self.weights_ + self.biases_, 0)

    def _errors(self, x, w, b, c):
        """Squared error of each row, and the code."""
        import torch

        z = torch.addmm(b, x, w)
        values, places = z.topk(self.encoder.n_active, dim=1)
        code = torch.zeros_like(z).scatter(1, places, torch.relu(values))
        return torch.square(torch.addmm(c, code, w.T) - x).sum(dim=1), code

    def _revive(self, rows, order, dead, parameters, adam, draws):
        """Give the dead units new weights; returns their number."""
        import torch

        if not len(dead):
            return 0
        with torch.no_grad():
            w, b, c = parameters
            x = rows[draws.choice(order, self._candidates, replace=False)]
            errors = self._errors(x, w, b, c)[0].numpy().astype(float)
            mean = x.mean(dim=0, dtype=torch.float64)
            directions = x[draws.choice(len(x), len(dead), replace=False, p=errors / errors.sum())] - mean
            alive = np.setdiff1d(np.arange(w.shape[1]), dead)
            spread = (x @ w[:, alive]).std(dim=0, correction=0).mean()
            directions *= (spread / (x.double() @ directions.T).std(dim=0, correction=0))[:, None]
            w[:, dead] = directions.T.to(w.dtype)
            b[dead] = -(directions @ mean).to(b.dtype)
            for moments in (adam.state[w], adam.state[b]):
                for name in ("exp_avg", "exp_avg_sq"):
                    moments[name][..., dead] = 0
        return len(dead)
