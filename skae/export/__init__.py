"""Export of trained autoencoders: as ONNX models, and in pipelines that skl2onnx converts."""

from .model import to_onnx
from .pipelines import register_skl2onnx

__all__ = ["register_skl2onnx", "to_onnx"]
