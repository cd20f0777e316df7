#!/bin/sh
# onnxruntime 1.32.0, Sigmoid on float32, CPU: the small probabilities of saturated units are wrong.
#
# Expected: sigmoid(z) = exp(z) / (1 + exp(z)) to a few units in the last place of float32, as NumPy and SciPy give it
# down to z = -87, from where exp(z) is subnormal.
# Seen: 2e-4 relative at z = -8, 7 % at -14, a factor of two at -16 and -17, and exactly 0 from -18 down. A cross-entropy
# that is computed from such outputs is off by per cents, or infinite; computed from the logits it is not.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "onnxruntime==1.32.0" "onnx==1.23.2" "numpy==2.4.6"
"$folder/venv/bin/python" - <<'PY'
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

z = np.array([-8, -12, -14, -16, -17, -18, -20, -30, -60], np.float32)
value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None]) for name in ("z", "p")]
graph = helper.make_graph([helper.make_node("Sigmoid", ["z"], ["p"])], "g", value[:1], value[1:])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
p = session.run(None, {"z": z})[0]
exact = 1 / (1 + np.exp(-z.astype(np.float64)))
print("onnxruntime", onnxruntime.__version__, "onnx", onnx.__version__)
for row in zip(z, p, exact, p / exact - 1):
    print("z = %4g: %.4e, exact %.4e, relative error %.1e" % row)
assert abs(p[0] / exact[0] - 1) < 1e-3, "at -8 it was right"
assert p[-1] == 0 and p[-2] == 0, "probabilities below 1e-8 were 0"
assert np.abs(p / exact - 1)[3:].max() > 0.05, "small probabilities were off by per cents"
PY
