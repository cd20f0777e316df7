"""Compiled leaves: in place, on buffers handed in, without checks, allocations or Python objects."""
