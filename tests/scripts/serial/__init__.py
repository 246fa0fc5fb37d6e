"""Tests of `make serial`."""
