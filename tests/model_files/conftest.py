"""Loading of bytes, for all tests of model files."""

import pytest

from skae import load


@pytest.fixture
def loaded(tmp_path):
    """The estimator in some bytes; a refusal must begin with the path."""
    path = tmp_path / "bytes.skae"

    def load_bytes(content):
        path.write_bytes(content)
        try:
            return load(path)
        except ValueError as error:
            assert str(error).startswith(f"{path}: ")
            raise

    return load_bytes
