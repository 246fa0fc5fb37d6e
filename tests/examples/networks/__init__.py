"""Tests of the trained networks."""
