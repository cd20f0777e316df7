"""Packages that only the export needs."""

from functools import partial

from .. import _packages

required = partial(_packages.required, extra="onnx")
