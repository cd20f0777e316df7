"""Memory maps as X, and models that are mapped: nothing is written to them, and what is changed in private is kept."""

import pytest

TRAINED = """
import itertools
import joblib
from skae import ContractiveAE, SparseAE

A = np.random.default_rng(0).random((90, 6))
CLASSES = [AutoencoderTransformer, DenoisingAE, SparseAE, ContractiveAE]


def results(ae, rows, dtype):
    ae.fit(rows)
    if ae.warm_start:
        ae.fit(rows)
    codes = ae.transform(rows)
    return [*ae.coefs_, codes, ae.inverse_transform(codes), ae.reconstruct(rows), ae.score_samples(rows),
            ae.reconstruction_error(rows), ae.reconstruction_error(rows, per_feature=True), ae.score(rows)]


def same(one, other):
    return all(map(np.array_equal, one, other))
"""

READ_ONLY = """
for number, name in enumerate(["<f4", ">f4", "<f8", ">f8", "<i4", "f2"]):
    path = f"{sys.argv[1]}/{number}.npy"
    rows = (100 * A).astype(name) if name == "<i4" else A.astype(name)
    np.save(path, rows)
    content = open(path, "rb").read()
    mapped = np.load(path, mmap_mode="r")
    assert isinstance(mapped, np.memmap) and not mapped.flags.writeable and mapped.dtype == np.dtype(name)
    for cls, warm_start, solver in itertools.product(CLASSES, [False, True], ["adam", "lbfgs"]):
        make = lambda: cls(3, max_iter=2, batch_size=32, solver=solver, warm_start=warm_start, random_state=0)
        assert same(results(make(), mapped, name), results(make(), rows.astype(rows.dtype.newbyteorder("=")), name))
        assert same(results(make(), mapped[10:70:2], name), results(make(), rows[10:70:2].copy(), name))
    assert open(path, "rb").read() == content
"""


@pytest.mark.slow
def test_read_only_maps(fork, tmp_path):
    fork(TRAINED + READ_ONLY, tmp_path)


# The changes of such a map are in memory alone, and go with the pages that are given back.
PRIVATE = """
path = f"{sys.argv[1]}/rows.npy"
np.save(path, np.zeros_like(A))
mapped = np.load(path, mmap_mode="c")
mapped[...] = A
make = lambda: DenoisingAE(3, max_iter=2, random_state=0)
assert same(results(make(), mapped, "f8"), results(make(), A, "f8"))
assert np.array_equal(mapped, A) and not np.load(path).any()
"""


def test_private_changes_are_kept(fork, tmp_path):
    fork(TRAINED + PRIVATE, tmp_path)


# With one of the paddings the parameters begin at a cache line of the file, so that they could be taken as they are.
MODELS = """
path = f"{sys.argv[1]}/model"
for cls, dtype, padding in itertools.product(CLASSES, [np.float32, np.float64], range(0, 64, 16)):
    rows = A.astype(dtype)
    fitted = cls(3, max_iter=2, warm_start=True, random_state=0).fit(rows)
    joblib.dump((bytes(padding), fitted), path)
    content = open(path, "rb").read()
    mapped = joblib.load(path, mmap_mode="r")[1]
    assert same(results(mapped, rows, dtype), results(fitted, rows, dtype))
    joblib.load(path, mmap_mode="r")[1].partial_fit(rows)
    assert open(path, "rb").read() == content
"""


def test_models_that_are_mapped_train_on(fork, tmp_path):
    fork(TRAINED + MODELS, tmp_path)
