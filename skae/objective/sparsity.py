"""SPARSITIES: the ways to make a code sparse, by name."""

from __future__ import annotations

from ..kernels.registry import Registry
from .batch_top_k import BATCH_TOP_K
from .kl_sparsity import KL
from .l1_sparsity import L1
from .top_k import TOP_K
from .winner_take_all import WINNER_TAKE_ALL

SPARSITIES = Registry("sparsity", (KL, L1, TOP_K, BATCH_TOP_K, WINNER_TAKE_ALL))
