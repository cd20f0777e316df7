"""Noisy rows restored: DenoisingAE beside PCA at the width that is best for it, which only the clean rows tell.

1,000 generated rows of 200 columns with white noise. Mean squared error against the clean rows, over that of PCA: with
nothing set but the width, and with the standard deviation of the noise set, by which a fit is not confined to the
directions that stand out from it.

python -m benchmarks noisy_rows
"""

from __future__ import annotations

import numpy as np
from sklearn.decomposition import PCA

from skae import DenoisingAE

from ..harness import Table, benchmark, option, positional

_ROWS, _COLUMNS, _MOST = 1000, 200, 40


def peaks(places, widths, heights):
    """Sums of peaks over columns 0, 1, ...; arrays of shape (n_rows, n_peaks) or (n_peaks,)."""
    at = np.arange(_COLUMNS) - np.atleast_2d(places)[..., None]
    shapes = np.exp(-0.5 * (at / np.atleast_2d(widths)[..., None]) ** 2)
    return (heights[..., None] * shapes).sum(axis=1)


def fixed_peaks(rng):
    """Eight peaks, whose heights differ."""
    return peaks(np.linspace(15.0, 185.0, 8), rng.uniform(3.0, 8.0, 8), rng.uniform(0.0, 1.0, (_ROWS, 8)))


def shifted_peaks(rng, count):
    """Peaks that shift and change their height."""
    places = np.linspace(30.0, 170.0, count) + rng.uniform(-8.0, 8.0, (_ROWS, count))
    return peaks(places, np.full(count, 5.0), rng.uniform(0.5, 1.5, (_ROWS, count)))


def any_peaks(rng):
    """Three peaks of any place, width and height, on a slope."""
    places, widths = rng.uniform(20.0, 180.0, (_ROWS, 3)), rng.uniform(6.0, 20.0, (_ROWS, 3))
    slope = rng.uniform(-0.5, 0.5, (_ROWS, 1)) * np.linspace(0.0, 1.0, _COLUMNS)
    return peaks(places, widths, rng.uniform(0.5, 1.5, (_ROWS, 3))) + slope


def directions(rng):
    """Five directions, along which the rows vary alike."""
    axes, _ = np.linalg.qr(rng.standard_normal((_COLUMNS, 5)))
    return 2.0 * rng.standard_normal((_ROWS, 5)) @ axes.T


# Clean rows, and the standard deviation of the noise.
DATA = {
    "8 fixed peaks": (fixed_peaks, 0.2),
    "3 shifted peaks": (lambda rng: shifted_peaks(rng, 3), 0.2),
    "5 shifted peaks": (lambda rng: shifted_peaks(rng, 5), 0.2),
    "5 shifted peaks, less noise": (lambda rng: shifted_peaks(rng, 5), 0.05),
    "3 peaks anywhere": (any_peaks, 0.2),
    "5 directions": (directions, 0.2),
}

WIDTHS = "auto", 32, 64


def best_of_pca(noisy, clean):
    """The least error of PCA over its widths, and that width.

    Parameters
    ----------
    noisy, clean : ndarray of shape (n_samples, n_features)

    Returns
    -------
    float
    int
    """
    pca = PCA(min(_MOST, *noisy.shape)).fit(noisy)
    codes, errors = pca.transform(noisy), []
    for k in range(1, codes.shape[1] + 1):
        restored = codes[:, :k] @ pca.components_[:k] + pca.mean_
        errors.append(float(np.square(restored - clean).mean()))
    return min(errors), int(np.argmin(errors)) + 1


@benchmark(
    positional("data", list(DATA), quick=["5 directions"]),
    option("--seeds", 3, "of rows, noise and weights", quick=1),
    option("--epochs", None, "at most", quick=2),
)
def main(options):
    figures = [(str(width), ">14.2f") for width in WIDTHS]
    table = Table(("data", "<28"), ("seed", ">4"), ("PCA", ">8.4f"), ("k", ">4"), ("noise", ">7"), *figures)
    results = []
    for name in options.data or DATA:
        make, noise = DATA[name]
        for seed in range(options.seeds):
            rng = np.random.default_rng(seed)
            clean = make(rng)
            noisy = clean + noise * rng.standard_normal(clean.shape)
            least, k = best_of_pca(noisy, clean)
            for known in (False, True):
                settings = {"corruption": "gaussian", "noise_level": noise} if known else {}
                if options.epochs is not None:
                    settings["max_iter"] = options.epochs
                ratios = []
                for width in WIDTHS:
                    ae = DenoisingAE(width, random_state=seed, **settings).fit(noisy)
                    ratios.append(float(np.square(ae.reconstruct(noisy) - clean).mean()) / least)
                table.row(name, seed, least, k, "known" if known else "found", *ratios)
                found = dict(zip(map(str, WIDTHS), ratios, strict=True))
                results.append({"data": name, "seed": seed, "pca": least, "k": k, "known": known, "ratios": found})
    return results
