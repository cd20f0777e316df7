"""onnxruntime, as the tests of the export use it."""

import pytest


@pytest.fixture(scope="session")
def run():
    """Outputs of an ONNX model for inputs given by name."""
    runtime = pytest.importorskip("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1

    def run(model, **inputs):
        session = runtime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        return session.run(None, inputs)

    return run
