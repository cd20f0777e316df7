"""Compiled functions that work in place on buffers of the caller, without checks, allocations or Python objects."""
