"""Floating point in logic without a clock: pieces that the VXM's ALUs put between their registers."""
