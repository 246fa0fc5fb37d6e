"""Rotate: all 16 rotations of 4 x 4 blocks, on a machine that the text itself describes."""
