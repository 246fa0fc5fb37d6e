"""Numerics of the golden model: pure functions on raw bits, one subject a file."""
