"""Gather: a table look-up in which every superlane follows its own index."""
