"""Transpose: 8 x 8 blocks, four in each cycle."""
