"""Softmax: two reductions, an exponential and a reciprocal in one chain of ALUs."""
