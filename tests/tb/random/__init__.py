"""Tests of the random programs."""
