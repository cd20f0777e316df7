"""A disk that is full while a model or the output of a command is written: the old file stays, and nothing beside it.

Failures of single steps are the subject of ``tests/runtime/test_files.py``.
"""

import subprocess

import pytest

# Old and new are of different sizes, so that the old one fits on the disk and not both.
SAVES = """
import errno
from pathlib import Path
from skae.__main__ import main

path, disk = Path(sys.argv[1]) / "model", Path(sys.argv[1])
old, new = fitted(), AutoencoderTransformer(4000, max_iter=1, random_state=0).fit(X)
np.save(sys.argv[2], X)
save(old, path)
content = path.read_bytes()


def refused(number):
    assert path.read_bytes() == content and os.listdir(disk) == ["model"], os.listdir(disk)
    assert np.array_equal(load(path).transform(X), old.transform(X))
    print(number)


def fit(seed, width):
    return main(["fit", sys.argv[2], "--output", str(path), "--n-components", width, "--max-iter", "1", "--quiet"])
"""
CHECKS = """
try:
    save(new, path)
except OSError as error:
    assert error.filename == str(path)
    refused(errno.errorcode[error.errno])
assert fit(0, "4000") == 1
refused("command")
assert fit(0, "2") == 0 and load(path).n_components == 2
"""
LIMIT = """
import resource
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
"""
# A system that tells of it in one call or another.
FAILING_STEPS = """
import io
from skae.runtime import files


def full():
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class FullDisk(io.FileIO):
    def write(self, data):
        if at == "write":
            super().write(bytes(data)[:10])
            full()
        return super().write(data)

    def close(self):
        closed = self.closed
        super().close()
        if at == "close" and not closed:
            full()


flush = os.fsync
os.fsync = lambda number: full() if at == "fsync" else flush(number)
files.open = lambda name, mode, opener: FullDisk(name, mode, opener=opener)
for at in ("write", "fsync", "close"):
    try:
        save(new, path)
    except OSError as error:
        assert (error.errno, error.filename) == (errno.ENOSPC, str(path))
        refused(at)
"""


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 100 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        mounted = False
    if not mounted:
        pytest.skip("may not mount a file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_small_file_system(fork, small_disk, tmp_path):
    assert fork(SAVES + CHECKS, small_disk, tmp_path / "rows.npy").out.split() == ["ENOSPC", "command"]


def test_a_limit_of_the_size_of_files(fork, tmp_path):
    pytest.importorskip("resource")
    (tmp_path / "disk").mkdir()
    result = fork(SAVES + LIMIT + CHECKS, tmp_path / "disk", tmp_path / "rows.npy")
    assert result.out.split() == ["EFBIG", "command"]


def test_any_step_that_tells_of_it(fork, tmp_path):
    (tmp_path / "disk").mkdir()
    result = fork(SAVES + FAILING_STEPS, tmp_path / "disk", tmp_path / "rows.npy")
    assert result.out.split() == ["write", "fsync", "close"]
