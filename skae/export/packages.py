"""Packages that only the export needs."""

from functools import partial

from ..runtime import packages

required = partial(packages.required, extra="onnx")
